// SPDX-License-Identifier: GPL-2.0
// Bug: PTEs of a source folio are cleared beyond the end of the region.
// Seen: Pages behind the region are lost.
// Rows: REG-5
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 __collapse_huge_page_copy_succeeded(...)
 {
 <+...
- (end - address) >> PAGE_SHIFT
+ folio_nr_pages(src)
 ...+>
 }
