// SPDX-License-Identifier: GPL-2.0
// Bug: MADV_COLLAPSE takes any size.
// Seen: It succeeds, and there is no huge page.
// Rows: MAD-1
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_possible_orders(...)
 {
 <+...
- (tva_flags == TVA_KHUGEPAGED) && vma_is_anonymous(vma)
+ vma_is_anonymous(vma)
 ...+>
 }
