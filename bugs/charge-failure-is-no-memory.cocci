// SPDX-License-Identifier: GPL-2.0
// Bug: A charge that failed is told as an allocation that failed.
// Seen: MADV_COLLAPSE gives ENOMEM at a cgroup's limit, and khugepaged pauses.
// Rows: FAL-2 MAD-2
// Source: mm/khugepaged.c
// Places: 1
// Explorer: it limits no memory cgroup

@@
@@
 alloc_charge_folio(...)
 {
 <+...
- return SCAN_CGROUP_CHARGE_FAIL;
+ return SCAN_ALLOC_HUGE_PAGE_FAIL;
 ...+>
 }
