// SPDX-License-Identifier: GPL-2.0
// Bug: A guard region ends the scan of its range.
// Seen: One guard page keeps all of the range from huge pages.
// Rows: REG-7
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_scan_pmd(...)
 {
 <+...
+ if (pte_is_marker(pteval)) {
+ 	result = SCAN_PTE_UFFD;
+ 	goto out_unmap;
+ }
 if (!pte_present(pteval)) { ... }
 ...+>
 }
