// SPDX-License-Identifier: GPL-2.0
// Bug: An allocation failure no longer reaches the caller; the feature had this while it was
//   reviewed.
// Seen: MADV_COLLAPSE gives EINVAL where memory is short, and khugepaged does not pause.
// Rows: MAD-2
// Source: mm/khugepaged.c
// Places: 2
// Explorer: it does not take free blocks away

@@
@@
 mthp_collapse(...)
 {
 <+...
- alloc_failed = true;
 ...+>
 }

@@
@@
 mthp_collapse(...)
 {
 <+...
- return last_result;
+ return SCAN_FAIL;
 ...+>
 }
