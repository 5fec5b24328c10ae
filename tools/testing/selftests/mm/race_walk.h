/* SPDX-License-Identifier: GPL-2.0 */
/* Who only looks: RAC-9. */
#ifndef RACE_WALK_H
#define RACE_WALK_H

#include <fcntl.h>
#include <sys/uio.h>

#include "race.h"

#define LOOKED_AT	64	/* pages at once */

static unsigned int some_pages(struct racer *racer)
{
	return racer_below(racer, racer->race->memory.nr - LOOKED_AT);
}

static bool reads_pagemap(struct racer *racer)
{
	struct race_memory *memory = &racer->race->memory;
	unsigned int page = some_pages(racer), i;
	uint64_t entries[LOOKED_AT];

	if (pagemap_read(memory->vm, race_page(memory, page), LOOKED_AT, entries))
		return race_failed(racer->race, "pagemap cannot be read");
	for (i = 0; i < LOOKED_AT; i++)
		/* One that is being migrated looks swapped. */
		if (!(entries[i] & (PM_PRESENT | PM_SWAP)))
			return race_failed(racer->race, "pagemap shows no page %u: %#llx", page + i,
					   (unsigned long long)entries[i]);
	return true;
}

/* That is not in core. */
static bool is_swapped(const struct race *race, unsigned int page)
{
	uint64_t entry;

	return !pagemap_read(race->vm, race_page(&race->memory, page), 1, &entry) &&
	       entry & PM_SWAP;
}

static bool asks_mincore(struct racer *racer)
{
	struct race_memory *memory = &racer->race->memory;
	unsigned int page = some_pages(racer), i;
	unsigned char in_core[LOOKED_AT];

	if (mincore(race_page(memory, page), LOOKED_AT * memory->vm->page_size, in_core))
		return race_failed(racer->race, "mincore: %s", strerror(errno));
	for (i = 0; i < LOOKED_AT; i++)
		if (!(in_core[i] & 1) && !is_swapped(racer->race, page + i))
			return race_failed(racer->race, "mincore shows no page %u", page + i);
	return true;
}

static bool reads_smaps(struct racer *racer)
{
	const struct race *race = racer->race;
	long there = race_count_memory(race);

	if (there < (long)race->memory.nr)
		return race_failed(racer->race, "smaps counts %ld pages of %u", there,
				   race->memory.nr);
	return true;
}

/* One reading of smaps takes as long as many of the others. */
static bool racer_looks(struct racer *racer)
{
	switch (racer_below(racer, 16)) {
	case 0:
		return reads_smaps(racer);
	case 1 ... 8:
		return reads_pagemap(racer);
	default:
		return asks_mincore(racer);
	}
}

/* As another process would, by GUP: process_vm_readv() or /proc/PID/mem. */
static bool racer_copies(struct racer *racer)
{
	struct race_memory *memory = &racer->race->memory;
	size_t size = memory->vm->page_size;
	unsigned int page = racer_below(racer, memory->nr);
	uint32_t version = memory->version[page];
	struct iovec to = { .iov_base = racer->own, .iov_len = size };
	struct iovec from = { .iov_base = race_page(memory, page), .iov_len = size };
	struct race_wrong wrong;
	ssize_t got;
	int fd;

	if (racer_below(racer, 2)) {
		got = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
	} else {
		fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
		got = pread(fd, racer->own, size, (uintptr_t)from.iov_base);
		close(fd);
	}
	if (got != (ssize_t)size)
		return race_failed(racer->race, "page %u cannot be copied: %s", page,
				   strerror(errno));
	if (!race_check_at(memory, racer->own, page, version, memory->version[page] + 1, &wrong))
		return race_failed(racer->race, "a copy has %s", wrong.what);
	return true;
}

/*
 * RAC-9: a page that is there never looks as if it were not, to anybody who walks the page
 * table.
 *
 * The window is while the page table is detached, and while the PTEs of the region are
 * clear.
 */
TEST_ROWS(race, walkers_look, "RAC-9")
{
	race_add(&self->race, "looks", racer_looks, 2);
	RACE(&self->race);
}

TEST_ROWS(race, others_copy, "RAC-9")
{
	struct race *race = &self->race;

	race_add(race, "copies", racer_copies, 1);
	race->racers[0].own = calloc(1, suite.vm.page_size);
	ASSERT_NE(NULL, race->racers[0].own);
	race_add(race, "writer", racer_writes, 1);
	RACE(race);
}

#endif
