// SPDX-License-Identifier: GPL-2.0
// Bug: The sizes that were on at the last scan of a process stay on for it.
// Seen: "never" does not mean never.
// Rows: RAC-11 ORD-5
// Source: mm/khugepaged.c
// Places: 2

@@
@@
 collapse_scan_pmd(...)
 {
 <+...
  enabled_orders = collapse_possible_orders(...);
+ {
+ 	static struct mm_struct *last_mm;
+ 	static unsigned long last_orders;
+
+ 	if (last_mm == mm)
+ 		enabled_orders |= last_orders;
+ 	last_mm = mm;
+ 	last_orders = enabled_orders;
+ }
 ...+>
 }

@@
@@
 hugepage_vma_revalidate(...)
 {
 <+...
- if (!thp_vma_allowable_orders(...))
- 	return SCAN_VMA_CHECK;
 ...+>
 }
