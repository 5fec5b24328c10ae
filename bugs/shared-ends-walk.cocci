// SPDX-License-Identifier: GPL-2.0
// Bug: The walk of a range ends with the first region that has a shared page.
// Seen: What lies behind one shared page stays small.
// Rows: REG-3
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 mthp_collapse(...)
 {
 <+...
  ret = collapse_huge_page(...);
+ if (ret == SCAN_EXCEED_SHARED_PTE)
+ 	ret = SCAN_FAIL;
 ...+>
 }
