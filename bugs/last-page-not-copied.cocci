// SPDX-License-Identifier: GPL-2.0
// Bug: The last page of a region is not copied.
// Seen: Data are lost.
// Rows: DAT-1 ORD-1
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 __collapse_huge_page_copy(...)
 {
 <+...
- i < nr_pages
+ i < nr_pages - 1
 ...+>
 }
