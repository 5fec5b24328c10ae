// SPDX-License-Identifier: GPL-2.0
// Bug: A reference to each old page is kept.
// Seen: Memory is lost for ever.
// Rows: DAT-7 RAC-1
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 __collapse_huge_page_copy_succeeded(...)
 {
 <+...
- folio_put_refs(src, nr_ptes);
 ...+>
 }
