/* SPDX-License-Identifier: GPL-2.0 */
/* userfaultfd: RAC-10. */
#ifndef RACE_UFFD_H
#define RACE_UFFD_H

#include "race.h"
#include "uffd.h"

#define MOVE_ATTEMPTS	100

/* What a racer arms: its share of the memory, which begins with a range. */
struct armed {
	int uffd;
	char *start;
	size_t size;
};

static int arm(const struct racer *racer)
{
	const struct armed *armed = racer->own;

	return uffd_arm(armed->uffd, armed->start, armed->size);
}

/* Each round's memory is armed anew. */
static void arm_all(struct race *race)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < race->nr_racers && !err; i++)
		err = arm(&race->racers[i]);
	if (err)
		race_failed(race, "userfaultfd: %s", strerror(-err));
}

static int uffd_of(const struct racer *racer)
{
	return ((const struct armed *)racer->own)->uffd;
}

/* A write must raise just this event; the page is written to afterwards. */
static bool meets_event(struct racer *racer, unsigned int page, enum uffd_event event)
{
	struct race_memory *memory = &racer->race->memory;
	int got;

	racer_did(racer);
	racer_waits(racer, 0.2);
	got = uffd_touch(uffd_of(racer), race_page(memory, page), memory->vm->page_size);
	/* Nobody would answer a second event. */
	if (got < 0)
		return race_failed(racer->race, "userfaultfd: %s", strerror(-got));
	if (got != (int)event)
		return race_failed(racer->race, "page %u: no event of a write to a page that is %s",
				   page, event == UFFD_MISSING ? "missing" : "protected");
	race_write(memory, page);
	return true;
}

static bool racer_protects_by_uffd(struct racer *racer)
{
	struct race_memory *memory = &racer->race->memory;
	unsigned int page = racer_pages(racer, 1);
	int err;

	/* As long as a page is protected, the scan passes by its range. */
	racer_waits(racer, 1);
	err = uffd_protect(uffd_of(racer), race_page(memory, page),
			   memory->vm->page_size, true);
	if (err)
		return race_failed(racer->race, "userfaultfd: %s", strerror(-err));
	return meets_event(racer, page, UFFD_PROTECTED);
}

static bool racer_makes_holes(struct racer *racer)
{
	struct race_memory *memory = &racer->race->memory;
	unsigned int page = racer_pages(racer, 1);

	racer_waits(racer, 1);
	if (madvise(race_page(memory, page), memory->vm->page_size, MADV_DONTNEED))
		return race_failed(racer->race, "MADV_DONTNEED: %s", strerror(errno));
	return meets_event(racer, page, UFFD_MISSING);
}

/* A hole that is there when the memory is armed stays one until it is touched. */
static bool racer_arms(struct racer *racer)
{
	struct race_memory *memory = &racer->race->memory;
	unsigned int page = racer_pages(racer, 1);
	char *at = race_page(memory, page);
	const struct armed *armed = racer->own;
	uint64_t entry = 0;
	int err;

	racer_waits(racer, 1);
	if (madvise(at, memory->vm->page_size, MADV_DONTNEED))
		return race_failed(racer->race, "MADV_DONTNEED: %s", strerror(errno));
	err = arm(racer) ?: pagemap_read(memory->vm, at, 1, &entry);
	if (err)
		return race_failed(racer->race, "userfaultfd or pagemap: %s", strerror(-err));
	/* Until then it may have been filled. */
	if (entry & PM_PRESENT)
		race_write(memory, page);
	else if (!meets_event(racer, page, UFFD_MISSING))
		return false;
	err = uffd_disarm(armed->uffd, armed->start, armed->size);
	return !err || race_failed(racer->race, "userfaultfd: %s", strerror(-err));
}

/* A page goes where another was; its data go along, and where it was none is. */
static bool racer_moves_pages(struct racer *racer)
{
	struct race_memory *memory = &racer->race->memory;
	unsigned int from = racer_pages(racer, 2), to = from + 1, attempt;
	size_t size = memory->vm->page_size;
	uint32_t version = memory->version[from];
	struct race_wrong wrong;
	int err = -EAGAIN;

	racer_waits(racer, 1);
	if (madvise(race_page(memory, to), size, MADV_DONTNEED))
		return race_failed(racer->race, "MADV_DONTNEED: %s", strerror(errno));
	for (attempt = 0; attempt < MOVE_ATTEMPTS && (err == -EAGAIN || err == -EBUSY); attempt++)
		err = uffd_move(uffd_of(racer), race_page(memory, to),
				race_page(memory, from), size);
	if (err == -EAGAIN || err == -EBUSY) {
		meets_event(racer, to, UFFD_MISSING);
		return false;
	}
	if (err)
		return race_failed(racer->race, "UFFDIO_MOVE: %s", strerror(-err));
	if (!race_check_at(memory, race_page(memory, to), from, version, version, &wrong))
		return race_failed(racer->race, "moved, and %s", wrong.what);
	if (!meets_event(racer, from, UFFD_MISSING))
		return false;
	race_write(memory, to);
	return true;
}

static void add_uffd_racers(struct race *race, const char *name,
			    bool (*step)(struct racer *racer))
{
	unsigned int i;

	race_add(race, name, step, race_nr_owners(race));
	for (i = 0; i < race->nr_racers; i++) {
		struct armed *armed = calloc(1, sizeof(*armed));

		armed->size = race_size(race) / race->nr_racers;
		armed->start = race->memory.start + i * armed->size;
		armed->uffd = uffd_open();
		if (armed->uffd < 0)
			race_impossible(race, "no userfaultfd with write-protection");
		race->racers[i].own = armed;
	}
	race->prepare = arm_all;
	race->proof = "exceed_none_pte";
	/* So that nothing but the second look keeps a hole from being filled. */
	race->max_ptes_none = race->vm->nr - 1;
}

/*
 * RAC-10: no event is lost, and no hole filled, while userfaultfd protects, misses and moves
 * pages.
 *
 * The window is from the scan, which saw neither hole nor mark, to the second look under the
 * lock: a copy would be neither missing nor protected.
 */
TEST_ROWS(race, protects_by_userfaultfd, "RAC-10")
{
	add_uffd_racers(&self->race, "protects", racer_protects_by_uffd);
	self->race.proof = "pte_uffd_wp";
	RACE(&self->race);
}

TEST_ROWS(race, misses_by_userfaultfd, "RAC-10")
{
	add_uffd_racers(&self->race, "makes holes", racer_makes_holes);
	RACE(&self->race);
}

/*
 * RAC-10: memory is armed at any moment, and from then on no hole of it is filled.
 *
 * The window is from the scan, when it was not armed, to the second look under the lock.
 */
TEST_ROWS(race, arms_userfaultfd, "RAC-10")
{
	add_uffd_racers(&self->race, "arms", racer_arms);
	self->race.prepare = NULL;
	RACE(&self->race);
}

TEST_ROWS(race, moves_by_userfaultfd, "RAC-10")
{
	if (!uffd_can_move())
		SKIP(return, "this kernel has no UFFDIO_MOVE");
	add_uffd_racers(&self->race, "moves pages", racer_moves_pages);
	RACE(&self->race);
}

#endif
