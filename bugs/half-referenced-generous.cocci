// SPDX-License-Identifier: GPL-2.0
// Bug: Off by one: one referenced page less than half is enough to swap in.
// Seen: Memory that is hardly used is swapped in.
// Rows: VET-5
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_scan_pmd(...)
 {
 <+...
- referenced < HPAGE_PMD_NR / 2
+ referenced < HPAGE_PMD_NR / 2 - 1
 ...+>
 }
