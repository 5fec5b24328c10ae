// SPDX-License-Identifier: GPL-2.0
// Bug: PTEs that became empty since the scan are not noticed.
// Seen: Memory that was given back is there again.
// Rows: RAC-3
// Source: mm/khugepaged.c
// Places: 1
// Explorer: nobody touches the memory while it looks on

@@
@@
 __collapse_huge_page_isolate(...)
 {
 <+...
- ++none_or_zero > max_ptes_none
+ userfaultfd_armed(vma) && ++none_or_zero > max_ptes_none
 ...+>
 }
