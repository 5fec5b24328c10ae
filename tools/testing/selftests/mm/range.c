// SPDX-License-Identifier: GPL-2.0
/* Ranges in memory, and the data in them; see range.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "range.h"

/* Between two ranges there is room for a VMA that is moved to a crooked place. */
#define RANGE_STRIDE	4

int setup_fail(struct setup_error *error, int err, const char *what)
{
	snprintf(error->what, sizeof(error->what), "%s: %s", what, strerror(-err));
	error->missing = NULL;
	return err;
}

int setup_missing(struct setup_error *error, const char *what)
{
	snprintf(error->what, sizeof(error->what), "%s", what);
	error->missing = what;
	return -EOPNOTSUPP;
}

int range_area_map(const struct vm_geometry *vm, struct range_area *area,
		   struct range *ranges, unsigned int nr)
{
	size_t pmd = vm->pmd_size;
	unsigned int i;
	char *start;

	memset(area, 0, sizeof(*area));
	area->ranges = ranges;
	area->nr_ranges = nr;
	area->size = (nr * RANGE_STRIDE + 2) * pmd;
	area->map = mmap(NULL, area->size, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area->map == MAP_FAILED) {
		area->map = NULL;
		return -errno;
	}
	start = area->map + pmd;
	start += -(uintptr_t)start & (pmd - 1);
	for (i = 0; i < nr; i++)
		ranges[i].start = start + i * RANGE_STRIDE * pmd;
	return 0;
}

int range_area_unshare(struct range_area *area)
{
	int status = 0;

	if (!area->sharer)
		return 0;
	/* A byte, not only the end of the pipe: a later fork may hold that open. */
	if (write(area->sharer_pipe, "", 1) != 1)
		kill(area->sharer, SIGKILL);
	close(area->sharer_pipe);
	waitpid(area->sharer, &status, 0);
	area->sharer = 0;
	return status ? -EUCLEAN : 0;
}

void range_area_unpin(struct range_area *area)
{
	unsigned int i;

	if (area->pins)
		page_pins_release(area->pins);
	area->pins = NULL;
	for (i = 0; i < area->nr_ranges; i++) {
		free(area->ranges[i].pinned);
		area->ranges[i].pinned = NULL;
	}
}

int range_area_unmap(struct range_area *area)
{
	int err = range_area_unshare(area);

	range_area_unpin(area);
	if (area->uffd)
		close(area->uffd);
	area->uffd = 0;
	if (area->partners)
		munmap(area->partners, area->partners_size);
	area->partners = NULL;
	free(area->sites);
	area->sites = NULL;
	if (area->map)
		munmap(area->map, area->size);
	area->map = NULL;
	return err;
}

int range_each_run(const struct vm_geometry *vm, const struct range *range,
		   unsigned long states, int (*act)(const struct run *run, void *arg),
		   void *arg)
{
	const struct pte_table *table = range->wanted;
	struct run run = { .range = range };
	int err = 0;

	for (run.from = 0; run.from < table->nr && !err; run.from = run.to + 1) {
		run.to = run.from;
		while (run.to < table->nr && pte_is(&table->pte[run.to], states))
			run.to++;
		if (run.to == run.from)
			continue;
		run.start = range->start + run.from * vm->page_size;
		run.size = (run.to - run.from) * vm->page_size;
		err = act(&run, arg);
	}
	return err;
}

/* What the words of a page have in common; never zero. */
static uint64_t stamp_of(const struct range *range, unsigned int offset)
{
	uint64_t writes = range->written ? range->written[offset] & RANGE_WRITES : 0;

	return (range->stamp << 32 ^ writes << 48 ^ (uint64_t)(offset + 1) << 16) | BIT_ULL(63);
}

void range_write_page(const struct vm_geometry *vm, const struct range *range,
		      char *page, unsigned int offset)
{
	uint64_t *word = (uint64_t *)page, stamp = stamp_of(range, offset);
	size_t i;

	for (i = 0; i < vm->page_size / sizeof(*word); i++)
		word[i] = stamp ^ i;
}

/* Compare the data of one page. */
static int check_page(const struct vm_geometry *vm, const struct range *range,
		      const uint64_t *word, unsigned int offset, size_t step,
		      struct setup_error *error)
{
	bool data = range->written ? !(range->written[offset] & RANGE_READS_ZERO) :
				     pte_is(&range->wanted->pte[offset], PTE_DATA_STATES);
	size_t i, words = vm->page_size / sizeof(*word);
	uint64_t stamp = stamp_of(range, offset);

	for (i = 0; i < words; i += step / sizeof(*word)) {
		uint64_t right = data ? stamp ^ i : 0;

		if (word[i] == right)
			continue;
		snprintf(error->what, sizeof(error->what),
			 "data of PTE %u, byte %zu: expected %#llx, seen %#llx%s",
			 offset, i * sizeof(*word), (unsigned long long)right,
			 (unsigned long long)word[i],
			 data ? "" : " in a hole that was filled");
		return -EUCLEAN;
	}
	return 0;
}

/*
 * What the PTEs let through, not what the VMA promises: when the kernel copies from or to
 * a page, it faults as the process would.
 */
static int check_access(const struct vm_geometry *vm, const struct range *range,
			const struct pte_table *seen, struct setup_error *error)
{
	bool readable = !(range->wanted->vma & VMA_NO_ACCESS);
	unsigned int offset;
	int ends[2], err = 0;

	if (readable && !(range->wanted->vma & VMA_READ_ONLY))
		return 0;
	if (pipe2(ends, O_CLOEXEC))
		return setup_fail(error, -errno, "pipe");
	/* The byte stays in the pipe as long as no page takes it. */
	if (write(ends[1], "", 1) != 1)
		err = setup_fail(error, -errno, "a write to a pipe");
	for (offset = 0; offset < vm->nr && !err; offset++) {
		char *page = range->start + offset * vm->page_size;

		if (!pte_is(&seen->pte[offset], PTE_FOLIO_STATES))
			continue;
		if (read(ends[0], page, 1) == 1 || (!readable && write(ends[1], page, 1) == 1))
			err = setup_fail(error, -EUCLEAN, "access that the VMA forbids");
	}
	close(ends[0]);
	close(ends[1]);
	return err;
}

int range_check_data(const struct vm_geometry *vm, const struct range *range,
		     const struct pte_table *seen, size_t step,
		     struct setup_error *error)
{
	bool readable = !(range->wanted->vma & VMA_NO_ACCESS);
	unsigned int offset;
	int err = check_access(vm, range, seen, error);

	if (err)
		return err;
	/* Behind the back of everybody: the access rights change nothing else. */
	if (!readable && mprotect(range->start, vm->pmd_size, PROT_READ))
		return setup_fail(error, -errno, "mprotect to read a range");
	for (offset = 0; offset < vm->nr && !err; offset++)
		if (pte_is(&seen->pte[offset], PTE_FOLIO_STATES))
			err = check_page(vm, range,
					 (void *)(range->start + offset * vm->page_size),
					 offset, step, error);
	if (!readable && mprotect(range->start, vm->pmd_size, PROT_NONE))
		return setup_fail(error, -errno, "mprotect of a range");
	return err;
}
