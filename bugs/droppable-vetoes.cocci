// SPDX-License-Identifier: GPL-2.0
// Bug: MAP_DROPPABLE is not exempt from the veto of lazyfree pages.
// Seen: Droppable memory with one page of MADV_FREE is not collapsed any more.
// Rows: VET-2
// Source: mm/khugepaged.c
// Places: 2
// Explorer: droppable mappings are not drawn

@@
expression e;
@@
- e && !(vma->vm_flags & VM_DROPPABLE)
+ e
