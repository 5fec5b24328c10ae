/* SPDX-License-Identifier: GPL-2.0 */
/* What changes the mapping under khugepaged: RAC-4, RAC-5. */
#ifndef RACE_MAP_H
#define RACE_MAP_H

#include <fcntl.h>
#include <sys/mman.h>

#include "race.h"

#define MAPPED_OVER	2	/* pages at once, at most */
#define PROTECTED_TRIED	16	/* pages that are written to though they are protected */

/* The kernel writes a byte on behalf of the process, by its page table: no signal if it may not. */
static bool can_write(int zeroes, char *page)
{
	return read(zeroes, page, 1) == 1;
}

static int map_over(char *start, size_t size)
{
	if (mmap(start, size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return -errno;
	return madvise(start, size, MADV_HUGEPAGE) ? -errno : 0;
}

/* New memory over some pages, by one call or by two. */
static bool racer_maps_over(struct racer *racer)
{
	struct race_memory *memory = &racer->race->memory;
	unsigned int nr = 1 + racer_below(racer, MAPPED_OVER), i;
	unsigned int page = racer_pages(racer, nr);
	size_t size = nr * memory->vm->page_size;
	struct race_wrong wrong;
	int err;

	if (racer_below(racer, 2) && munmap(race_page(memory, page), size))
		return race_failed(racer->race, "munmap: %s", strerror(errno));
	err = map_over(race_page(memory, page), size);
	if (err)
		return race_failed(racer->race, "mmap: %s", strerror(-err));
	racer_did(racer);
	racer_waits(racer, 0.1);
	for (i = page; i < page + nr; i++) {
		race_forget(memory, i);
		if (!race_check_at(memory, race_page(memory, i), i, RACE_GONE, RACE_GONE, &wrong))
			return race_failed(racer->race, "in a new mapping %s", wrong.what);
		race_write(memory, i);
	}
	/* With a whole VMA, for khugepaged to take. */
	racer_waits(racer, 1);
	return true;
}

/*
 * RAC-4: a new mapping has nothing of the old one.
 *
 * The window is from the scan to the lock, and again until the page table is back: the VMA
 * may have become another by then.
 */
TEST_ROWS(race, maps_over, "RAC-4")
{
	race_add(&self->race, "maps over", racer_maps_over, 3);
	self->race.proof = "not_suitable_address_range";
	RACE(&self->race);
}

/* Forbid writing for a moment, to some pages or to all of them, and try here and there. */
static bool racer_protects(struct racer *racer)
{
	struct race_memory *memory = &racer->race->memory;
	unsigned int nr = racer_below(racer, 2) ? memory->nr : MAPPED_OVER, i, tried;
	unsigned int page = racer_pages(racer, nr);
	size_t size = nr * memory->vm->page_size;
	int zeroes = *(int *)racer->own;
	char *start = race_page(memory, page);

	race_write(memory, page);
	if (mprotect(start, size, PROT_READ))
		return race_failed(racer->race, "mprotect: %s", strerror(errno));
	racer_did(racer);
	racer_waits(racer, 1);
	for (i = 0; i < PROTECTED_TRIED; i++) {
		tried = page + racer_below(racer, nr);
		if (can_write(zeroes, race_page(memory, tried)))
			return race_failed(racer->race, "page %u: written to though read-only",
					   tried);
	}
	if (mprotect(start, size, PROT_READ | PROT_WRITE))
		return race_failed(racer->race, "mprotect: %s", strerror(errno));
	race_write(memory, page);
	racer_waits(racer, 1);
	return true;
}

/*
 * RAC-4: no write comes through a protection that is newer than the scan.
 *
 * The window is from the scan to the new PTEs, which must have the protection of that
 * moment.
 */
TEST_ROWS(race, protects, "RAC-4")
{
	int zeroes = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	ASSERT_LE(0, zeroes);
	race_add(&self->race, "protects", racer_protects, 1);
	self->race.proof = "not_suitable_address_range";
	self->race.racers[0].own = &zeroes;
	RACE(&self->race);
}

/* Its ranges to the room behind, one page off or not, and back. */
static bool racer_moves(struct racer *racer)
{
	struct race_memory *memory = &racer->race->memory;
	size_t pmd = memory->vm->pmd_size, page_size = memory->vm->page_size;
	size_t size = race_size(racer->race) / racer->nr;
	char *home = memory->start + racer->index * size;
	char *away = memory->start + race_size(racer->race) + racer->index * (size + pmd) +
		     !racer_below(racer, 4) * page_size;
	unsigned int page = racer_pages(racer, 1);
	size_t at = (race_page(memory, page) - home);
	uint32_t version = memory->version[page];
	struct race_wrong wrong;

	if (mremap(home, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, away) == MAP_FAILED)
		return race_failed(racer->race, "mremap: %s", strerror(errno));
	racer_did(racer);
	if (!race_check_at(memory, away + at, page, version, version, &wrong))
		return race_failed(racer->race, "in another place, %s", wrong.what);
	race_write_at(memory, away + at, page, ++version);
	atomic_store(&memory->version[page], version);
	if (mremap(away, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, home) == MAP_FAILED)
		return race_failed(racer->race, "mremap: %s", strerror(errno));
	/* Let khugepaged have the lock. */
	racer_waits(racer, 4);
	return true;
}

/*
 * RAC-5: memory that is moved takes its data along, to an aligned place or one page off.
 *
 * The window is from the scan to the lock: at the address that was scanned there is nothing
 * by then, or something else.
 */
TEST_ROWS(race, moves, "RAC-5")
{
	race_add(&self->race, "moves", racer_moves, race_nr_owners(&self->race));
	self->race.proof = "not_suitable_address_range";
	RACE(&self->race);
}

#endif
