// SPDX-License-Identifier: GPL-2.0
// Bug: max_ptes_none between 0 and its maximum is scaled to the order; the feature had this
//   while it was reviewed.
// Seen: A collapse fills holes, which makes the next larger order fit in the next scan: creep.
// Rows: OCC-3 CRP-4
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_max_ptes_none(...)
 {
 <+...
- if (max_ptes_none == KHUGEPAGED_MAX_PTES_LIMIT)
- 	return (1 << order) - 1;
+ if (max_ptes_none)
+ 	return max_ptes_none >> (HPAGE_PMD_ORDER - order);
 ...+>
 }
