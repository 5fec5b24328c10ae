// SPDX-License-Identifier: GPL-2.0
// Bug: Under the lock shared pages are not counted.
// Seen: Parent and child part: each has a copy.
// Rows: REG-3 SHR-1 RAC-2
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 __collapse_huge_page_isolate(...)
 {
 <+...
- ++shared > max_ptes_shared
+ false
 ...+>
 }
