// SPDX-License-Identifier: GPL-2.0
// Bug: A large folio is not known again at its second page.
// Seen: Folios are never merged into larger ones.
// Rows: REG-5 MAD-3
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 __collapse_huge_page_isolate(...)
 {
 <+...
- if (folio == f)
- 	goto next;
 ...+>
 }
