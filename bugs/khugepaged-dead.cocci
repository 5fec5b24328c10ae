// SPDX-License-Identifier: GPL-2.0
// Bug: khugepaged finds no work, ever.
// Seen: No memory is collapsed; a test that expects none must not pass.
// Rows: none
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 khugepaged_has_work(...)
 {
- return ...;
+ return 0;
 }
