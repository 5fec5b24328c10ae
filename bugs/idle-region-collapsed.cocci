// SPDX-License-Identifier: GPL-2.0
// Bug: A region without a referenced page is collapsed.
// Seen: Memory that nobody uses becomes a huge page.
// Rows: VET-6
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 __collapse_huge_page_isolate(...)
 {
 <+...
- cc->is_khugepaged && !referenced
+ false
 ...+>
 }
