// SPDX-License-Identifier: GPL-2.0
// Bug: After a region that has a folio of its size, smaller sizes are tried in it.
// Seen: For each folio that is there, one of each smaller size is allocated and freed at each
//   scan.
// Rows: REG-4 DAT-4
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 mthp_collapse(...)
 {
 <+...
  ret = collapse_huge_page(...);
+ if (ret == SCAN_PTE_MAPPED_HUGEPAGE)
+ 	ret = SCAN_PAGE_LOCK;
 ...+>
 }
