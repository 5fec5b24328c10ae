// SPDX-License-Identifier: GPL-2.0
// Bug: Off by one: max_ptes_none empty PTEs are too many for the scan.
// Seen: A range with just as many holes as allowed stays.
// Rows: OCC-4 OCC-2
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_scan_pmd(...)
 {
 <+...
- ++none_or_zero > max_ptes_none
+ ++none_or_zero >= max_ptes_none
 ...+>
 }
