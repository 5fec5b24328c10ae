/* SPDX-License-Identifier: GPL-2.0 */
/* Bring pages that are there into the states that their tables name. */
#ifndef PAGE_STATES_H
#define PAGE_STATES_H

#include "range.h"

/* page_states_merge() - what KSM is to merge, merged.
 * @area: of the ranges; receives the pages that they were merged with
 * @error: says why it failed
 * Return: 0; -EOPNOTSUPP where this machine cannot; another negative errno.
 */
int page_states_merge(const struct vm_geometry *vm, struct range_area *area,
		      struct setup_error *error);

/* page_states_change() - swapped, guarded, protected, lazyfree, pinned, ...
 * @area: of the ranges; receives the userfaultfd and the pins
 * @error: says why it failed
 *
 * To be called after a fork of this process: some of it does not survive one.
 *
 * Return: as page_states_merge().
 */
int page_states_change(const struct vm_geometry *vm, struct range_area *area,
		       struct setup_error *error);

/* page_states_drain() - every CPU puts the pages it holds back on their LRU list.
 *
 * MADV_COLLAPSE of memory that has no page does that first (mm/khugepaged.c:
 * madvise_collapse()) and then finds nothing to do.
 *
 * Return: 0 or a negative errno.
 */
int page_states_drain(const struct vm_geometry *vm);

#endif
