// SPDX-License-Identifier: GPL-2.0
// Bug: Swapped pages of a small region are swapped in.
// Seen: Regions creep: what comes in makes the next larger order fit.
// Rows: REG-1
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 __collapse_huge_page_swapin(...)
 {
 <+...
- if (!is_pmd_order(order)) { ... }
 ...+>
 }
