// SPDX-License-Identifier: GPL-2.0
// Bug: The counters of all sizes are those of the PMD order.
// Seen: The statistics of the small sizes stand still.
// Rows: DAT-4 OCC-1 REG-3
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 count_collapse_event(...)
 {
 <+...
- count_mthp_stat(order, mthp_event);
+ count_mthp_stat(HPAGE_PMD_ORDER, mthp_event);
 ...+>
 }
