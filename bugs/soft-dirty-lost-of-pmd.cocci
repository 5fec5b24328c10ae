// SPDX-License-Identifier: GPL-2.0
// Bug: The new PMD is clean.
// Seen: A checkpoint leaves out pages that were written to.
// Rows: REG-11
// Source: mm/huge_memory.c
// Places: 1
// Explorer: soft-dirty is not drawn

@@
@@
 map_anon_folio_pmd_nopf(...)
 {
 <+...
- maybe_pmd_mkwrite(pmd_mkdirty(entry), vma)
+ maybe_pmd_mkwrite(pmd_mkclean(pmd_clear_soft_dirty(entry)), vma)
 ...+>
 }
