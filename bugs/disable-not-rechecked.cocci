// SPDX-License-Identifier: GPL-2.0
// Bug: Under the lock it is not asked again whether the process and its VMA may have huge
//   pages.
// Seen: A process gets huge pages that it has just forbidden.
// Rows: RAC-11
// Source: mm/khugepaged.c
// Places: 2
// Explorer: nobody touches the memory while it looks on

@@
@@
 hugepage_vma_revalidate(...)
 {
 <+...
- collapse_test_exit_or_disable(mm)
+ collapse_test_exit(mm)
 ...+>
 }

@@
@@
 hugepage_vma_revalidate(...)
 {
 <+...
- if (!thp_vma_allowable_orders(...))
- 	return SCAN_VMA_CHECK;
 ...+>
 }
