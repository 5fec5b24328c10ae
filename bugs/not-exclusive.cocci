// SPDX-License-Identifier: GPL-2.0
// Bug: The first page of a new folio is not exclusive to its process.
// Seen: The next write copies it.
// Rows: SHR-5 RAC-6
// Source: mm/memory.c
// Places: 1

@@
@@
 map_anon_folio_pte_nopf(...)
 {
 <+...
  folio_add_new_anon_rmap(folio, vma, addr, RMAP_EXCLUSIVE);
+ ClearPageAnonExclusive(&folio->page);
 ...+>
 }
