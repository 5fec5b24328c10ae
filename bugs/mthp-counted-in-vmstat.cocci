// SPDX-License-Identifier: GPL-2.0
// Bug: The events of vmstat count folios of all sizes.
// Seen: thp_collapse_alloc is more than there are huge pages.
// Rows: DAT-3
// Source: mm/khugepaged.c
// Places: 1
// Explorer: it compares the counters of sizes, not those of vmstat

@@
@@
 count_collapse_event(...)
 {
 <+...
- if (is_pmd_order(order))
- 	count_vm_event(vm_event);
+ count_vm_event(vm_event);
 ...+>
 }
