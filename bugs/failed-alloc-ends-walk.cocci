// SPDX-License-Identifier: GPL-2.0
// Bug: When no folio of an order is to be had, no smaller one is tried.
// Seen: Fragmented memory gets no mTHPs at all.
// Rows: FAL-1
// Source: mm/khugepaged.c
// Places: 1
// Explorer: it does not take free blocks away

@@
@@
 mthp_collapse(...)
 {
 <+...
  alloc_failed = true;
+ last_result = ret;
+ goto done;
 ...+>
 }
