// SPDX-License-Identifier: GPL-2.0
// Bug: MADV_COLLAPSE gives EINVAL for a pinned page.
// Seen: A caller that would try again gives up.
// Rows: MAD-2
// Source: mm/khugepaged.c
// Places: 1
// Explorer: of MADV_COLLAPSE it asks whether it succeeded, not for the errno

@@
identifier r;
@@
 madvise_collapse_errno(enum scan_result r)
 {
+ if (r == SCAN_PAGE_COUNT)
+ 	return -EINVAL;
 ...
 }
