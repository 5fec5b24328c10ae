// SPDX-License-Identifier: GPL-2.0
// Bug: What came of smaller sizes hides that there was no memory for a larger one.
// Seen: khugepaged does not pause where memory is short.
// Rows: FAL-1
// Source: mm/khugepaged.c
// Places: 1
// Explorer: it takes no free blocks away

@@
@@
 mthp_collapse(...)
 {
 <+...
- alloc_failed = true;
 ...+>
 }
