// SPDX-License-Identifier: GPL-2.0
// Bug: The PMD order has the limits of the smaller ones.
// Seen: At max_ptes_none 300 a range with one hole is no longer collapsed.
// Rows: OCC-4
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_max_ptes_none(...)
 {
 <+...
- if (is_pmd_order(order))
- 	return max_ptes_none;
 ...+>
 }
