// SPDX-License-Identifier: GPL-2.0
// Bug: "false" in place of folio_maybe_mapped_shared(), as a reviewer once pasted it.
// Seen: What a child shares is copied: memory grows.
// Rows: SHR-1 REG-3 VET-4
// Source: mm/khugepaged.c
// Places: 2

@@
@@
- folio_maybe_mapped_shared(...)
+ false
