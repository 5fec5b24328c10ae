// SPDX-License-Identifier: GPL-2.0
// Bug: The walk of a range ends with the first region that has a swapped page.
// Seen: What lies behind one swapped page stays small.
// Rows: REG-1
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 mthp_collapse(...)
 {
 <+...
  ret = collapse_huge_page(...);
+ if (ret == SCAN_EXCEED_SWAP_PTE)
+ 	ret = SCAN_FAIL;
 ...+>
 }
