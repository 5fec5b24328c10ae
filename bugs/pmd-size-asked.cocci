// SPDX-License-Identifier: GPL-2.0
// Bug: Under the lock it is asked whether the PMD size is on, not the size of the region.
// Seen: With the PMD size off nothing is collapsed.
// Rows: ORD-4 ORD-1
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 hugepage_vma_revalidate(...)
 {
 <+...
- BIT(order)
+ BIT(HPAGE_PMD_ORDER)
 ...+>
 }
