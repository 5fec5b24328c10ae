// SPDX-License-Identifier: GPL-2.0
// Bug: khugepaged finds no work, ever, and sleeps.
// Seen: No memory is collapsed; a test that expects none must not pass.
// Rows: none
// Source: mm/khugepaged.c
// Places: 2

@@
@@
 khugepaged_has_work(...)
 {
- return ...;
+ return 0;
 }

@@
@@
 khugepaged_wait_event(...)
 {
- return ...;
+ return kthread_should_stop();
 }
