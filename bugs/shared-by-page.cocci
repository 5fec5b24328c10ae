// SPDX-License-Identifier: GPL-2.0
// Bug: Each page is asked by itself whether it is shared.
// Seen: A part of a folio that a child maps elsewhere is copied.
// Rows: SHR-3
// Source: mm/khugepaged.c
// Places: 2

@@
@@
- folio_maybe_mapped_shared(folio)
+ (atomic_read(&page->_mapcount) > 0)
