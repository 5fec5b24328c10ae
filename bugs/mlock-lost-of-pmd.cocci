// SPDX-License-Identifier: GPL-2.0
// Bug: The new folio of the PMD order is not locked in locked memory.
// Seen: Mlocked falls; reclaim looks at locked memory.
// Rows: REG-8
// Source: mm/huge_memory.c
// Places: 1
// Explorer: locked mappings are not drawn

@@
@@
 map_anon_folio_pmd_nopf(...)
 {
 <+...
- folio_add_lru_vma(folio, vma);
+ folio_add_lru(folio);
 ...+>
 }
