// SPDX-License-Identifier: GPL-2.0
// Bug: A range without a writable PTE is not collapsed, as in versions before.
// Seen: Read-only memory stays small.
// Rows: REG-9
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_scan_pmd(...)
 {
 <+...
- pte_uffd(pteval)
+ pte_uffd(pteval) || !pte_write(pteval)
 ...+>
 }
