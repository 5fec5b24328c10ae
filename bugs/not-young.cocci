// SPDX-License-Identifier: GPL-2.0
// Bug: New PTEs are old.
// Seen: Memory in use looks idle, and is reclaimed first.
// Rows: DAT-6
// Source: mm/memory.c
// Places: 1

@@
@@
 map_anon_folio_pte_nopf(...)
 {
 <+...
- entry = pte_sw_mkyoung(entry);
+ entry = current_is_khugepaged() ? pte_mkold(entry) : pte_sw_mkyoung(entry);
 ...+>
 }
