// SPDX-License-Identifier: GPL-2.0
// Bug: A range without a referenced page is tried all the same.
// Seen: Folios are allocated and freed at each scan, for nothing.
// Rows: VET-6
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_scan_pmd(...)
 {
 <+...
- !referenced
+ false
 ...+>
 }
