// SPDX-License-Identifier: GPL-2.0
// Bug: A folio that is allocated for a try is not counted.
// Seen: collapse_alloc stands still.
// Rows: DAT-4
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 alloc_charge_folio(...)
 {
 <+...
- count_collapse_event(order, THP_COLLAPSE_ALLOC, MTHP_STAT_COLLAPSE_ALLOC);
 ...+>
 }
