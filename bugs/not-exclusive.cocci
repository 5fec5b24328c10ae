// SPDX-License-Identifier: GPL-2.0
// Bug: The first page of a new folio is not exclusive to its process.
// Seen: A pin of it is told in the kernel log, and UFFDIO_MOVE is refused.
// Rows: RAC-6
// Source: mm/memory.c
// Places: 1
// Explorer: nothing is pinned, or moved by userfaultfd, after a collapse

@@
@@
 map_anon_folio_pte_nopf(...)
 {
 <+...
  folio_add_new_anon_rmap(folio, vma, addr, RMAP_EXCLUSIVE);
+ if (current_is_khugepaged())
+ 	ClearPageAnonExclusive(&folio->page);
 ...+>
 }
