// SPDX-License-Identifier: GPL-2.0
// Bug: At the largest max_ptes_none no PTE need be present.
// Seen: Memory grows where nothing was.
// Rows: OCC-2 CRP-3
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_max_ptes_none(...)
 {
 <+...
- return (1 << order) - 1;
+ return 1 << order;
 ...+>
 }
