// SPDX-License-Identifier: GPL-2.0
/* Memory that tells what was done to it; see race_memory.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "kselftest.h"

#include "race_memory.h"

#define WORDS	8	/* of each page, spread over it and over the cache lines */
#define MAGIC	0xc5ULL

/*
 * Two versions that follow each other differ in one bit: what the kernel copies byte by byte is
 * always one of them.
 */
static uint32_t gray(uint32_t version)
{
	return version ^ version >> 1;
}

static uint32_t version_in(uint64_t word)
{
	uint32_t version = word;
	unsigned int shift;

	for (shift = 16; shift; shift /= 2)
		version ^= version >> shift;
	return version;
}

static uint64_t head_of(const struct race_memory *memory, unsigned int page)
{
	return MAGIC << 56 | (uint64_t)(memory->round & 0xff) << 48 |
	       (uint64_t)(page & 0xffff) << 32;
}

static uint64_t word_of(const struct race_memory *memory, unsigned int page, uint32_t version)
{
	return head_of(memory, page) | gray(version);
}

static atomic_ullong *word_at(const struct race_memory *memory, const char *at, unsigned int nr)
{
	size_t apart = memory->vm->page_size / WORDS + sizeof(uint64_t);

	return (atomic_ullong *)(at + nr * apart);
}

int race_memory_reserve(struct race_memory *memory, const struct vm_geometry *vm,
			unsigned int nr_ranges)
{
	size_t pmd = vm->pmd_size;

	*memory = (struct race_memory){
		.vm = vm, .nr_ranges = nr_ranges, .nr = nr_ranges * vm->nr,
		.map_size = (3 * nr_ranges + 3) * pmd,
	};
	memory->version = calloc(memory->nr, sizeof(*memory->version));
	memory->map = mmap(NULL, memory->map_size, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!memory->version || memory->map == MAP_FAILED) {
		free((void *)memory->version);
		return -ENOMEM;
	}
	memory->start = memory->map + (-(uintptr_t)memory->map & (pmd - 1)) + pmd;
	return 0;
}

void race_memory_release(struct race_memory *memory)
{
	mmap(memory->map, memory->map_size, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

int race_memory_make(struct race_memory *memory)
{
	size_t size = memory->nr_ranges * memory->vm->pmd_size;
	unsigned int page;

	/* What racers left behind goes, wherever they moved it. */
	if (mmap(memory->map, memory->map_size, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED ||
	    mmap(memory->start, size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ||
	    madvise(memory->start, size, MADV_NOHUGEPAGE) ||
	    madvise(memory->start, size, MADV_POPULATE_WRITE))
		return -errno;
	memory->round++;
	for (page = 0; page < memory->nr; page++) {
		race_write_at(memory, race_page(memory, page), page, RACE_FIRST);
		atomic_store(&memory->version[page], RACE_FIRST);
	}
	return 0;
}

void race_write_at(const struct race_memory *memory, char *at, unsigned int page,
		   uint32_t version)
{
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		atomic_store(word_at(memory, at, i), word_of(memory, page, version));
}

uint32_t race_write(struct race_memory *memory, unsigned int page)
{
	uint32_t version = (atomic_load(&memory->version[page]) & ~RACE_GONE) + 1;

	race_write_at(memory, race_page(memory, page), page, version);
	atomic_store(&memory->version[page], version);
	return version;
}

void race_forget(struct race_memory *memory, unsigned int page)
{
	atomic_fetch_or(&memory->version[page], RACE_GONE);
}

/* What a word says of itself. */
static const char *nature(const struct race_memory *memory, unsigned int page, uint64_t word,
			  uint32_t from)
{
	uint64_t head = head_of(memory, page);

	if (!word)
		return "zero";
	if (word >> 56 != MAGIC)
		return "nobody's";
	if (word >> 32 == head >> 32)
		return version_in(word) < from ? "stale" : "not written yet";
	return word >> 48 == head >> 48 ? "of another page" : "of another round";
}

static bool is_right(const struct race_memory *memory, unsigned int page, uint64_t word,
		     uint32_t from, uint32_t to)
{
	uint32_t version = version_in(word);

	if (to & RACE_GONE)
		return !word;
	return word >> 32 == head_of(memory, page) >> 32 && version >= from && version <= to;
}

bool race_check_at(const struct race_memory *memory, const char *at, unsigned int page,
		   uint32_t from, uint32_t to, struct race_wrong *wrong)
{
	char wanted[48];
	unsigned int i;

	for (i = 0; i < WORDS; i++) {
		uint64_t word = atomic_load(word_at(memory, at, i));

		if (is_right(memory, page, word, from, to))
			continue;
		if (to & RACE_GONE)
			snprintf(wanted, sizeof(wanted), "zeroes");
		else
			snprintf(wanted, sizeof(wanted), "version %u to %u", from, to);
		snprintf(wrong->what, sizeof(wrong->what),
			 "page %u, word %u: expected %s, seen version %u of %#llx, which is %s",
			 page, i, wanted, version_in(word), (unsigned long long)word >> 32,
			 nature(memory, page, word, from));
		return false;
	}
	return true;
}

bool race_check(const struct race_memory *memory, unsigned int page, struct race_wrong *wrong)
{
	uint32_t from = atomic_load(&memory->version[page]);
	char copy[memory->vm->page_size];
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		atomic_store(word_at(memory, copy, i),
			     atomic_load(word_at(memory, race_page(memory, page), i)));
	return race_check_at(memory, copy, page, from, atomic_load(&memory->version[page]) + 1,
			     wrong);
}
