// SPDX-License-Identifier: GPL-2.0
/* Make memory look like a PTE table; see pte_setup.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pte_setup.h"
#include "thp_settings.h"

/* Between two ranges there is room for a VMA that is moved to a crooked place. */
#define RANGE_STRIDE	4

static int fail(struct setup_error *error, int err, const char *what)
{
	snprintf(error->what, sizeof(error->what), "%s: %s", what, strerror(-err));
	return err;
}

int range_area_map(const struct vm_geometry *vm, struct range_area *area,
		   struct range *ranges, unsigned int nr)
{
	size_t pmd = vm->pmd_size;
	unsigned int i;
	char *start;

	memset(area, 0, sizeof(*area));
	area->size = (nr * RANGE_STRIDE + 2) * pmd;
	area->map = mmap(NULL, area->size, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area->map == MAP_FAILED)
		return -errno;
	start = area->map + pmd;
	start += -(uintptr_t)start & (pmd - 1);
	for (i = 0; i < nr; i++)
		ranges[i].start = start + i * RANGE_STRIDE * pmd;
	return 0;
}

void range_area_unshare(struct range_area *area)
{
	if (!area->sharer)
		return;
	close(area->sharer_pipe);
	waitpid(area->sharer, NULL, 0);
	area->sharer = 0;
}

void range_area_unmap(struct range_area *area)
{
	range_area_unshare(area);
	if (area->map)
		munmap(area->map, area->size);
	area->map = NULL;
}

static char *map_pages(char *at, size_t size, int prot)
{
	return mmap(at, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);
}

/* The word that pte_setup() writes; never zero. */
static uint64_t stamp_of(const struct range *range, unsigned int offset, size_t word)
{
	return ((uint64_t)(range->stamp + 1) << 48 | (uint64_t)(offset + 1) << 24) + word;
}

static bool has_data(const struct pte *pte)
{
	return pte_states[pte->state].maps_folio;
}

static void write_page(const struct vm_geometry *vm, const struct range *range,
		       char *page, unsigned int offset)
{
	uint64_t *word = (uint64_t *)page;
	size_t i;

	for (i = 0; i < vm->page_size / sizeof(*word); i++)
		word[i] = stamp_of(range, offset, i);
}

int pte_check_data(const struct vm_geometry *vm, const struct range *range,
		   const struct pte_table *seen, size_t step,
		   struct setup_error *error)
{
	size_t i, words = vm->page_size / sizeof(uint64_t);
	unsigned int offset;

	for (offset = 0; offset < vm->nr; offset++) {
		const uint64_t *word = (void *)(range->start + offset * vm->page_size);
		bool data = has_data(&range->wanted->pte[offset]);

		if (!has_data(&seen->pte[offset]))
			continue;
		for (i = 0; i < words; i += step / sizeof(*word)) {
			uint64_t right = data ? stamp_of(range, offset, i) : 0;

			if (word[i] == right)
				continue;
			snprintf(error->what, sizeof(error->what),
				 "data of PTE %u, byte %zu: expected %#llx, seen %#llx%s",
				 offset, i * sizeof(*word), (unsigned long long)right,
				 (unsigned long long)word[i],
				 data ? "" : " in a hole that was filled");
			return -EUCLEAN;
		}
	}
	return 0;
}

/* A range while it is being set up: @base is where PTE 0 is mapped until then. */
struct site {
	struct range *range;
	char *scratch;		/* where a crooked range is made first, or NULL */
	char *base;
	unsigned int shift;	/* pages off the natural alignment of its folios */
	bool partial;		/* some folio is not mapped whole */
};

static bool starts_piece(const struct pte_table *table, unsigned int offset)
{
	const struct pte *pte = &table->pte[offset], *before = pte - 1;

	return !offset || before->order != pte->order || before->index + 1 != pte->index;
}

static unsigned int pages_off(const struct pte *pte, unsigned int offset)
{
	return (offset - pte->index) & (BIT(pte->order) - 1);
}

/* What has to be known of a table before it is set up. */
static int survey(struct site *site, struct setup_error *error)
{
	const struct pte_table *table = site->range->wanted;
	unsigned int offset, max_order = 0;

	for (offset = 0; offset < table->nr; offset++) {
		const struct pte *pte = &table->pte[offset];
		unsigned int end = offset + BIT(pte->order);

		if (pte->stray || pte->state == PTE_OTHER)
			return fail(error, -EOPNOTSUPP, "a state that is only to be seen");
		if (!pte->order)
			continue;
		if (starts_piece(table, offset))
			site->partial |= pte->index || end > table->nr ||
					 table->pte[end - 1].order != pte->order ||
					 table->pte[end - 1].index != BIT(pte->order) - 1;
		if (pte->order > max_order) {
			max_order = pte->order;
			site->shift = pages_off(pte, offset);
		}
	}
	for (offset = 0; offset < table->nr; offset++) {
		const struct pte *pte = &table->pte[offset];

		if (pages_off(pte, offset) != (site->shift & (BIT(pte->order) - 1)))
			return fail(error, -EOPNOTSUPP,
				    "folios off their alignment by different distances");
	}
	return 0;
}

static int map_site(const struct vm_geometry *vm, struct site *site,
		    struct setup_error *error)
{
	size_t pmd = vm->pmd_size;
	char *map;

	if (!site->shift) {
		map = map_pages(site->range->start, pmd, PROT_READ | PROT_WRITE);
		if (map == MAP_FAILED)
			return fail(error, -errno, "mmap of a range");
		site->base = map;
		return 0;
	}
	/* Two PMDs on a PMD boundary; PTE 0 of the range is @shift before the second. */
	map = map_pages(NULL, 3 * pmd, PROT_READ | PROT_WRITE);
	if (map == MAP_FAILED)
		return fail(error, -errno, "mmap of a scratch range");
	site->scratch = map + (-(uintptr_t)map & (pmd - 1));
	if (site->scratch > map)
		munmap(map, site->scratch - map);
	munmap(site->scratch + 2 * pmd, map + pmd - site->scratch);
	site->base = site->scratch + pmd - site->shift * vm->page_size;
	return 0;
}

/* The mapping that the pages are made in, whole. */
static void site_extent(const struct vm_geometry *vm, const struct site *site,
			char **start, size_t *size)
{
	*start = site->scratch ?: site->base;
	*size = site->scratch ? 2 * vm->pmd_size : vm->pmd_size;
}

static int advise_site(const struct vm_geometry *vm, const struct site *site, int advice,
		       struct setup_error *error)
{
	char *start;
	size_t size;

	site_extent(vm, site, &start, &size);
	if (madvise(start, size, advice))
		return fail(error, -errno, "madvise of a range");
	return 0;
}

/* A PMD folio that is to be mapped by PTEs: a change to a part splits the PMD. */
static int split_pmd(const struct vm_geometry *vm, char *start, struct setup_error *error)
{
	if (mprotect(start, vm->page_size, PROT_READ) ||
	    mprotect(start, vm->page_size, PROT_READ | PROT_WRITE))
		return fail(error, -errno, "mprotect to split a PMD");
	return 0;
}

static int fault_folios(const struct vm_geometry *vm, struct site *site,
			unsigned int order, struct setup_error *error)
{
	const struct pte_table *table = site->range->wanted;
	unsigned int offset;

	for (offset = 0; offset < table->nr; offset++) {
		const struct pte *pte = &table->pte[offset];
		char *page = site->base + offset * vm->page_size;

		if (pte->order != order || !starts_piece(table, offset))
			continue;
		touch_page(page);
		if (order == vm->pmd_order && pte->state != PTE_PMD_MAPPED &&
		    split_pmd(vm, page, error))
			return -EIO;
	}
	return 0;
}

/* Folios come from page faults, with their size the only one that is on. */
static int set_up_folios(const struct vm_geometry *vm, struct site *sites,
			 unsigned int nr, struct setup_error *error)
{
	unsigned long orders = 0, own;
	unsigned int i, order;
	int err = 0;

	for (i = 0; i < nr && !err; i++) {
		own = pte_table_orders(sites[i].range->wanted);
		orders |= own;
		if (own)
			err = advise_site(vm, &sites[i], MADV_HUGEPAGE, error);
	}
	for (order = 2; order <= vm->pmd_order && !err; order++) {
		struct thp_settings settings = thp_settings_of(vm, BIT(order), THP_MADVISE);
		struct knob_error knob;

		if (!(orders & BIT(order)))
			continue;
		err = thp_settings_apply(vm, &settings, &knob);
		if (err) {
			snprintf(error->what, sizeof(error->what), "%s %s", knob.path, knob.what);
			return err;
		}
		for (i = 0; i < nr && !err; i++)
			err = fault_folios(vm, &sites[i], order, error);
	}
	for (i = 0; i < nr && !err; i++)
		if (pte_table_orders(sites[i].range->wanted))
			err = advise_site(vm, &sites[i], MADV_NOHUGEPAGE, error);
	return err;
}

/* Give back the pages of large folios that the table does not map. */
static int punch_holes(const struct vm_geometry *vm, struct site *site,
		       struct setup_error *error)
{
	const struct pte_table *table = site->range->wanted;
	unsigned int from, to;

	for (from = 0; from < table->nr; from = to + 1) {
		for (to = from; to < table->nr && !table->pte[to].order; )
			to++;
		if (to > from && madvise(site->base + from * vm->page_size,
					 (to - from) * vm->page_size, MADV_DONTNEED))
			return fail(error, -errno, "MADV_DONTNEED of a part of a folio");
	}
	return 0;
}

/* Fault in PTEs @from up to @to; the system call saves a fault for each. */
static int populate(const struct vm_geometry *vm, struct site *site, unsigned int from,
		    unsigned int to, int advice, struct setup_error *error)
{
	if (madvise(site->base + from * vm->page_size, (to - from) * vm->page_size, advice))
		return fail(error, -errno, "populating a range");
	return 0;
}

static int touch_pages(const struct vm_geometry *vm, struct site *site,
		       struct setup_error *error)
{
	const struct pte_table *table = site->range->wanted;
	unsigned int from, to, offset;
	int err = 0;

	if (site->range->table_exists) {
		touch_page(site->base);
		if (madvise(site->base, vm->page_size, MADV_DONTNEED))
			return fail(error, -errno, "MADV_DONTNEED of a page");
	}
	for (from = 0; from < table->nr && !err; from = to) {
		unsigned int state = table->pte[from].state;

		for (to = from + 1; to < table->nr && table->pte[to].state == state; )
			to++;
		if (state == PTE_ZERO)
			err = populate(vm, site, from, to, MADV_POPULATE_READ, error);
		else if (has_data(&table->pte[from]))
			err = populate(vm, site, from, to, MADV_POPULATE_WRITE, error);
		for (offset = from; offset < to && has_data(&table->pte[from]) && !err; offset++)
			write_page(vm, site->range, site->base + offset * vm->page_size, offset);
	}
	return err;
}

/* Move a crooked range from its scratch place, and trim it to the range. */
static int move_site(const struct vm_geometry *vm, struct site *site,
		     struct setup_error *error)
{
	char *start = site->range->start, *end = start + vm->pmd_size;
	size_t before = site->base - site->scratch;
	size_t after = site->scratch + vm->pmd_size - site->base;
	char *moved;

	moved = mremap(site->scratch, 2 * vm->pmd_size, 2 * vm->pmd_size,
		       MREMAP_MAYMOVE | MREMAP_FIXED, start - before);
	if (moved == MAP_FAILED)
		return fail(error, -errno, "mremap to a crooked place");
	site->scratch = NULL;
	site->base = start;
	if (map_pages(start - before, before, PROT_NONE) == MAP_FAILED ||
	    map_pages(end, after, PROT_NONE) == MAP_FAILED)
		return fail(error, -errno, "mmap beside a range");
	return 0;
}

static int shape_vma(const struct vm_geometry *vm, const struct range *range,
		     struct setup_error *error)
{
	char *last = range->start + vm->pmd_size - vm->page_size;
	int err = 0;

	switch (range->shape) {
	case RANGE_WHOLE:
		break;
	case RANGE_SHORT:
		err = munmap(last, vm->page_size);
		break;
	case RANGE_LATE:
		err = munmap(range->start, vm->page_size);
		break;
	case RANGE_SPLIT:
		err = mprotect(range->start + vm->pmd_size / 2, vm->page_size, PROT_READ);
		break;
	}
	return err ? fail(error, -errno, "shaping the VMA of a range") : 0;
}

static bool is_shared(const struct pte_table *table, unsigned int offset)
{
	return table->pte[offset].state == PTE_SHARED;
}

/* In the child: give back all that is not to be shared. */
static int keep_shared(const struct vm_geometry *vm, const struct range *range)
{
	const struct pte_table *table = range->wanted;
	unsigned int from, to;

	for (from = 0; from < table->nr; from = to) {
		for (to = from + 1; to < table->nr; to++)
			if (is_shared(table, to) != is_shared(table, from))
				break;
		if (is_shared(table, from))
			continue;
		if (madvise(range->start + from * vm->page_size,
			    (to - from) * vm->page_size, MADV_DONTNEED))
			return -errno;
	}
	return 0;
}

/* The child lives until its parent, or the end of the pipe that it holds, is gone. */
static void share(const struct vm_geometry *vm, const struct range *ranges, unsigned int nr,
		  int ready, int hold)
{
	unsigned int i;
	char byte = 0;
	int err = 0;

	for (i = 0; i < nr && !err; i++)
		err = keep_shared(vm, &ranges[i]);
	if (!err && write(ready, &byte, 1) == 1)
		while (read(hold, &byte, 1) < 0 && errno == EINTR)
			;
	_exit(0);
}

/* Pages are shared by a fork: a child that maps them, and them only, and holds still. */
static int start_sharer(const struct vm_geometry *vm, struct range_area *area,
			const struct range *ranges, unsigned int nr,
			struct setup_error *error)
{
	int ready[2], hold[2];
	pid_t child;
	char byte;

	if (pipe2(ready, O_CLOEXEC) || pipe2(hold, O_CLOEXEC))
		return fail(error, -errno, "pipe");
	/* @area may be in memory that the child shares: only the parent writes to it. */
	child = fork();
	if (child < 0)
		return fail(error, -errno, "fork of a process that shares pages");
	if (!child) {
		close(hold[1]);
		share(vm, ranges, nr, ready[1], hold[0]);
	}
	close(ready[1]);
	close(hold[0]);
	area->sharer = child;
	area->sharer_pipe = hold[1];
	byte = read(ready[0], &byte, 1) == 1;
	close(ready[0]);
	return byte ? 0 : fail(error, -EIO, "the process that shares pages");
}

/*
 * After a fork every PTE is read-only, and older kernels collapse nothing without one
 * that is writable. Writing to a private base page makes it so.
 */
static void make_one_writable(const struct vm_geometry *vm, const struct range *range)
{
	unsigned int offset;

	for (offset = 0; offset < vm->nr; offset++) {
		const struct pte *pte = &range->wanted->pte[offset];

		if (pte->state == PTE_PRESENT && !pte->order) {
			write_page(vm, range, range->start + offset * vm->page_size, offset);
			return;
		}
	}
}

int pte_setup(const struct vm_geometry *vm, struct range_area *area, struct range *ranges,
	      unsigned int nr, struct setup_error *error)
{
	struct site *sites = calloc(nr, sizeof(*sites));
	unsigned int shared = 0;
	unsigned int i;
	int err = 0;

	if (!sites)
		return fail(error, -ENOMEM, "memory for the set-up");
	for (i = 0; i < nr && !err; i++) {
		sites[i].range = &ranges[i];
		err = survey(&sites[i], error) ?: map_site(vm, &sites[i], error);
	}
	err = err ?: set_up_folios(vm, sites, nr, error);
	for (i = 0; i < nr && !err; i++) {
		if (sites[i].partial)
			err = punch_holes(vm, &sites[i], error);
		if (!err)
			err = touch_pages(vm, &sites[i], error);
		if (!err && sites[i].scratch)
			err = move_site(vm, &sites[i], error);
		if (!err)
			err = shape_vma(vm, &ranges[i], error);
		shared += pte_table_count(ranges[i].wanted, BIT(PTE_SHARED));
	}
	if (!err && shared)
		err = start_sharer(vm, area, ranges, nr, error);
	for (i = 0; i < nr && !err && shared; i++)
		make_one_writable(vm, &ranges[i]);
	for (i = 0; i < nr; i++)
		if (sites[i].scratch)
			munmap(sites[i].scratch, 2 * vm->pmd_size);
	free(sites);
	return err;
}

int pte_read_pfns(const struct vm_geometry *vm, const struct range *range, uint64_t *pfns)
{
	unsigned int i;
	int err;

	err = pagemap_read(vm, range->start, vm->nr, pfns);
	for (i = 0; i < vm->nr && !err; i++)
		pfns[i] = pfns[i] & PM_PRESENT ? pfns[i] & PM_PFN_MASK : 0;
	return err;
}

/* The folio that was last seen of an order: where it would start, and where it is. */
struct seen_folio {
	bool valid;
	unsigned int start;	/* PTE that maps, or would map, its first page */
	uint64_t head;
};

static struct pte read_pte(struct page_reader *flags, uint64_t entry, unsigned int offset,
			   struct seen_folio *seen)
{
	uint64_t pfn = entry & PM_PFN_MASK, head;
	struct pte pte = { .state = PTE_OTHER };
	unsigned int start;

	if (!(entry & PM_PRESENT)) {
		pte.state = entry & PM_SWAP ? PTE_OTHER : PTE_EMPTY;
		return pte;
	}
	if (page_reader_get(flags, pfn) & BIT_ULL(KPF_ZERO_PAGE)) {
		pte.state = PTE_ZERO;
		return pte;
	}
	pte.order = folio_of(flags, pfn, &head);
	/* Folios are aligned to their size in physical memory too. */
	if (pte.order >= MAX_ORDERS || head & (BIT_ULL(pte.order) - 1)) {
		pte.order = 0;
		return pte;
	}
	pte.index = pfn - head;
	pte.state = entry & PM_MMAP_EXCLUSIVE ? PTE_PRESENT : PTE_SHARED;
	start = offset - pte.index;
	seen += pte.order;
	if (pte.order && seen->valid && seen->start == start)
		pte.stray = seen->head != head;
	*seen = (struct seen_folio){ .valid = true, .start = start, .head = head };
	return pte;
}

static int read_range(const struct vm_geometry *vm, struct page_reader *flags,
		      const uint64_t *entries, const struct smaps_sum *smaps,
		      struct pte_table *table, struct setup_error *error)
{
	struct seen_folio seen[MAX_ORDERS] = { 0 };
	unsigned int offset, pages;

	for (offset = 0; offset < vm->nr; offset++)
		table->pte[offset] = read_pte(flags, entries[offset], offset, seen);

	if (smaps->anon_huge && (smaps->anon_huge != vm->pmd_size ||
				 table->pte[0].order != vm->pmd_order)) {
		snprintf(error->what, sizeof(error->what),
			 "smaps shows %zu kB of AnonHugePages, pagemap no folio of the PMD order",
			 smaps->anon_huge / 1024);
		return -EUCLEAN;
	}
	for (offset = 0; offset < vm->nr && smaps->anon_huge; offset++)
		if (table->pte[offset].state == PTE_PRESENT)
			table->pte[offset].state = PTE_PMD_MAPPED;

	pages = pte_table_count(table, BIT(PTE_PRESENT) | BIT(PTE_SHARED) | BIT(PTE_PMD_MAPPED));
	if (smaps->rss == pages * vm->page_size)
		return 0;
	snprintf(error->what, sizeof(error->what),
		 "pagemap shows %u pages, smaps an Rss of %zu", pages,
		 smaps->rss / vm->page_size);
	return -EUCLEAN;
}

int pte_read_back(const struct vm_geometry *vm, const struct range *ranges,
		  unsigned int nr, struct pte_table *const *seen,
		  struct setup_error *error)
{
	uint64_t *entries = malloc(vm->nr * sizeof(*entries));
	struct smaps_sum *smaps = calloc(nr, sizeof(*smaps));
	char **starts = calloc(nr, sizeof(*starts));
	struct page_reader *flags;
	unsigned int i;
	int err = 0;

	flags = page_reader_open("/proc/kpageflags");
	if (!flags)
		err = fail(error, -errno, "/proc/kpageflags");
	if (!entries || !smaps || !starts)
		err = fail(error, -ENOMEM, "memory for reading back");
	for (i = 0; i < nr && !err; i++)
		starts[i] = ranges[i].start;
	if (!err) {
		err = smaps_read(starts, nr, vm->pmd_size, smaps);
		if (err)
			fail(error, err, "/proc/self/smaps");
	}
	for (i = 0; i < nr && !err; i++) {
		err = pagemap_read(vm, ranges[i].start, vm->nr, entries);
		if (err)
			fail(error, err, "/proc/self/pagemap");
		else
			err = read_range(vm, flags, entries, &smaps[i], seen[i], error);
	}
	if (flags)
		page_reader_close(flags);
	free(entries);
	free(smaps);
	free(starts);
	return err;
}
