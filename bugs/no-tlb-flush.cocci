// SPDX-License-Identifier: GPL-2.0
// Bug: The page table is taken away without a flush.
// Seen: Writes go to the old page, and are lost.
// Rows: RAC-1
// Source: mm/khugepaged.c
// Places: 1
// Explorer: nobody touches the memory while it looks on

@@
@@
 collapse_huge_page(...)
 {
 <+...
- _pmd = pmdp_collapse_flush(vma, pmd_addr, pmd);
+ _pmd = pmdp_huge_get_and_clear(mm, pmd_addr, pmd);
 ...+>
 }
