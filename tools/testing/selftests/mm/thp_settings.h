/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every setting that decides what khugepaged does, as one value.
 *
 * A test fills in the whole value and applies it; it never changes a single knob.
 * Saving and restoring is not done here but by the supervisor, for all knobs that
 * thp_knobs() lists.
 */
#ifndef THP_SETTINGS_H
#define THP_SETTINGS_H

#include <stdbool.h>

#include "vm_util.h"

#define KSM_SYSFS	"/sys/kernel/mm/ksm"

enum thp_mode {
	THP_NEVER,
	THP_MADVISE,
	THP_INHERIT,	/* of one size only: as the global setting */
	THP_ALWAYS,
};

struct thp_settings {
	enum thp_mode global;
	enum thp_mode size[MAX_ORDERS];	/* by order; only those in vm->orders count */
	unsigned long shmem_orders;	/* bit mask of the sizes on for advised shmem */
	bool no_defrag;			/* khugepaged takes what blocks there are */
	bool long_alloc_sleep;		/* and waits for a kick when there is none */
	unsigned long max_ptes_none;
	unsigned long max_ptes_swap;
	unsigned long max_ptes_shared;
};

/* What went wrong with which knob. */
struct knob_error {
	char path[128];
	char what[160];
};

/* thp_settings_of() - settings with one mode for some sizes, "never" for the rest.
 * @orders: bit mask of these sizes
 * @mode: their mode
 * Return: the settings; the limits are the kernel's defaults, mm/khugepaged.c:
 * khugepaged_init().
 */
struct thp_settings thp_settings_of(const struct vm_geometry *vm,
				    unsigned long orders, enum thp_mode mode);

/* thp_settings_quiet() - for the time of a set-up: some sizes for advised memory only, and no
 * hole is filled, also of other processes.
 * @orders: bit mask of the sizes; 0: the PMD size, for with none khugepaged would be stopped
 */
struct thp_settings thp_settings_quiet(const struct vm_geometry *vm, unsigned long orders);

/* thp_settings_apply() - write those knobs that differ, and read them back.
 *
 * Also makes khugepaged sleep until khugepaged_scan() wakes it, and scan
 * everything when it does. Sizes are switched on before others are switched
 * off: with none on, the kernel stops the khugepaged thread.
 * On a kernel without a knob for each size, the PMD size is the global setting.
 *
 * Return: 0, or a negative errno with @error filled in.
 */
int thp_settings_apply(const struct vm_geometry *vm,
		       const struct thp_settings *settings, struct knob_error *error);

/* thp_settings_verify() - are the settings still those that were applied?
 * Return: 0; -EBUSY when another process changed one, with @error filled in; or
 * another negative errno.
 */
int thp_settings_verify(const struct vm_geometry *vm,
			const struct thp_settings *settings, struct knob_error *error);

/* thp_settings_orders() - sizes on for a VMA.
 * @advised: MADV_HUGEPAGE was given
 * Return: bit mask of orders; include/linux/huge_mm.h: thp_vma_allowable_orders().
 */
unsigned long thp_settings_orders(const struct vm_geometry *vm,
				  const struct thp_settings *settings, bool advised);

/* thp_settings_describe() - the settings in one line.
 * @buf: receives it, cut to @size bytes
 */
void thp_settings_describe(const struct vm_geometry *vm,
			   const struct thp_settings *settings, char *buf, size_t size);

/* thp_knobs() - call @knob for each knob that the suite may change, directly or as a
 * side effect, in the order in which they are to be restored.
 *
 * Beside those of THP these are KSM's and the hugetlb pages of each node, where there
 * are any. They are not @essential: where one cannot be saved, it cannot be changed.
 */
void thp_knobs(const struct vm_geometry *vm,
	       void (*knob)(const char *path, bool essential, void *arg), void *arg);

#endif
