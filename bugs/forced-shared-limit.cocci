// SPDX-License-Identifier: GPL-2.0
// Bug: MADV_COLLAPSE has the limits of khugepaged for shared pages.
// Seen: It fails where it was asked to do its best.
// Rows: MAD-1
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_max_ptes_shared(...)
 {
 <+...
- if (!cc->is_khugepaged)
- 	return HPAGE_PMD_NR;
 ...+>
 }
