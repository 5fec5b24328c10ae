// SPDX-License-Identifier: GPL-2.0
// Bug: The VMA is not locked for writing.
// Seen: Faults under the lock of the VMA meet no page table, and make one.
// Rows: RAC-1 RAC-9
// Source: mm/khugepaged.c
// Places: 1
// Explorer: nobody touches the memory while it looks on

@@
@@
 collapse_huge_page(...)
 {
 <+...
- vma_start_write(vma);
 ...+>
 }
