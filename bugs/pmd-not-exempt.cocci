// SPDX-License-Identifier: GPL-2.0
// Bug: A folio of the PMD order that is mapped by PTEs stays so.
// Seen: The range never gets its PMD back.
// Rows: INP-1 INP-2 INP-3
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 __collapse_huge_page_isolate(...)
 {
 <+...
- !is_pmd_order(order) && folio_order(folio) >= order
+ folio_order(folio) >= order
 ...+>
 }
