// SPDX-License-Identifier: GPL-2.0
// Bug: New PTEs are clean.
// Seen: A checkpoint leaves out pages that were written to.
// Rows: REG-11
// Source: mm/memory.c
// Places: 1
// Explorer: soft-dirty is not drawn

@@
@@
 map_anon_folio_pte_nopf(...)
 {
 <+...
- pte_mkwrite(pte_mkdirty(entry), vma)
+ pte_mkwrite(current_is_khugepaged() ? entry : pte_mkdirty(entry), vma)
 ...+>
 }
