// SPDX-License-Identifier: GPL-2.0
// Bug: A page that was pinned since the scan is copied.
// Seen: The device writes to a page that nobody maps.
// Rows: RAC-6
// Source: mm/khugepaged.c
// Places: 1
// Explorer: nobody touches the memory while it looks on

@@
@@
 __collapse_huge_page_isolate(...)
 {
 <+...
- folio_expected_ref_count(folio) != folio_ref_count(folio)
+ false
 ...+>
 }
