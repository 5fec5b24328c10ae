// SPDX-License-Identifier: GPL-2.0
// Bug: A region that is given up for a swapped PTE is not counted.
// Seen: collapse_exceed_swap_pte says that swap is no problem.
// Rows: REG-1 DAT-4
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 __collapse_huge_page_swapin(...)
 {
 <+...
- count_mthp_stat(order, MTHP_STAT_COLLAPSE_EXCEED_SWAP);
 ...+>
 }
