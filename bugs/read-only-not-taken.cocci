// SPDX-License-Identifier: GPL-2.0
// Bug: A PTE that is not writable ends the scan; versions before wanted one that is.
// Seen: Read-only memory stays small, and so does what a child has mapped.
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
