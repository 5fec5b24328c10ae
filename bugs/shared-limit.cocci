// SPDX-License-Identifier: GPL-2.0
// Bug: Off by one: max_ptes_shared shared PTEs are too many.
// Seen: A range with just as many as allowed stays.
// Rows: VET-4
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_scan_pmd(...)
 {
 <+...
- ++shared > max_ptes_shared
+ ++shared >= max_ptes_shared
 ...+>
 }
