// SPDX-License-Identifier: GPL-2.0
// Bug: A page that was write-protected by userfaultfd since the scan is collapsed.
// Seen: The event is lost.
// Rows: RAC-10
// Source: mm/khugepaged.c
// Places: 1
// Explorer: nobody touches the memory while it looks on

@@
@@
 __collapse_huge_page_isolate(...)
 {
 <+...
- pte_uffd(pteval)
+ false
 ...+>
 }
