// SPDX-License-Identifier: GPL-2.0
// Bug: New PTEs have the protection that the mapping had before the lock.
// Seen: A write goes through mprotect(PROT_READ).
// Rows: RAC-4
// Source: mm/khugepaged.c
// Places: 3
// Explorer: nobody touches the memory while it looks on

@@
@@
 collapse_huge_page(...)
 {
+ bool was_writable = false;
 <+...
+ was_writable = vma->vm_flags & VM_WRITE;
 result = find_pmd_or_thp_or_none(mm, pmd_addr, &pmd);
 ...+>
 }

@@
@@
 collapse_huge_page(...)
 {
 <+...
  map_anon_folio_pte_nopf(...);
+ for (int i = 0; was_writable && i < (1 << order); i++)
+ 	set_pte(pte + i, pte_mkwrite_novma(pte_mkdirty(ptep_get(pte + i))));
 ...+>
 }
