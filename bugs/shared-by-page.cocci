// SPDX-License-Identifier: GPL-2.0
// Bug: Each page is asked by itself whether it is shared.
// Seen: A part of a folio that a child maps elsewhere is copied.
// Rows: SHR-3
// Source: mm/khugepaged.c
// Places: 2

@@
expression e;
@@
- folio_maybe_mapped_shared(e)
+ (folio_precise_page_mapcount(e, page) > 1)
