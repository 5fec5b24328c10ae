// SPDX-License-Identifier: GPL-2.0
// Bug: pages_collapsed stands still.
// Seen: khugepaged seems to do nothing.
// Rows: DAT-4
// Source: mm/khugepaged.c
// Places: 1
// Explorer: pages_collapsed is no counter of a size, and the model does not predict it

@@
@@
 collapse_single_pmd(...)
 {
 <+...
- ++khugepaged_pages_collapsed;
+ ;
 ...+>
 }
