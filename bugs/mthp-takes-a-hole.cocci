// SPDX-License-Identifier: GPL-2.0
// Bug: Off by one: at max_ptes_none 0 a small region may have one hole.
// Seen: Memory grows though it must not, and the next size fits: creep.
// Rows: OCC-1 CRP-2
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_max_ptes_none(...)
 {
 <+...
  if (max_ptes_none)
  	pr_warn_once(...);
- return 0;
+ return 1;
 ...+>
 }
