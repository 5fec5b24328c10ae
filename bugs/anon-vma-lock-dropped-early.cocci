// SPDX-License-Identifier: GPL-2.0
// Bug: The lock of the reverse mapping is dropped before the page table is back; the feature
//   had this while it was reviewed.
// Seen: Migration finds no page table.
// Rows: RAC-8
// Source: mm/khugepaged.c
// Places: 1
// Explorer: nobody touches the memory while it looks on

@@
@@
 collapse_huge_page(...)
 {
 <+...
- if (is_pmd_order(order))
+ if (order)
 {
 anon_vma_unlock_write(vma->anon_vma);
 ...
 }
 ...+>
 }
