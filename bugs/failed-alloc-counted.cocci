// SPDX-License-Identifier: GPL-2.0
// Bug: A folio that could not be had is counted as allocated.
// Seen: collapse_alloc is too large.
// Rows: FAL-1 DAT-4
// Source: mm/khugepaged.c
// Places: 1
// Explorer: it does not take free blocks away

@@
@@
 alloc_charge_folio(...)
 {
 <+...
 if (!folio) {
+ 	count_collapse_event(order, THP_COLLAPSE_ALLOC, MTHP_STAT_COLLAPSE_ALLOC);
 ...
 }
 ...+>
 }
