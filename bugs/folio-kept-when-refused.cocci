// SPDX-License-Identifier: GPL-2.0
// Bug: The new folio is not given back when the VMA does not fit any more.
// Seen: Memory is lost for ever.
// Rows: RAC-11
// Source: mm/khugepaged.c
// Places: 1
// Explorer: nobody touches the memory while it looks on

@@
@@
 collapse_huge_page(...)
 {
 <+...
- if (folio)
+ if (folio && result != SCAN_VMA_CHECK && result != SCAN_ANY_PROCESS)
 folio_put(folio);
 ...+>
 }
