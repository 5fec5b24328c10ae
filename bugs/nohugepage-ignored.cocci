// SPDX-License-Identifier: GPL-2.0
// Bug: MADV_NOHUGEPAGE is not looked at.
// Seen: Memory is collapsed that asked not to be.
// Rows: VMA-2
// Source: mm/khugepaged.c
// Places: 2
// Explorer: MADV_NOHUGEPAGE is not drawn

@@
expression v, f;
@@
 thp_vma_allowable_orders(v,
- f
+ f & ~VM_NOHUGEPAGE
 , ...)
