// SPDX-License-Identifier: GPL-2.0
// Bug: After a region the walk goes on at the order of that region, however well the next
//   offset is aligned.
// Seen: Once a hole has made it go down, the rest of the range is small folios.
// Rows: ORD-2 ORD-3
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 mthp_collapse(...)
 {
 <+...
- order = max_order_from_offset(offset);
+ order = min(order, max_order_from_offset(offset));
 ...+>
 }
