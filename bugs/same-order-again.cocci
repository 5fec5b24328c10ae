// SPDX-License-Identifier: GPL-2.0
// Bug: A folio of just this order is collapsed again.
// Seen: khugepaged copies the same memory at each scan.
// Rows: REG-4 CRP-1
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 __collapse_huge_page_isolate(...)
 {
 <+...
- folio_order(folio) >= order
+ folio_order(folio) > order
 ...+>
 }
