// SPDX-License-Identifier: GPL-2.0
// Bug: The VMA and the page table are not looked at again under the lock.
// Seen: The page table of another mapping is taken away.
// Rows: RAC-5 RAC-4
// Source: mm/khugepaged.c
// Places: 2
// Explorer: nobody touches the memory while it looks on

@@
@@
 collapse_huge_page(...)
 {
 <+...
 mmap_write_lock(mm);
- result = hugepage_vma_revalidate(...);
+ vma = find_vma(mm, pmd_addr);
+ result = vma && vma->anon_vma ? SCAN_SUCCEED : SCAN_VMA_NULL;
 ...+>
 }

@@
@@
 collapse_huge_page(...)
 {
 <+...
- result = check_pmd_still_valid(mm, pmd_addr, pmd);
+ result = SCAN_SUCCEED;
 ...+>
 }
