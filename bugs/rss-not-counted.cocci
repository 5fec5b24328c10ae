// SPDX-License-Identifier: GPL-2.0
// Bug: Holes that are filled are not added to Rss.
// Seen: Rss becomes negative: "Bad rss-counter".
// Rows: DAT-2 OCC-6
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 __collapse_huge_page_copy_succeeded(...)
 {
 <+...
- add_mm_counter(vma->vm_mm, MM_ANONPAGES, 1);
 ...+>
 }
