// SPDX-License-Identifier: GPL-2.0
// Bug: A region that is given up for a shared PTE is counted as one with a swapped PTE; the
//   feature had the two mixed up while it was reviewed.
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
