// SPDX-License-Identifier: GPL-2.0
// Bug: Pinned pages are looked at under the lock only.
// Seen: The rest of a range is collapsed around a pinned page.
// Rows: VET-1
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 collapse_scan_pmd(...)
 {
 <+...
- folio_expected_ref_count(folio) != folio_ref_count(folio)
+ false
 ...+>
 }
