// SPDX-License-Identifier: GPL-2.0
// Bug: MAP_DROPPABLE is not exempt from the veto of lazyfree pages.
// Seen: Droppable memory is never collapsed.
// Rows: VET-2
// Source: mm/khugepaged.c
// Places: 2

@@
expression e;
@@
- e && !(vma->vm_flags & VM_DROPPABLE)
+ e
