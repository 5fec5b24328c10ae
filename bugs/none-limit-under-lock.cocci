// SPDX-License-Identifier: GPL-2.0
// Bug: Off by one: max_ptes_none empty PTEs are too many under the lock.
// Seen: One present PTE is not enough at the largest max_ptes_none.
// Rows: OCC-2 OCC-4
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 __collapse_huge_page_isolate(...)
 {
 <+...
- ++none_or_zero > max_ptes_none
+ ++none_or_zero >= max_ptes_none
 ...+>
 }
