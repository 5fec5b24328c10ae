// SPDX-License-Identifier: GPL-2.0
// Bug: The mmap_lock is held for reading while the page table is away.
// Seen: Memory seems not to be there.
// Rows: RAC-9
// Source: mm/khugepaged.c
// Places: 3
// Explorer: nobody touches the memory while it looks on

@@
@@
 collapse_huge_page(...)
 {
 <+...
  anon_vma_locked = true;
+ mmap_write_downgrade(mm);
 ...+>
 }

@@
@@
 collapse_huge_page(...)
 {
+ bool downgraded = false;
 ...
 }

@@
@@
 collapse_huge_page(...)
 {
 <+...
 mmap_write_downgrade(mm);
+ downgraded = true;
 ...+>
 }

@@
@@
 collapse_huge_page(...)
 {
 <+...
- mmap_write_unlock(mm);
+ if (downgraded)
+ 	mmap_read_unlock(mm);
+ else
+ 	mmap_write_unlock(mm);
 ...+>
 }
