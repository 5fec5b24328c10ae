// SPDX-License-Identifier: GPL-2.0
// Bug: A folio of this order or larger is collapsed.
// Seen: Large folios are cut up into small ones.
// Rows: REG-4
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 __collapse_huge_page_isolate(...)
 {
 <+...
- !is_pmd_order(order) && folio_order(folio) >= order
+ false
 ...+>
 }
