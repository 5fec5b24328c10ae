// SPDX-License-Identifier: GPL-2.0
// Bug: A success ends the walk of the range.
// Seen: It takes as many scans as there are regions.
// Rows: ORD-6
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 mthp_collapse(...)
 {
 <+...
  collapsed += nr_ptes;
+ goto done;
 ...+>
 }
