// SPDX-License-Identifier: GPL-2.0
// Bug: Pages are swapped in for a range that is hardly used.
// Seen: Idle memory comes back from swap.
// Rows: VET-5
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_scan_pmd(...)
 {
 <+...
- unmapped && referenced < HPAGE_PMD_NR / 2
+ false
 ...+>
 }
