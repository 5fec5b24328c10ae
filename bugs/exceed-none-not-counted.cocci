// SPDX-License-Identifier: GPL-2.0
// Bug: A range with too many holes is not counted.
// Seen: collapse_exceed_none_pte of the PMD order stands still.
// Rows: DAT-4 OCC-1
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_scan_pmd(...)
 {
 <+...
  result = SCAN_EXCEED_NONE_PTE;
- count_collapse_event(...);
 ...+>
 }
