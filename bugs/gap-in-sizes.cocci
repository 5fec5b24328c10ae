// SPDX-License-Identifier: GPL-2.0
// Bug: The walk goes down only to the very next order.
// Seen: With a gap between the sizes that are on, the smaller ones are never tried.
// Rows: ORD-2 ORD-4
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 mthp_collapse(...)
 {
 <+...
- enabled_orders & GENMASK(order - 1, 0)
+ test_bit(order - 1, &enabled_orders)
 ...+>
 }
