// SPDX-License-Identifier: GPL-2.0
// Bug: A VMA need not reach to the end of the range.
// Seen: Small mappings are collapsed, and page tables of two VMAs are taken away at once.
// Rows: VMA-1
// Source: mm/khugepaged.c
// Places: 2
// Explorer: its mappings hold whole ranges

@@
@@
 hugepage_vma_revalidate(...)
 {
 <+...
- thp_vma_suitable_order(vma, address, PMD_ORDER)
+ thp_vma_suitable_order(vma, address, order)
 ...+>
 }

@@
@@
 collapse_scan_mm_slot(...)
 {
 <+...
- hend = ALIGN_DOWN(vma->vm_end, HPAGE_PMD_SIZE);
+ hend = ALIGN(vma->vm_end, HPAGE_PMD_SIZE);
 ...+>
 }
