// SPDX-License-Identifier: GPL-2.0
// Bug: A PTE of the shared zero page is no hole.
// Seen: One page that was only read keeps all of the range from huge pages.
// Rows: OCC-6
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 pte_none_or_zero(...)
 {
 ...
- return pte_present(pte) && is_zero_pfn(pte_pfn(pte));
+ return false;
 }
