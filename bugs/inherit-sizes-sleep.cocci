// SPDX-License-Identifier: GPL-2.0
// Bug: A size that is set to inherit does not keep khugepaged awake, whatever the global
//   setting.
// Seen: The same.
// Rows: ORD-5
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 anon_hpage_enabled(...)
 {
 <+...
- if (READ_ONCE(huge_anon_orders_inherit) && hugepage_global_enabled())
- 	return true;
 ...+>
 }
