// SPDX-License-Identifier: GPL-2.0
// Bug: Write-protected pages of userfaultfd are collapsed.
// Seen: The protection is lost, and with it the event.
// Rows: VET-3 RAC-10
// Source: mm/khugepaged.c
// Places: 2

@@
@@
- pte_uffd(...)
+ false
