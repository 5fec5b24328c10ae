// SPDX-License-Identifier: GPL-2.0
// Bug: The new folio of locked memory is not locked.
// Seen: mlocked memory is swapped out.
// Rows: REG-8
// Source: mm/memory.c
// Places: 1

@@
@@
 map_anon_folio_pte_nopf(...)
 {
 <+...
- folio_add_lru_vma(folio, vma);
+ folio_add_lru(folio);
 ...+>
 }
