// SPDX-License-Identifier: GPL-2.0
// Bug: A swapped PTE with the mark of userfaultfd is no veto.
// Seen: The regions beside it are collapsed.
// Rows: VET-3
// Source: mm/khugepaged.c
// Places: 1

@@
@@
- pte_swp_uffd_any(...)
+ false
