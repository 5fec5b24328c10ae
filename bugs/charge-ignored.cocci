// SPDX-License-Identifier: GPL-2.0
// Bug: A collapse goes on where the cgroup does not take the new folio.
// Seen: Memory that nobody is charged for.
// Rows: FAL-2
// Source: mm/khugepaged.c
// Places: 1
// Explorer: it limits no memory cgroup

@@
@@
 alloc_charge_folio(...)
 {
 <+...
- mem_cgroup_charge(folio, mm, gfp)
+ mem_cgroup_charge(folio, mm, gfp) && false
 ...+>
 }
