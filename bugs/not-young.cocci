// SPDX-License-Identifier: GPL-2.0
// Bug: New PTEs are old.
// Seen: Memory in use looks idle, and is swapped out first.
// Rows: DAT-6
// Source: mm/memory.c
// Places: 1

@@
@@
 map_anon_folio_pte_nopf(...)
 {
 <+...
- entry = pte_sw_mkyoung(entry);
+ entry = pte_mkold(entry);
 ...+>
 }
