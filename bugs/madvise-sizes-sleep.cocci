// SPDX-License-Identifier: GPL-2.0
// Bug: A size that is set to madvise does not keep khugepaged awake.
// Seen: With no other on, and the global setting at never, nothing is ever collapsed.
// Rows: ORD-5
// Source: mm/khugepaged.c
// Places: 1
// Explorer: its global setting is madvise, which keeps khugepaged awake

@@
@@
 anon_hpage_enabled(...)
 {
 <+...
- if (READ_ONCE(huge_anon_orders_madvise))
- 	return true;
 ...+>
 }
