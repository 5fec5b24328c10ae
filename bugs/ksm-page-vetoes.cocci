// SPDX-License-Identifier: GPL-2.0
// Bug: A page of KSM ends the scan.
// Seen: Memory with one merged page is never collapsed.
// Rows: REG-10
// Source: mm/khugepaged.c
// Places: 1
// Explorer: KSM is not drawn

@@
@@
 collapse_scan_pmd(...)
 {
 <+...
- !folio_test_anon(folio)
+ !folio_test_anon(folio) || folio_test_ksm(folio)
 ...+>
 }
