// SPDX-License-Identifier: GPL-2.0
// Bug: The new folio is not given back when the VMA does not fit any more.
// Seen: Memory is lost for ever.
// Rows: RAC-11
// Source: mm/khugepaged.c
// Places: 2
// Explorer: nobody touches the memory while it looks on

@@
@@
 collapse_huge_page(...)
 {
 <+...
  mmap_read_unlock(mm);
- goto out_nolock;
+ return result;
 ...+>
 }
