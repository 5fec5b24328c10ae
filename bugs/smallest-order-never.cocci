// SPDX-License-Identifier: GPL-2.0
// Bug: The walk stops one order too high on its way down.
// Seen: Order 2 is on, and never used.
// Rows: ORD-1 ORD-2
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 mthp_collapse(...)
 {
 <+...
- order > KHUGEPAGED_MIN_MTHP_ORDER
+ order > KHUGEPAGED_MIN_MTHP_ORDER + 1
 ...+>
 }
