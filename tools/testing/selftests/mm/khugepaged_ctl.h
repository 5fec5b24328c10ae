/* SPDX-License-Identifier: GPL-2.0 */
/* Make khugepaged do exactly as many complete scans as wanted, or notice that it is dead. */
#ifndef KHUGEPAGED_CTL_H
#define KHUGEPAGED_CTL_H

#include <stdint.h>
#include <sys/types.h>

/* The khugepaged thread, found once and again when it was restarted. */
struct khugepaged {
	pid_t pid;		/* 0: not found, as in a container */
	unsigned int kicks;	/* that all scans took; one each, unless it paused in one */
};

/* khugepaged_scan() - let khugepaged scan everything, and wait until it has.
 * @khugepaged: the thread, zeroed before the first call
 * @passes: number of complete scans
 *
 * thp_settings_apply() has to come first: it makes one wake-up one complete scan,
 * and nothing else a wake-up. A scan that starts with everything set up and ends
 * before the return is thus what was asked for: khugepaged sleeps before and
 * after. Some process must be on khugepaged's list, or nothing is ever scanned:
 * it must have called MADV_HUGEPAGE on touched memory while a size was on
 * (mm/khugepaged.c: khugepaged_enter_vma(); a VMA without anon_vma is refused in
 * mm/huge_memory.c: __thp_vma_allowable_orders()).
 * While it works, the caller must leave its mmap_lock alone: khugepaged skips a
 * process that holds it for writing (mm/khugepaged.c: collapse_scan_mm_slot()).
 *
 * Return: 0; -ETIMEDOUT when khugepaged does no work for ten seconds, or was woken
 * a hundred times without completing the scan; -EBUSY when it works for a minute
 * without completing it; a negative errno from sysfs.
 */
int khugepaged_scan(struct khugepaged *khugepaged, unsigned int passes);

/* khugepaged_force() - MADV_COLLAPSE, again where the errno is for what passes.
 * @start: of the memory
 * @size: in bytes
 * Return: 0 or a negative errno; -EAGAIN when a page stayed off the LRU or the like.
 */
int khugepaged_force(char *start, size_t size);

/* khugepaged_cpu() - CPU time that the thread has used, to be asked while it sleeps.
 * @khugepaged: as khugepaged_scan() left it
 * @ns: receives nanoseconds
 * Return: 0; -ESRCH when the thread cannot be seen, as in a container; -ENOENT when the kernel
 * does not tell it (no /proc/PID/schedstat, CONFIG_SCHED_INFO); another negative errno.
 */
int khugepaged_cpu(const struct khugepaged *khugepaged, uint64_t *ns);

/* khugepaged_find() - process id of the khugepaged thread, 0 if there is none. */
pid_t khugepaged_find(void);

/* kdamond_find() - process id of a kdamond thread, 0 if there is none.
 * DAMON takes a reference and the lock of pages that it looks at; to khugepaged they are
 * busy (mm/damon/paddr.c). thp_settings_apply() switches off what the kernel itself has of
 * it; what an administrator started goes on.
 */
pid_t kdamond_find(void);

#endif
