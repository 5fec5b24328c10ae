// SPDX-License-Identifier: GPL-2.0
// Bug: The new folio comes from the first node.
// Seen: Memory moves away from those who use it.
// Rows: FAL-3
// Source: mm/khugepaged.c
// Places: 2
// Explorer: it does not look at nodes

@@
@@
 collapse_find_target_node(...)
 {
 <+...
- if (max_value == cc->node_load[nid])
- 	node_set(nid, cc->alloc_nmask);
+ node_set(nid, cc->alloc_nmask);
 ...+>
 }

@@
@@
 collapse_find_target_node(...)
 {
 <+...
- return target_node;
+ return 0;
 ...+>
 }
