// SPDX-License-Identifier: GPL-2.0
// Bug: None, but the rules of the series of August 2025 (v10): occupancy in chunks of four
//   PTEs, limits that are scaled to the order, "always" that takes all, and a last chunk that
//   is never marked.
// Seen: With max_ptes_none above the half, each scan makes the regions of the last one larger.
// Rows: CRP-4
// Source: mm/khugepaged.c
// Places: 3

@@
@@
 collapse_max_ptes_none(...)
 {
 ...
- if (max_ptes_none == KHUGEPAGED_MAX_PTES_LIMIT)
- 	return (1 << order) - 1;
- if (max_ptes_none)
- 	pr_warn_once(...);
- return 0;
+ return max_ptes_none >> (HPAGE_PMD_ORDER - order);
 }

@@
@@
+static int fits(struct collapse_control *cc, unsigned int offset, unsigned int order,
+		unsigned long enabled_orders)
+{
+	unsigned int none = khugepaged_max_ptes_none >> (HPAGE_PMD_ORDER - 2);
+	unsigned int threshold = (HPAGE_PMD_NR - khugepaged_max_ptes_none - 1) >>
+				 (HPAGE_PMD_ORDER - (order - 2));
+	unsigned int end = offset + (1U << order), at, used = 0;
+	unsigned long always = READ_ONCE(huge_anon_orders_always);
+
+	if (hugepage_global_always())
+		always |= READ_ONCE(huge_anon_orders_inherit);
+	for (at = offset; at < end && at + 4 < HPAGE_PMD_NR; at += 4)
+		used += bitmap_weight_from(cc->mthp_present_ptes, at, at + 4) + none >= 4;
+	return used > threshold || enabled_orders == BIT(HPAGE_PMD_ORDER) ||
+	       always & BIT(order);
+}
+
 mthp_collapse(...)
 {
 ...
 }

@@
@@
 mthp_collapse(...)
 {
 <+...
- nr_occupied_ptes >= nr_ptes - max_ptes_none
+ fits(cc, offset, order, enabled_orders)
 ...+>
 }
