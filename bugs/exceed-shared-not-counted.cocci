// SPDX-License-Identifier: GPL-2.0
// Bug: A region that is given up for a shared page is not counted.
// Seen: collapse_exceed_shared_pte stands still.
// Rows: REG-3 DAT-4
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 __collapse_huge_page_isolate(...)
 {
 <+...
  result = SCAN_EXCEED_SHARED_PTE;
- count_collapse_event(...);
 ...+>
 }
