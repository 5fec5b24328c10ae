// SPDX-License-Identifier: GPL-2.0
// Bug: A guard region is passed over by the scan.
// Seen: The PMD order is tried in vain at each scan.
// Rows: REG-7
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_scan_pmd(...)
 {
 <+...
+ if (pte_is_marker(pteval))
+ 	continue;
 if (!pte_present(pteval)) { ... }
 ...+>
 }
