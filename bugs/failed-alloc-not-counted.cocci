// SPDX-License-Identifier: GPL-2.0
// Bug: A folio that could not be had is not counted.
// Seen: collapse_alloc_failed says that memory is plenty.
// Rows: FAL-1
// Source: mm/khugepaged.c
// Places: 1
// Explorer: it does not take free blocks away

@@
@@
 alloc_charge_folio(...)
 {
 <+...
- count_collapse_event(order, THP_COLLAPSE_ALLOC_FAILED, MTHP_STAT_COLLAPSE_ALLOC_FAILED);
 ...+>
 }
