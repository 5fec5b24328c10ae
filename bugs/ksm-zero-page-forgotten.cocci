// SPDX-License-Identifier: GPL-2.0
// Bug: KSM is not told that one of its zero pages is gone.
// Seen: ksm_zero_pages grows for ever.
// Rows: OCC-6
// Source: mm/khugepaged.c
// Places: 1
// Explorer: KSM is not drawn

@@
@@
 __collapse_huge_page_copy_succeeded(...)
 {
 <+...
- ksm_might_unmap_zero_page(...);
 ...+>
 }
