// SPDX-License-Identifier: GPL-2.0
// Bug: Pages that became shared since the scan are not noticed.
// Seen: Parent and child part: each has a copy.
// Rows: RAC-2
// Source: mm/khugepaged.c
// Places: 1
// Explorer: nobody touches the memory while it looks on

@@
@@
 __collapse_huge_page_isolate(...)
 {
 <+...
- ++shared > max_ptes_shared
+ false
 ...+>
 }
