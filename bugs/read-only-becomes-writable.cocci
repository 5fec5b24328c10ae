// SPDX-License-Identifier: GPL-2.0
// Bug: New PTEs may be written to where the mapping could be made writable.
// Seen: A write goes through mprotect(PROT_READ).
// Rows: REG-9 RAC-4
// Source: mm/memory.c
// Places: 1
// Explorer: read-only mappings are not drawn

@@
@@
 map_anon_folio_pte_nopf(...)
 {
 <+...
- vma->vm_flags & VM_WRITE
+ vma->vm_flags & (current_is_khugepaged() ? VM_MAYWRITE : VM_WRITE)
 ...+>
 }
