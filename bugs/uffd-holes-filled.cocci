// SPDX-License-Identifier: GPL-2.0
// Bug: Memory armed with userfaultfd has the limits of any other.
// Seen: Holes are filled that a monitor waits for.
// Rows: REG-6 RAC-10
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_max_ptes_none(...)
 {
 <+...
- if (vma && userfaultfd_armed(vma))
- 	return 0;
 ...+>
 }
