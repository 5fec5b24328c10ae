// SPDX-License-Identifier: GPL-2.0
// Bug: At the largest max_ptes_none no PTE need be present.
// Seen: For each empty region a folio is allocated, and freed, at each scan.
// Rows: DAT-3 DAT-4
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_max_ptes_none(...)
 {
 <+...
- return (1 << order) - 1;
+ return 1 << order;
 ...+>
 }
