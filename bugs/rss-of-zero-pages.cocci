// SPDX-License-Identifier: GPL-2.0
// Bug: PTEs of the zero page that are filled are not added to Rss.
// Seen: Rss is less than what is there; "Bad rss-counter" at the end.
// Rows: DAT-2 OCC-6
// Source: mm/khugepaged.c
// Places: 2

@@
@@
 __collapse_huge_page_copy_succeeded(...)
 {
 <+...
- add_mm_counter(vma->vm_mm, MM_ANONPAGES, 1);
- if (pte_none(pteval))
- 	continue;
+ if (pte_none(pteval)) {
+ 	add_mm_counter(vma->vm_mm, MM_ANONPAGES, 1);
+ 	continue;
+ }
 ...+>
 }
