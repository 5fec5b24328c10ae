// SPDX-License-Identifier: GPL-2.0
// Bug: The PMD order is tried whatever is on.
// Seen: Huge pages of 2 MB where the administrator has switched them off.
// Rows: ORD-4
// Source: mm/khugepaged.c
// Places: 2

@@
@@
 mthp_collapse(...)
 {
 <+...
- !test_bit(order, &enabled_orders)
+ !test_bit(order, &enabled_orders) && !is_pmd_order(order)
 ...+>
 }

@@
@@
 hugepage_vma_revalidate(...)
 {
 <+...
- BIT(order)
+ THP_ORDERS_ALL_ANON
 ...+>
 }
