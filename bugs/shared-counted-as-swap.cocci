// SPDX-License-Identifier: GPL-2.0
// Bug: The counters of swapped and of shared PTEs are mixed up; the feature had this while it
//   was reviewed.
// Seen: The counters blame swap.
// Rows: REG-3 DAT-4
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 __collapse_huge_page_isolate(...)
 {
 <+...
- MTHP_STAT_COLLAPSE_EXCEED_SHARED
+ MTHP_STAT_COLLAPSE_EXCEED_SWAP
 ...+>
 }
