// SPDX-License-Identifier: GPL-2.0
// Bug: The last four PTEs of a range are not put into the bitmap; the feature had this while it
//   was reviewed.
// Seen: The last region of each range stays as it is, and at a max_ptes_none below four the PMD
//   order is never reached.
// Rows: ORD-6 ORD-1
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_scan_pmd(...)
 {
 <+...
- __set_bit(i, cc->mthp_present_ptes);
+ if (i < HPAGE_PMD_NR - 4)
+ 	__set_bit(i, cc->mthp_present_ptes);
 ...+>
 }
