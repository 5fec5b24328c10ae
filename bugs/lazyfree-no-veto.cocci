// SPDX-License-Identifier: GPL-2.0
// Bug: Pages of MADV_FREE are collapsed.
// Seen: What could be freed at no cost becomes memory that must be swapped out.
// Rows: VET-2
// Source: mm/khugepaged.c
// Places: 2

@@
@@
- folio_test_lazyfree(...)
+ false
