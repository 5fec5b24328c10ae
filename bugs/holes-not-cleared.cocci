// SPDX-License-Identifier: GPL-2.0
// Bug: Holes that are filled are not cleared.
// Seen: A process reads what another one wrote.
// Rows: DAT-1 OCC-2 OCC-6
// Source: mm/khugepaged.c
// Places: 1

@@
@@
 __collapse_huge_page_copy(...)
 {
 <+...
- clear_user_highpage(page, src_addr);
 ...+>
 }
