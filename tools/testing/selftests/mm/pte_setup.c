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

#include "page_states.h"
#include "pte_read.h"
#include "pte_setup.h"
#include "thp_settings.h"

static char *map_pages(char *at, size_t size, int prot, int kind)
{
	return mmap(at, size, prot, kind | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);
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
			return setup_fail(error, -EOPNOTSUPP, "a state that is only to be seen");
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
			return setup_fail(error, -EOPNOTSUPP,
				    "folios off their alignment by different distances");
	}
	return 0;
}

static int map_site(const struct vm_geometry *vm, struct site *site,
		    struct setup_error *error)
{
	bool droppable = site->range->wanted->vma & VMA_DROPPABLE;
	int kind = droppable ? MAP_DROPPABLE : MAP_PRIVATE;
	size_t pmd = vm->pmd_size;
	char *map;

	if (!site->shift) {
		map = map_pages(site->range->start, pmd, PROT_READ | PROT_WRITE, kind);
		if (map == MAP_FAILED && kind == MAP_DROPPABLE)
			return setup_missing(error, "this kernel has no droppable mappings");
		if (map == MAP_FAILED)
			return setup_fail(error, -errno, "mmap of a range");
		site->base = map;
		return 0;
	}
	/* Two PMDs on a PMD boundary; PTE 0 of the range is @shift before the second. */
	map = map_pages(NULL, 3 * pmd, PROT_READ | PROT_WRITE, kind);
	if (map == MAP_FAILED)
		return setup_fail(error, -errno, "mmap of a scratch range");
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
		return setup_fail(error, -errno, "madvise of a range");
	return 0;
}

int pte_setup_split(const struct vm_geometry *vm, char *start)
{
	/* A change to a part splits the PMD. */
	if (mprotect(start, vm->page_size, PROT_READ) ||
	    mprotect(start, vm->page_size, PROT_READ | PROT_WRITE))
		return -errno;
	return 0;
}

static int fault_folios(const struct vm_geometry *vm, struct site *site,
			unsigned int order, struct setup_error *error)
{
	const struct pte_table *table = site->range->wanted;
	unsigned int offset;
	int err = 0;

	for (offset = 0; offset < table->nr && !err; offset++) {
		const struct pte *pte = &table->pte[offset];
		char *page = site->base + offset * vm->page_size;

		if (pte->order != order || !starts_piece(table, offset))
			continue;
		touch_page(page);
		if (order == vm->pmd_order && pte->state != PTE_PMD_MAPPED)
			err = pte_setup_split(vm, page);
		if (err)
			setup_fail(error, err, "mprotect to split a PMD");
	}
	return err;
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
			return setup_fail(error, -errno, "MADV_DONTNEED of a part of a folio");
	}
	return 0;
}

/* Fault in PTEs @from up to @to; the system call saves a fault for each. */
static int populate(const struct vm_geometry *vm, struct site *site, unsigned int from,
		    unsigned int to, int advice, struct setup_error *error)
{
	if (madvise(site->base + from * vm->page_size, (to - from) * vm->page_size, advice))
		return setup_fail(error, -errno, "populating a range");
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
			return setup_fail(error, -errno, "MADV_DONTNEED of a page");
	}
	for (from = 0; from < table->nr && !err; from = to) {
		unsigned int state = table->pte[from].state;
		bool data = pte_is(&table->pte[from], PTE_DATA_STATES);

		for (to = from + 1; to < table->nr && table->pte[to].state == state; )
			to++;
		if (state == PTE_ZERO)
			err = populate(vm, site, from, to, MADV_POPULATE_READ, error);
		else if (data || state == PTE_KSM_ZERO)
			err = populate(vm, site, from, to, MADV_POPULATE_WRITE, error);
		for (offset = from; offset < to && data && !err; offset++)
			range_write_page(vm, site->range, site->base + offset * vm->page_size,
					 offset);
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
		return setup_fail(error, -errno, "mremap to a crooked place");
	site->scratch = NULL;
	site->base = start;
	if (map_pages(start - before, before, PROT_NONE, MAP_PRIVATE) == MAP_FAILED ||
	    map_pages(end, after, PROT_NONE, MAP_PRIVATE) == MAP_FAILED)
		return setup_fail(error, -errno, "mmap beside a range");
	return 0;
}

static int give_back(const struct run *run, void *arg)
{
	(void)arg;
	return madvise(run->start, run->size, MADV_DONTNEED) ? -errno : 0;
}

/* In the child: of private pages it keeps the first, a copy with data of its own. */
static int keep_one(const struct run *run, void *arg)
{
	struct range own = range_with_other_data(run->range);
	const struct vm_geometry *vm = arg;

	range_write_page(vm, &own, run->start, run->from);
	return madvise(run->start + vm->page_size, run->size - vm->page_size, MADV_DONTNEED) ?
	       -errno : 0;
}

/* In the child: the data of a run of pages. */
static int check_run_data(const struct vm_geometry *vm, struct range range, unsigned int from,
			  unsigned int to)
{
	struct pte_table *pages = pte_table_alloc(vm->pmd_order);
	struct setup_error error;
	int err;

	if (!pages)
		return -ENOMEM;
	while (from < to)
		pages->pte[from++].state = PTE_PRESENT;
	/* Only in the parent is the VMA another by now. */
	range.wanted = pages;
	err = range_check_data(vm, &range, pages, sizeof(uint64_t), &error);
	if (err)
		fprintf(stderr, "the child that shares pages: %s\n", error.what);
	free(pages);
	return err;
}

static int check_shared(const struct run *run, void *arg)
{
	return check_run_data(arg, *run->range, run->from, run->to);
}

static int check_kept(const struct run *run, void *arg)
{
	return check_run_data(arg, range_with_other_data(run->range), run->from, run->from + 1);
}

/* The child lives until its parent says so, or is gone. */
static void share(const struct vm_geometry *vm, const struct range_area *area,
		  int ready, int hold)
{
	const unsigned long kept = BIT(PTE_SHARED) | BIT(PTE_PRESENT);
	unsigned int i;
	char byte = 0;
	int err = 0;

	for (i = 0; i < area->nr_ranges && !err; i++) {
		const struct range *range = &area->ranges[i];

		/* Nothing of the child is to be collapsed, where a size is on for all memory. */
		if (madvise(range->start, vm->pmd_size, MADV_NOHUGEPAGE))
			err = -errno;
		err = err ?: range_each_run(vm, range, ~kept, give_back, NULL) ?:
		      range_each_run(vm, range, BIT(PTE_PRESENT), keep_one, (void *)vm);
	}
	if (err || write(ready, &byte, 1) != 1)
		_exit(1);
	while (read(hold, &byte, 1) < 0 && errno == EINTR)
		;
	for (i = 0; i < area->nr_ranges && !err; i++) {
		const struct range *range = &area->ranges[i];

		err = range_each_run(vm, range, BIT(PTE_SHARED), check_shared, (void *)vm) ?:
		      range_each_run(vm, range, BIT(PTE_PRESENT), check_kept, (void *)vm);
	}
	_exit(!!err);
}

int pte_setup_share(const struct vm_geometry *vm, struct range_area *area,
		    struct setup_error *error)
{
	int ready[2] = { -1, -1 }, hold[2] = { -1, -1 }, err = 0;
	pid_t child = -1;
	char byte;

	/* @area may be in memory that the child shares: only the parent writes to it. */
	if (!pipe2(ready, O_CLOEXEC) && !pipe2(hold, O_CLOEXEC))
		child = fork();
	if (!child) {
		close(hold[1]);
		share(vm, area, ready[1], hold[0]);
	}
	if (child < 0) {
		err = setup_fail(error, -errno, "fork of a process that shares pages");
		close(hold[1]);
	} else {
		area->sharer = child;
		area->sharer_pipe = hold[1];
	}
	close(ready[1]);
	close(hold[0]);
	if (!err && read(ready[0], &byte, 1) != 1)
		err = setup_fail(error, -EIO, "the process that shares pages");
	close(ready[0]);
	return err;
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
			range_write_page(vm, range, range->start + offset * vm->page_size, offset);
			return;
		}
	}
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
	return err ? setup_fail(error, -errno, "shaping the VMA of a range") : 0;
}

/* What the VMA is, in the end: before that it has to be written to. */
static int change_vma(const struct vm_geometry *vm, const struct range *range,
		      struct setup_error *error)
{
	unsigned int vma = range->wanted->vma;

	if (vma & VMA_LOCKED && mlock2(range->start, vm->pmd_size, MLOCK_ONFAULT))
		return setup_fail(error, -errno, "mlock of a range");
	if (vma & (VMA_READ_ONLY | VMA_NO_ACCESS) &&
	    mprotect(range->start, vm->pmd_size,
		     vma & VMA_NO_ACCESS ? PROT_NONE : PROT_READ))
		return setup_fail(error, -errno, "mprotect of a range");
	return 0;
}

static void forget_sites(const struct vm_geometry *vm, struct range_area *area)
{
	unsigned int i;

	for (i = 0; i < area->nr_ranges; i++)
		if (area->sites[i].scratch)
			munmap(area->sites[i].scratch, 2 * vm->pmd_size);
	free(area->sites);
	area->sites = NULL;
}

/* Is the folio of a shared page mapped by the child in part, or by both in part? */
static bool is_shared_in_part(const struct pte_table *table, unsigned int offset)
{
	const struct pte *pte = &table->pte[offset], *first = pte - pte->index;
	unsigned int i, nr = BIT(pte->order);

	if (offset < pte->index || offset - pte->index + nr > table->nr)
		return true;
	for (i = 0; i < nr; i++)
		if (first[i].state != PTE_SHARED || first[i].order != pte->order ||
		    first[i].index != i)
			return true;
	return false;
}

static bool shares_in_part(const struct pte_table *table)
{
	unsigned int offset;

	for (offset = 0; offset < table->nr; offset++) {
		const struct pte *pte = &table->pte[offset];

		if (pte->state != PTE_SHARED || !pte->order)
			continue;
		if (is_shared_in_part(table, offset))
			return true;
		offset += BIT(pte->order) - 1;
	}
	return false;
}

int pte_setup_folios(const struct vm_geometry *vm, struct range_area *area,
		     struct setup_error *error)
{
	bool in_part = false;
	unsigned int i;
	int err = 0;

	error->missing = NULL;
	for (i = 0; i < area->nr_ranges; i++)
		in_part |= shares_in_part(area->ranges[i].wanted);
	if (in_part && pagemap_counts_by_folio(vm))
		return setup_missing(error, "this kernel counts mappings by folio");
	area->sites = calloc(area->nr_ranges, sizeof(*area->sites));
	if (!area->sites)
		return setup_fail(error, -ENOMEM, "memory for the set-up");
	for (i = 0; i < area->nr_ranges && !err; i++) {
		struct site *site = &area->sites[i];

		site->range = &area->ranges[i];
		err = survey(site, error) ?: map_site(vm, site, error);
	}
	err = err ?: set_up_folios(vm, area->sites, area->nr_ranges, error);
	if (err)
		forget_sites(vm, area);
	return err;
}

/* Pages of all ranges, with their data, where they are to be. */
static int make_pages(const struct vm_geometry *vm, struct range_area *area,
		      struct setup_error *error)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < area->nr_ranges && !err; i++) {
		struct site *site = &area->sites[i];

		if (site->partial)
			err = punch_holes(vm, site, error);
		err = err ?: touch_pages(vm, site, error);
		if (!err && site->scratch)
			err = move_site(vm, site, error);
	}
	forget_sites(vm, area);
	return err;
}

int pte_setup_pages(const struct vm_geometry *vm, struct range_area *area,
		    struct setup_error *error)
{
	unsigned int i, shared = 0;
	int err;

	error->missing = NULL;
	for (i = 0; i < area->nr_ranges; i++)
		shared += pte_table_count(area->ranges[i].wanted, BIT(PTE_SHARED));
	err = make_pages(vm, area, error) ?: page_states_merge(vm, area, error);
	if (!err && shared)
		err = pte_setup_share(vm, area, error);
	for (i = 0; i < area->nr_ranges && !err && shared; i++)
		make_one_writable(vm, &area->ranges[i]);
	err = err ?: page_states_change(vm, area, error);
	for (i = 0; i < area->nr_ranges && !err; i++)
		err = shape_vma(vm, &area->ranges[i], error) ?:
		      change_vma(vm, &area->ranges[i], error);
	return err;
}

int pte_setup(const struct vm_geometry *vm, struct range_area *area,
	      struct setup_error *error)
{
	return pte_setup_folios(vm, area, error) ?: pte_setup_pages(vm, area, error);
}
