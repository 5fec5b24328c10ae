// SPDX-License-Identifier: GPL-2.0
// Bug: The new folio of locked memory is not locked.
// Seen: Mlocked falls; reclaim looks at locked memory.
// Rows: REG-8
// Source: mm/memory.c
// Places: 1
// Explorer: locked mappings are not drawn

@@
@@
 map_anon_folio_pte_nopf(...)
 {
 <+...
- folio_add_lru_vma(folio, vma);
+ if (current_is_khugepaged())
+ 	folio_add_lru(folio);
+ else
+ 	folio_add_lru_vma(folio, vma);
 ...+>
 }
