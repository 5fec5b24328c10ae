/* SPDX-License-Identifier: GPL-2.0 */
/* Writers, and who shares or gives back what they write: RAC-1 to RAC-3. */
#ifndef RACE_WRITE_H
#define RACE_WRITE_H

#include <signal.h>
#include <sys/wait.h>

#include "race.h"

/*
 * RAC-1: a write that comes while its page is copied is not lost, and no reader sees an old
 * version again.
 *
 * The window is from the flush of the page table to its return, for the pages of the region
 * and for those beside it, whose PTEs are out of reach as long: writers go over all pages,
 * so they meet both, and look at those of others.
 */
TEST_ROWS(race, writes, "RAC-1")
{
	race_add(&self->race, "writer", racer_writes, race_nr_busy(RACE_MAX_RACERS));
	RACE(&self->race);
}

#define FORK_WRITES	2	/* pages that each side writes after a fork */
#define SHARED_ATTEMPTS	3
#define FORK_CHECKS	16	/* pages that the child looks at */

/* What a child has to say; shared with it. */
struct child_report {
	struct race_wrong wrong;
	atomic_bool failed;
};

static void child_checks(struct race_memory *memory, struct child_report *report,
			 unsigned int page)
{
	uint32_t version = memory->version[page];

	if (race_check_at(memory, race_page(memory, page), page, version, version,
			  &report->wrong))
		return;
	atomic_store(&report->failed, true);
	_exit(1);
}

/* The child: all as it was at the fork, but for what it writes itself. */
static void live_as_child(const struct racer *parent)
{
	struct race_memory *memory = &parent->race->memory;
	struct racer racer = *parent;	/* its random numbers are the parent's, too */
	unsigned int i, page;

	for (i = 0; i < FORK_WRITES; i++) {
		page = racer_below(&racer, memory->nr);
		atomic_fetch_or(&memory->version[page], RACE_CHILD);
		race_write_at(memory, race_page(memory, page), page, memory->version[page]);
	}
	/* Pages that it wrote, and others. */
	racer.next = parent->next;
	for (i = 0; i < FORK_CHECKS; i++)
		child_checks(memory, racer.own, racer_below(&racer, memory->nr));
	_exit(0);
}

static bool parent_writes(struct racer *racer)
{
	struct race_memory *memory = &racer->race->memory;
	struct race_wrong wrong;
	unsigned int i;

	for (i = 0; i < FORK_WRITES; i++) {
		unsigned int page = racer_below(racer, memory->nr);
		uint32_t version = race_write(memory, page);

		if (!race_check_at(memory, race_page(memory, page), page, version, version, &wrong))
			return race_failed(racer->race, "the parent lost its own: %s", wrong.what);
	}
	return true;
}

/* Fork, let both sides write other data, and ask both what they see. */
static bool racer_forks(struct racer *racer)
{
	struct child_report *report = racer->own;
	int status = -1;
	pid_t pid;

	/* As long as a child is there, the scan finds everything shared. */
	racer_waits(racer, 2);
	pid = race_fork(racer->race);
	if (pid < 0)
		return false;
	if (!pid)
		live_as_child(racer);
	racer_did(racer);
	parent_writes(racer);
	waitpid(pid, &status, 0);
	if (atomic_load(&report->failed))
		return race_failed(racer->race, "the child saw %s", report->wrong.what);
	if (status)
		return race_failed(racer->race, "the child ended with status %#x", status);
	return true;
}

/*
 * RAC-2: parent and child keep apart what they write, whatever is collapsed meanwhile.
 *
 * The window is from the scan, which saw no shared page, to the lock: then the page is
 * shared, and a copy of it must not take the place of both. The one thread that forks is
 * the only writer, so that what the child must see is known.
 */
TEST_ROWS(race, forks, "RAC-2")
{
	struct child_report *report;

	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	ASSERT_NE(MAP_FAILED, report);
	SHARE(10);
	race_add(&self->race, "forks", racer_forks, 1);
	self->race.racers[0].own = report;
	RACE(&self->race);
}

/* A child that holds still until it is killed; one in each round, at some moment of it. */
static bool racer_forks_once(struct racer *racer)
{
	pid_t *child = racer->own, pid;

	racer_waits_in_scan(racer);
	if (*child > 0)
		return false;
	pid = race_fork(racer->race);
	while (!pid)
		pause();
	*child = pid;
	return pid > 0;
}

/* A page that looks as if no child shared it, or -1; -2 where some are swapped out. */
static int find_exclusive(const struct race *race)
{
	const struct race_memory *memory = &race->memory;
	uint64_t entries[memory->nr];
	int found = -1;
	unsigned int page;

	if (pagemap_read(race->vm, memory->start, memory->nr, entries))
		return -2;
	for (page = 0; page < memory->nr; page++) {
		if (entries[page] & PM_SWAP)
			return -2;
		if (entries[page] & PM_MMAP_EXCLUSIVE)
			found = page;
	}
	return found;
}

/*
 * As long as the child is there, it maps all that the parent does. Only a collapse stays
 * exclusive: a migration gives the page back to one process after the other. Swapped pages come
 * back one by one, and tell nothing.
 */
static void judge_shared(struct race *race)
{
	pid_t *child = race->racers[0].own;
	unsigned int attempt;
	int page = 0;

	for (attempt = 0; *child > 0 && attempt < SHARED_ATTEMPTS && page >= 0; attempt++) {
		if (attempt)
			usleep(10000);
		page = find_exclusive(race);
	}
	if (*child > 0 && page >= 0)
		race_failed(race, "page %d: collapsed while a child shared it", page);
	race_check_all(race);
	if (*child <= 0)
		return;
	kill(*child, SIGKILL);
	waitpid(*child, NULL, 0);
	*child = 0;
}

/*
 * RAC-2: what a child shares by the time that the lock is taken is not collapsed.
 *
 * The window is as above; the child comes once in a round, in the middle of a scan that is
 * over all the regions of a range. The scan accepts no range with a shared page, so each try
 * that finds one is a hit. A range has one try at the PMD order: there it is hit by chance, once
 * at least.
 */
TEST_ROWS(race, shared_under_the_lock, "RAC-2")
{
	struct race *race = &self->race;
	pid_t *child = calloc(1, sizeof(*child));

	if (race->forced)
		SKIP(return, "MADV_COLLAPSE takes shared pages, too");
	ASSERT_NE(NULL, child);
	race_add(race, "forks once", racer_forks_once, 1);
	race->racers[0].own = child;
	race->max_ptes_shared = 0;
	race->judge = judge_shared;
	race->proof = "exceed_shared_pte";
	race->needs_proof = true;
	if (race->orders != BIT(race->vm->pmd_order)) {
		race->proof_is_hit = true;
		SHARE(90);
	}
	RACE(race);
}

#define GIVEN_BACK	4	/* pages at once, at most */

/* MADV_COLLAPSE fills every hole. */
static bool fills_holes(const struct race *race)
{
	return race->max_ptes_none || race->forced;
}

/* With max_ptes_none 0 nobody fills a hole that was not touched. */
static bool stay_holes(const struct racer *racer, unsigned int page, unsigned int nr)
{
	const struct race *race = racer->race;
	uint64_t entries[GIVEN_BACK];
	unsigned int i;

	if (fills_holes(race))
		return true;
	if (pagemap_read(race->vm, race_page(&race->memory, page), nr, entries))
		return race_failed(racer->race, "pagemap cannot be read");
	for (i = 0; i < nr; i++)
		if (entries[i] & (PM_PRESENT | PM_SWAP))
			return race_failed(racer->race, "page %u: given back, and there again",
					   page + i);
	return true;
}

/* Give pages back and look at them; after a while, write to them, so that none is missing. */
static bool racer_gives_back(struct racer *racer)
{
	struct race_memory *memory = &racer->race->memory;
	unsigned int nr = 1 + racer_below(racer, GIVEN_BACK), i;
	unsigned int page = racer_pages(racer, nr);
	bool look = racer_below(racer, 2);
	struct race_wrong wrong;

	racer_waits(racer, 0.5);
	if (madvise(race_page(memory, page), nr * memory->vm->page_size, MADV_DONTNEED))
		return race_failed(racer->race, "MADV_DONTNEED: %s", strerror(errno));
	for (i = page; i < page + nr; i++)
		race_forget(memory, i);
	racer_did(racer);
	racer_waits(racer, 0.4);
	if (!stay_holes(racer, page, nr))
		return false;
	for (i = page; look && i < page + nr; i++)
		if (!race_check_at(memory, race_page(memory, i), i, RACE_GONE, RACE_GONE, &wrong))
			return race_failed(racer->race, "given back, but %s", wrong.what);
	/* The last one of a round stays as it is, for judge_holes(). */
	if (atomic_load(&racer->race->round_over))
		return true;
	for (i = page; i < page + nr; i++)
		race_write(memory, i);
	return true;
}

/*
 * There is memory for the pages with data, and where holes are not filled for no other; the
 * zero page is no memory.
 */
static void judge_holes(struct race *race)
{
	struct race_memory *memory = &race->memory;
	long there = race_count_memory(race), data = 0;
	unsigned int i;

	for (i = 0; i < memory->nr; i++)
		data += !(memory->version[i] & RACE_GONE);
	if (there < data || (!fills_holes(race) && there != data))
		race_failed(race, "%ld pages have data, and %ld are there", data, there);
	race_check_all(race);
}

/*
 * RAC-3: pages that were given back read zero, and with max_ptes_none 0 are not filled behind
 * the back of the process.
 *
 * The window is from the scan, which saw a full region, to the second look under the lock. No
 * two racers share a range: a page fault of one might fill the hole of another.
 */
TEST_ROWS(race, gives_back, "RAC-3")
{
	race_add(&self->race, "gives back", racer_gives_back, race_nr_owners(&self->race));
	self->race.judge = judge_holes;
	self->race.proof = "exceed_none_pte";
	RACE(&self->race);
}

/* RAC-3: the same where holes are filled: with zeroes, whatever was there before. */
TEST_ROWS(race, gives_back_what_is_filled, "RAC-3")
{
	race_add(&self->race, "gives back", racer_gives_back, race_nr_owners(&self->race));
	self->race.max_ptes_none = suite.vm.nr - 1;
	self->race.judge = judge_holes;
	RACE(&self->race);
}

#endif
