// SPDX-License-Identifier: GPL-2.0
// Bug: Off by one: one swapped PTE more than max_ptes_swap is let pass.
// Seen: A range with one too many is swapped in.
// Rows: VET-5
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_scan_pmd(...)
 {
 <+...
- ++unmapped > max_ptes_swap
+ ++unmapped > max_ptes_swap + 1
 ...+>
 }
