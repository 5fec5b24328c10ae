// SPDX-License-Identifier: GPL-2.0
// Bug: A page that was swapped out since the scan is taken for present.
// Seen: "Bad page map", and worse.
// Rows: RAC-7
// Source: mm/khugepaged.c
// Places: 1
// Explorer: nobody touches the memory while it looks on

@@
@@
 __collapse_huge_page_isolate(...)
 {
 <+...
- !pte_present(pteval)
+ !pte_present(pteval) && order < 2
 ...+>
 }
