// SPDX-License-Identifier: GPL-2.0
// Bug: Off by one: max_ptes_swap swapped PTEs are too many.
// Seen: A range with just as many as allowed stays.
// Rows: VET-5
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_scan_pmd(...)
 {
 <+...
- ++unmapped > max_ptes_swap
+ ++unmapped >= max_ptes_swap
 ...+>
 }
