// SPDX-License-Identifier: GPL-2.0
// Bug: Small regions take as many shared pages as the PMD order.
// Seen: Pages that a child shares are copied: memory grows.
// Rows: REG-3 SHR-1
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_max_ptes_shared(...)
 {
 <+...
- if (!is_pmd_order(order))
- 	return 0;
 ...+>
 }
