// SPDX-License-Identifier: GPL-2.0
// Bug: PTE markers count as empty.
// Seen: Guard regions vanish.
// Rows: REG-7
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 pte_none_or_zero(...)
 {
 ...
- return pte_present(pte) && is_zero_pfn(pte_pfn(pte));
+ return pte_present(pte) ? is_zero_pfn(pte_pfn(pte)) : pte_is_marker(pte);
 }
