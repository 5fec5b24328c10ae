// SPDX-License-Identifier: GPL-2.0
// Bug: Off by one: one PTE more than needed must be occupied.
// Seen: A full region is not collapsed at max_ptes_none 0.
// Rows: OCC-1 ORD-1
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 mthp_collapse(...)
 {
 <+...
- nr_occupied_ptes >= nr_ptes - max_ptes_none
+ nr_occupied_ptes > nr_ptes - max_ptes_none
 ...+>
 }
