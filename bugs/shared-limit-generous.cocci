// SPDX-License-Identifier: GPL-2.0
// Bug: Off by one: one shared PTE more than max_ptes_shared is let pass.
// Seen: A range with one too many is collapsed.
// Rows: VET-4
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_scan_pmd(...)
 {
 <+...
- ++shared > max_ptes_shared
+ ++shared > max_ptes_shared + 1
 ...+>
 }
