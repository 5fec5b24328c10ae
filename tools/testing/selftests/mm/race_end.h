/* SPDX-License-Identifier: GPL-2.0 */
/* Processes that end, and settings that change: RAC-11. */
#ifndef RACE_END_H
#define RACE_END_H

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "knob.h"
#include "race.h"

#define CHILDS_SHARE	32	/* of a range: one part in so many is there */

/*
 * In a child: new memory behind that of its parent, to be collapsed; until it is killed. Little
 * of it is there at first, so that children come fast.
 */
static void live_until_killed(const struct race *race, int ready)
{
	size_t pmd = race->vm->pmd_size, size = race_size(race), at;
	char *start = race->memory.start + size;
	bool made;

	made = mmap(start, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		    -1, 0) == start &&
	       !madvise(start, size, MADV_NOHUGEPAGE);
	for (at = 0; at < size && made; at += pmd)
		made = !madvise(start + at, pmd / CHILDS_SHARE, MADV_POPULATE_WRITE);
	if (made && !madvise(start, size, MADV_HUGEPAGE) && write(ready, "", 1) == 1) {
		if (race->forced)
			madvise(start, size, MADV_COLLAPSE);
		pause();
	}
	_exit(1);
}

/* A child with pages to be collapsed is killed before all of them are. */
static bool racer_ends_child(struct racer *racer)
{
	int ready[2];
	char byte;
	pid_t pid;
	bool lived;

	if (pipe2(ready, O_CLOEXEC))
		return race_failed(racer->race, "pipe: %s", strerror(errno));
	pid = race_fork(racer->race);
	if (!pid)
		live_until_killed(racer->race, ready[1]);
	close(ready[1]);
	lived = pid > 0 && read(ready[0], &byte, 1) == 1;
	close(ready[0]);
	if (pid < 0)
		return false;
	racer_did(racer);
	racer_waits(racer, 4);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return lived;
}

/*
 * RAC-11: a process may end while its memory is collapsed.
 *
 * The window is between the locks of a try: khugepaged holds on to the mm, but not to its
 * memory, and has to see that the last user is gone (mm/khugepaged.c:
 * collapse_test_exit_or_disable()). All tries are of children: the parent has no memory.
 */
TEST_ROWS(race, ends, "RAC-11")
{
	SHARE(80);
	race_add(&self->race, "ends a child", racer_ends_child,
		 3 * race_size(&self->race) <= MAX_MEMORY ? 3 : 1);
	self->race.childs_own = true;
	self->race.proof = "no_process_for_page";
	self->race.max_ptes_none = suite.vm.nr - 1;
	RACE(&self->race);
}

static bool has_order(const struct page_view *page, uint64_t order)
{
	return page->order == order;
}

static unsigned int order_of_page(const struct race *race, unsigned int page)
{
	unsigned int order = race->vm->pmd_order;

	while (order && pte_count_pages(race->vm, race_page(&race->memory, page), 1, has_order,
					order) != 1)
		order--;
	return order;
}

/* Were the pages around one a folio of that order, or might they have been? */
static bool was_of_order(const uint64_t *entries, unsigned int page, unsigned int order)
{
	unsigned int first = page & -BIT(order), i;

	for (i = first; i < first + BIT(order); i++)
		if (!(entries[i] & PM_PRESENT) ||
		    (entries[i] & PM_PFN_MASK) != (entries[first] & PM_PFN_MASK) + i - first)
			return false;
	return true;
}

/*
 * A page that became part of a larger folio, or -1. Another page frame alone may come from a
 * migration; that keeps the order.
 */
static int find_collapsed(const struct race *race, const uint64_t *before, const uint64_t *after)
{
	unsigned int page, order;

	for (page = 0; page < race->memory.nr; page++) {
		if (!(before[page] & after[page] & PM_PRESENT) ||
		    !((before[page] ^ after[page]) & PM_PFN_MASK))
			continue;
		order = order_of_page(race, page);
		if (order && !was_of_order(before, page, order))
			return page;
	}
	return -1;
}

/* Once it is forbidden, nothing is collapsed any more. */
static bool racer_forbids_itself(struct racer *racer)
{
	struct race *race = racer->race;
	unsigned int nr = race->memory.nr;
	uint64_t before[nr], after[nr];
	char *start = race->memory.start;
	int err, page = -1;

	racer_waits(racer, 2);
	if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
		return race_failed(race, "PR_SET_THP_DISABLE: %s", strerror(errno));
	racer_did(racer);
	err = pagemap_read(race->vm, start, nr, before);
	racer_waits(racer, 0.5);
	err = err ?: pagemap_read(race->vm, start, nr, after);
	if (!err)
		page = find_collapsed(race, before, after);
	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
	if (err)
		return race_failed(race, "pagemap: %s", strerror(-err));
	if (page >= 0)
		return race_failed(race, "page %d: collapsed though it is forbidden", page);
	return true;
}

/*
 * RAC-11: a process may forbid huge pages for itself at any moment, and from then on there
 * are no new ones.
 *
 * The window is as above.
 */
TEST_ROWS(race, forbids_itself, "RAC-11")
{
	SHARE(10);
	race_add(&self->race, "forbids", racer_forbids_itself, 1);
	self->race.proof = "no_process_for_page";
	RACE(&self->race);
}

/* The sizes of the race are switched off or on; the others keep khugepaged alive. */
static bool set_sizes(struct race *race, bool on)
{
	unsigned int order;
	char path[128];
	int err = 0;

	for (order = 0; order <= race->vm->pmd_order && !err; order++) {
		if (!(race->orders & BIT(order)))
			continue;
		size_path(race->vm, path, sizeof(path), order, "enabled");
		err = knob_write_always(path, on ? "madvise" : "never");
	}
	return !err || race_failed(race, "%s: %s", path, strerror(-err));
}

static bool racer_flips(struct racer *racer)
{
	bool done;

	racer_waits(racer, 4);
	done = set_sizes(racer->race, false);
	racer_did(racer);
	racer_waits(racer, 0.5);
	return done && set_sizes(racer->race, true);
}

/*
 * The other size never fits, by a hole in each of its regions, so that it takes nothing away
 * from those of the race. For the PMD size alone there is no hole.
 */
static void make_holes(struct race *race)
{
	struct race_memory *memory = &race->memory;
	unsigned int apart = 1U << __builtin_ctzl(race->other_orders), page;

	if (race->orders & BIT(race->vm->pmd_order))
		return;
	for (page = 0; page < memory->nr; page += apart) {
		if (madvise(race_page(memory, page), race->vm->page_size, MADV_DONTNEED))
			race_failed(race, "MADV_DONTNEED: %s", strerror(errno));
		race_forget(memory, page);
	}
}

/* Once a scan is over after the last flip, no more of what is never to be. */
static void judge_never(struct race *race)
{
	struct tries tries;

	race_check_all(race);
	if (!set_sizes(race, false))
		return;
	if (khugepaged_scan(&race->khugepaged, 1) || race_memory_make(&race->memory)) {
		race_failed(race, "khugepaged does not scan, or there is no memory");
		return;
	}
	make_holes(race);
	if (madvise(race->memory.start, race_size(race), MADV_HUGEPAGE))
		race_failed(race, "MADV_HUGEPAGE: %s", strerror(errno));
	try_counter_read(&race->counter, &tries);
	if (khugepaged_scan(&race->khugepaged, 1))
		race_failed(race, "khugepaged does not scan");
	try_counter_read(&race->counter, &tries);
	if (tries.collapsed || tries.refused || tries.settled)
		race_failed(race, "%lu tries of a size that is set to never",
			    tries.collapsed + tries.refused + tries.settled);
	set_sizes(race, true);
}

/*
 * RAC-11: sizes may be switched on and off at any moment; after one full scan "never" means
 * never.
 *
 * The window is from the choice of orders at the scan to the second look at the VMA. One size
 * stays on, the largest below the PMD size, so that khugepaged goes on.
 */
TEST_ROWS(race, flips_settings, "RAC-11")
{
	unsigned long all = suite_mthp_orders();
	struct race *race = &self->race;

	SKIP_WITHOUT_MTHP();
	if (race->forced)
		SKIP(return, "MADV_COLLAPSE does not ask which sizes are on");
	race->other_orders = 1UL << (8 * sizeof(all) - 1 - __builtin_clzl(all));
	race->orders &= ~race->other_orders;
	SHARE(10);
	race_add(race, "flips", racer_flips, 1);
	race->proof = "vma_check_failed";
	race->prepare = make_holes;
	race->judge = judge_never;
	RACE(race);
}

#endif
