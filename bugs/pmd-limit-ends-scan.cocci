// SPDX-License-Identifier: GPL-2.0
// Bug: The scan of several sizes ends with the first hole above the limit of the PMD order.
// Seen: One hole keeps all of the range from its mTHPs.
// Rows: OCC-1 ORD-2
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_scan_pmd(...)
 {
 <+...
- max_ptes_none = KHUGEPAGED_MAX_PTES_LIMIT;
+ max_ptes_none = max_ptes_none;
 ...+>
 }
