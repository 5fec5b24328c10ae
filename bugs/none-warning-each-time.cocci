// SPDX-License-Identifier: GPL-2.0
// Bug: The warning of an unsupported max_ptes_none comes with each region.
// Seen: A log full of it.
// Rows: OCC-3
// Source: mm/khugepaged.c
// Places: 1
// Explorer: the warning is no complaint of the kernel

@@
expression list es;
@@
- pr_warn_once(es)
+ pr_warn(es)
