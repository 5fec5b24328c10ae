// SPDX-License-Identifier: GPL-2.0
// Bug: An allocation failure no longer reaches the caller; the feature had this while it was
//   reviewed.
// Seen: MADV_COLLAPSE gives EINVAL where memory is short, and khugepaged does not pause.
// Rows: MAD-2
// Source: mm/khugepaged.c
// Places: 1
// Explorer: it takes no free blocks away, and does not ask for the errno of MADV_COLLAPSE

@@
@@
 mthp_collapse(...)
 {
 <+...
- return SCAN_ALLOC_HUGE_PAGE_FAIL;
+ return SCAN_FAIL;
 ...+>
 }
