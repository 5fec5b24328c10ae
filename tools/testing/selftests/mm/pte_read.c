// SPDX-License-Identifier: GPL-2.0
/* Read a PTE table off memory; see pte_read.h. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pte_read.h"

/* Types above are migration entries, markers and the like; linux/swap.h. */
#define MAX_SWAP_TYPE	15

#define READ_ATTEMPTS	5

struct reading {
	const struct vm_geometry *vm;
	struct page_reader *flags;
	struct page_reader *counts;
	bool all_ksm;		/* kpageflags calls every page a KSM page */
	bool tells_clean;	/* the range was set up with pages that are not soft-dirty */
	struct setup_error *error;
};

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

static enum pte_state state_of_absent(uint64_t entry)
{
	if (!(entry & PM_SWAP))
		return PTE_EMPTY;
	if (entry & PM_GUARD_REGION)
		return PTE_GUARD;
	if ((entry & PM_SWAP_TYPE_MASK) > MAX_SWAP_TYPE)
		return PTE_OTHER;
	return entry & PM_UFFD_WP ? PTE_SWAPPED_UFFD_WP : PTE_SWAPPED;
}

/* Of a page that is present and not the zero page; @flags are those of its folio. */
static enum pte_state state_of_page(const struct reading *reading, const struct range *range,
				    uint64_t entry, uint64_t flags, unsigned int order,
				    unsigned int offset)
{
	const struct pte *wanted = &range->wanted->pte[offset];
	bool droppable = range->wanted->vma & VMA_DROPPABLE;
	uint64_t pfn = entry & PM_PFN_MASK;

	if (flags & BIT_ULL(KPF_KSM) && !reading->all_ksm)
		return page_reader_get(reading->counts, pfn) > 1 ? PTE_KSM : PTE_KSM_LONE;
	if (entry & PM_UFFD_WP)
		return PTE_UFFD_WP;
	if (!(entry & PM_MMAP_EXCLUSIVE))
		return PTE_SHARED;
	/* Never to be swapped out; that nobody wrote since MADV_FREE is known of no page. */
	if (droppable && flags & BIT_ULL(KPF_SWAPBACKED))
		return PTE_OTHER;
	if (droppable)
		return wanted->state == PTE_LAZYFREE && wanted->order == order ? PTE_LAZYFREE :
										  PTE_PRESENT;
	if (!(flags & BIT_ULL(KPF_SWAPBACKED)))
		return wanted->state == PTE_REDIRTIED ? PTE_REDIRTIED : PTE_LAZYFREE;
	if (range->pinned && range->pinned[offset] == pfn)
		return PTE_PINNED;
	/* A folio of another order is not the page that was forgotten. */
	if (wanted->state == PTE_UNREFERENCED && wanted->order == order)
		return PTE_UNREFERENCED;
	if (reading->tells_clean && !(entry & PM_SOFT_DIRTY))
		return PTE_CLEAN;
	return PTE_PRESENT;
}

static struct pte read_pte(const struct reading *reading, const struct range *range,
			   uint64_t entry, unsigned int offset, struct seen_folio *seen)
{
	uint64_t pfn = entry & PM_PFN_MASK, head;
	struct pte pte = { .state = PTE_OTHER };
	unsigned int start;

	if (!(entry & PM_PRESENT)) {
		pte.state = state_of_absent(entry);
		return pte;
	}
	if (page_reader_get(reading->flags, pfn) & BIT_ULL(KPF_ZERO_PAGE)) {
		pte.state = range->wanted->pte[offset].state == PTE_KSM_ZERO ? PTE_KSM_ZERO :
									       PTE_ZERO;
		return pte;
	}
	pte.order = folio_of(reading->flags, pfn, &head);
	/* Folios are aligned to their size in physical memory too. */
	if (pte.order >= MAX_ORDERS || head & (BIT_ULL(pte.order) - 1)) {
		pte.order = 0;
		return pte;
	}
	pte.index = pfn - head;
	pte.state = state_of_page(reading, range, entry,
				  page_reader_get(reading->flags, head), pte.order, offset);
	start = offset - pte.index;
	seen += pte.order;
	if (pte.order && seen->valid && seen->start == start)
		pte.stray = seen->head != head;
	*seen = (struct seen_folio){ .valid = true, .start = start, .head = head };
	return pte;
}

static void replace_state(struct pte_table *table, enum pte_state from, enum pte_state to)
{
	unsigned int offset;

	for (offset = 0; offset < table->nr; offset++)
		if (table->pte[offset].state == from)
			table->pte[offset].state = to;
}

/* Which lazyfree pages were written again is known only as a sum. */
static void settle_lazyfree(const struct vm_geometry *vm, const struct smaps_sum *smaps,
			    struct pte_table *table)
{
	unsigned int clean = pte_table_count(table, BIT(PTE_LAZYFREE));

	if (smaps->lazyfree == clean * vm->page_size)
		return;
	replace_state(table, PTE_LAZYFREE, smaps->lazyfree ? PTE_OTHER : PTE_REDIRTIED);
}

static int contradiction(struct setup_error *error, const char *what, size_t smaps,
			 size_t pagemap)
{
	snprintf(error->what, sizeof(error->what),
		 "%s: the PTEs show %zu pages, smaps %zu", what, pagemap, smaps);
	error->missing = NULL;
	return -EUCLEAN;
}

/* So is which pages are referenced, where it was forgotten of some. */
static int settle_referenced(const struct reading *reading, const struct range *range,
			     const struct smaps_sum *smaps, struct pte_table *table)
{
	size_t pages = pte_table_count(table, PTE_FOLIO_STATES), page = reading->vm->page_size;
	unsigned int old = pte_table_count(table, BIT(PTE_UNREFERENCED));

	if (!pte_table_count(range->wanted, BIT(PTE_UNREFERENCED)) ||
	    smaps->referenced == (pages - old) * page)
		return 0;
	if (smaps->referenced != pages * page)
		return contradiction(reading->error, "Referenced", smaps->referenced / page,
				     pages - old);
	/* Somebody looked at them meanwhile. */
	replace_state(table, PTE_UNREFERENCED, PTE_PRESENT);
	return 0;
}

static int read_range(struct reading *reading, const struct range *range,
		      const uint64_t *entries, const struct smaps_sum *smaps,
		      struct pte_table *table)
{
	const struct vm_geometry *vm = reading->vm;
	struct seen_folio seen[MAX_ORDERS] = { 0 };
	size_t page = vm->page_size, pages;
	unsigned int offset;
	int err;

	reading->tells_clean = pte_table_count(range->wanted, BIT(PTE_CLEAN));
	for (offset = 0; offset < vm->nr; offset++)
		table->pte[offset] = read_pte(reading, range, entries[offset], offset, seen);
	table->vma = smaps->vma;

	if (smaps->anon_huge && (smaps->anon_huge != vm->pmd_size ||
				 table->pte[0].order != vm->pmd_order))
		return contradiction(reading->error, "AnonHugePages", smaps->anon_huge / page, 0);
	settle_lazyfree(vm, smaps, table);
	err = settle_referenced(reading, range, smaps, table);
	if (err)
		return err;
	if (smaps->anon_huge) {
		replace_state(table, PTE_PRESENT, PTE_PMD_MAPPED);
		/* In place, a pinned page may become part of it. */
		replace_state(table, PTE_PINNED, PTE_PMD_MAPPED);
	}

	pages = pte_table_count(table, PTE_FOLIO_STATES);
	if (smaps->rss != pages * page)
		return contradiction(reading->error, "Rss", smaps->rss / page, pages);
	pages = pte_table_count(table, PTE_SWAP_STATES);
	if (smaps->swap != pages * page)
		return contradiction(reading->error, "Swap", smaps->swap / page, pages);
	return 0;
}

static int read_once(const struct vm_geometry *vm, const struct range *ranges,
		     unsigned int nr, struct pte_table *const *seen,
		     struct setup_error *error)
{
	uint64_t *entries = malloc(vm->nr * sizeof(*entries));
	struct smaps_sum *smaps = calloc(nr, sizeof(*smaps));
	char **starts = calloc(nr, sizeof(*starts));
	struct reading reading = { .vm = vm, .error = error };
	unsigned int i;
	int err = 0;

	reading.flags = page_reader_open("/proc/kpageflags");
	reading.counts = page_reader_open("/proc/kpagecount");
	if (!reading.flags || !reading.counts)
		err = setup_fail(error, -errno, "/proc/kpageflags and kpagecount");
	if (!entries || !smaps || !starts)
		err = setup_fail(error, -ENOMEM, "memory for reading back");
	reading.all_ksm = !kpageflags_know_ksm(vm);
	for (i = 0; i < nr && !err; i++)
		starts[i] = ranges[i].start;
	if (!err) {
		err = smaps_read(starts, nr, vm->pmd_size, smaps);
		if (err)
			setup_fail(error, err, "/proc/self/smaps");
	}
	for (i = 0; i < nr && !err; i++) {
		err = pagemap_read(vm, ranges[i].start, vm->nr, entries);
		if (err)
			setup_fail(error, err, "/proc/self/pagemap");
		else
			err = read_range(&reading, &ranges[i], entries, &smaps[i], seen[i]);
	}
	if (reading.flags)
		page_reader_close(reading.flags);
	if (reading.counts)
		page_reader_close(reading.counts);
	free(entries);
	free(smaps);
	free(starts);
	return err;
}

/*
 * PTEs that look as if their page was just being migrated. The flags that are read for a
 * page frame may be those of what is there by then: not to be swapped out, as after
 * MADV_FREE, where nobody called that.
 */
static unsigned int count_odd(const struct pte_table *wanted, const struct pte_table *seen)
{
	const unsigned long lazyfree = BIT(PTE_LAZYFREE) | BIT(PTE_REDIRTIED);
	unsigned int i, odd = 0;

	for (i = 0; i < seen->nr; i++)
		odd += seen->pte[i].state == PTE_OTHER ||
		       (pte_is(&seen->pte[i], lazyfree) && !pte_is(&wanted->pte[i], lazyfree));
	return odd;
}

int pte_read_back(const struct vm_geometry *vm, const struct range *ranges,
		  unsigned int nr, struct pte_table *const *seen,
		  struct setup_error *error)
{
	unsigned int i, attempt, others = 1;
	int err = 0;

	/* Back in a moment; or pagemap and smaps, read one after the other, saw different ones. */
	for (attempt = 0; attempt < READ_ATTEMPTS && others; attempt++) {
		if (attempt)
			poll(NULL, 0, 1 << attempt);	/* milliseconds */
		err = read_once(vm, ranges, nr, seen, error);
		if (err && err != -EUCLEAN)
			break;
		for (i = 0, others = !!err; i < nr && !err; i++)
			others += count_odd(ranges[i].wanted, seen[i]);
	}
	return err;
}

bool pagemap_counts_by_folio(const struct vm_geometry *vm)
{
	size_t pmd = vm->pmd_size, page = vm->page_size;
	static bool known, by_folio;	/* of this kernel */
	uint64_t entry = PM_MMAP_EXCLUSIVE;
	pid_t child = -1;
	char *map, *start;

	if (known)
		return by_folio;

	map = mmap(NULL, 2 * pmd, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return false;
	start = map + (-(uintptr_t)map & (pmd - 1));
	touch_page(start);
	/* The child maps the first page only. */
	if (!madvise(start, pmd, MADV_COLLAPSE) &&
	    !madvise(start + page, pmd - page, MADV_DONTFORK))
		child = fork();
	while (!child)
		pause();
	if (child > 0) {
		pagemap_read(vm, start + pmd - page, 1, &entry);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		by_folio = !(entry & PM_MMAP_EXCLUSIVE);
		known = true;
	}
	munmap(map, 2 * pmd);
	return by_folio;
}

int pte_count_pages(const struct vm_geometry *vm, const char *start, unsigned int nr,
		    bool (*is)(const struct page_view *page, uint64_t arg), uint64_t arg)
{
	struct page_reader *flags = page_reader_open("/proc/kpageflags");
	struct page_reader *counts = page_reader_open("/proc/kpagecount");
	uint64_t *entries = calloc(nr, sizeof(*entries)), head;
	int count = entries ? 0 : -ENOMEM;
	unsigned int i;

	if (!flags || !counts)
		count = -errno;
	if (!count)
		count = pagemap_read(vm, start, nr, entries);
	for (i = 0; i < nr && count >= 0; i++) {
		uint64_t pfn = entries[i] & PM_PFN_MASK;
		struct page_view page = { .entry = entries[i] };

		if (!(entries[i] & PM_PRESENT))
			continue;
		page.order = folio_of(flags, pfn, &head);
		page.flags = page_reader_get(flags, head);
		page.mapped = page_reader_get(counts, pfn);
		count += is(&page, arg);
	}
	if (flags)
		page_reader_close(flags);
	if (counts)
		page_reader_close(counts);
	free(entries);
	return count;
}
