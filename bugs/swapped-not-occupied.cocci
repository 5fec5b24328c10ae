// SPDX-License-Identifier: GPL-2.0
// Bug: Swapped PTEs are not counted for the PMD order; the feature had this while it was
//   reviewed.
// Seen: At max_ptes_none 0 one swapped page keeps the range small.
// Rows: REG-2
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 mthp_collapse(...)
 {
 <+...
- if (is_pmd_order(order))
- 	nr_occupied_ptes += unmapped;
 ...+>
 }
