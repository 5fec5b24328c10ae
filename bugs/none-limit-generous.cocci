// SPDX-License-Identifier: GPL-2.0
// Bug: Off by one: the PMD order may have one hole more than max_ptes_none.
// Seen: Memory grows by more than the administrator allows.
// Rows: OCC-4 OCC-1
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_max_ptes_none(...)
 {
 <+...
- return max_ptes_none;
+ return max_ptes_none + 1;
 ...+>
 }
