// SPDX-License-Identifier: GPL-2.0
// Bug: A folio that could not be charged is not given back.
// Seen: Memory is lost for ever.
// Rows: FAL-2
// Source: mm/khugepaged.c
// Places: 1
// Explorer: it limits no memory cgroup

@@
@@
 alloc_charge_folio(...)
 {
 <+...
- folio_put(folio);
 ...+>
 }
