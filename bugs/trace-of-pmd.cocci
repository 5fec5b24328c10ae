// SPDX-License-Identifier: GPL-2.0
// Bug: The trace event of a try has the PMD order.
// Seen: Who traces sees 2 MB where 16 kB were collapsed.
// Rows: DAT-5
// Source: mm/khugepaged.c
// Places: 1
// Explorer: it does not look at trace events

@@
@@
 collapse_huge_page(...)
 {
 <+...
- trace_mm_collapse_huge_page(mm, result == SCAN_SUCCEED, result, order);
+ trace_mm_collapse_huge_page(mm, result == SCAN_SUCCEED, result, HPAGE_PMD_ORDER);
 ...+>
 }
