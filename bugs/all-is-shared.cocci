// SPDX-License-Identifier: GPL-2.0
// Bug: "true" in place of folio_maybe_mapped_shared(), as a reviewer once pasted it.
// Seen: Small regions are never collapsed, and ranges with more pages than max_ptes_shared not
//   at all.
// Rows: REG-3 ORD-1
// Source: mm/khugepaged.c
// Places: 2

@@
@@
- folio_maybe_mapped_shared(...)
+ true
