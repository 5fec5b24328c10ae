// SPDX-License-Identifier: GPL-2.0
/* Bring pages into the states that their tables name; see page_states.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ksm.h"
#include "page_states.h"
#include "pte_read.h"
#include "resources.h"
#include "uffd.h"

#define PAGEOUT_ATTEMPTS	20	/* a page may be off the LRU for a moment */

/* All that the steps below need. */
struct states {
	const struct vm_geometry *vm;
	struct range_area *area;
	struct setup_error *error;
	char *partner;		/* next page to be merged with */
	unsigned int nr;	/* pages counted on the way */
};

static int each_run(struct states *s, unsigned long which,
		    int (*act)(const struct run *run, void *arg))
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < s->area->nr_ranges && !err; i++)
		err = range_each_run(s->vm, &s->area->ranges[i], which, act, s);
	return err;
}

static unsigned int count(const struct states *s, unsigned long which)
{
	unsigned int i, nr = 0;

	for (i = 0; i < s->area->nr_ranges; i++)
		nr += pte_table_count(s->area->ranges[i].wanted, which);
	return nr;
}

static int advise(const struct run *run, int advice)
{
	return madvise(run->start, run->size, advice) ? -errno : 0;
}

int page_states_drain(const struct vm_geometry *vm)
{
	size_t pmd = vm->pmd_size, size = 3 * pmd;
	char *map, *start;
	int err = 0;

	map = mmap(NULL, size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return -errno;
	start = map + (-(uintptr_t)map & (pmd - 1));
	/* A page beside it: a VMA that never had one is refused before the LRU is drained. */
	touch_page(start + pmd);
	if (madvise(start, pmd, MADV_COLLAPSE) && errno != EINVAL)
		err = -errno;
	munmap(map, size);
	return err;
}

static int drain(struct states *s)
{
	int err = page_states_drain(s->vm);

	return err ? setup_fail(s->error, err, "MADV_COLLAPSE to drain the LRU caches") : 0;
}

static int add_partners(const struct run *run, void *arg)
{
	struct states *s = arg;

	memcpy(s->partner, run->start, run->size);
	s->partner += run->size;
	return 0;
}

/* Add the pages of a run that are of some kind. */
static int count_pages(const struct run *run, struct states *s,
		       bool (*is)(const struct page_view *page, uint64_t arg))
{
	int nr = pte_count_pages(s->vm, run->start, run->to - run->from, is, 0);

	if (nr < 0)
		return nr;
	s->nr += nr;
	return 0;
}

static bool is_merged(const struct page_view *page, uint64_t unused)
{
	(void)unused;
	return page->flags & (BIT_ULL(KPF_KSM) | BIT_ULL(KPF_ZERO_PAGE));
}

static int count_merged(const struct run *run, void *arg)
{
	return count_pages(run, arg, is_merged);
}

#define MERGED_STATES	(BIT(PTE_KSM) | BIT(PTE_KSM_LONE) | BIT(PTE_KSM_ZERO))

static int all_merged(void *arg)
{
	struct states *s = arg;
	int err;

	s->nr = 0;
	err = each_run(s, MERGED_STATES, count_merged);
	return err ?: s->nr == count(s, MERGED_STATES);
}

/* The whole range, so that it stays one VMA. */
static int make_mergeable(struct states *s)
{
	unsigned int i;

	for (i = 0; i < s->area->nr_ranges; i++) {
		struct range *range = &s->area->ranges[i];

		if (pte_table_count(range->wanted, MERGED_STATES) &&
		    madvise(range->start, s->vm->pmd_size, MADV_MERGEABLE))
			return -errno;
	}
	if (s->area->partners &&
	    madvise(s->area->partners, s->area->partners_size, MADV_MERGEABLE))
		return -errno;
	return 0;
}

/* Pages to merge with: for each lone page first, then for each that is to stay merged. */
static int map_partners(struct states *s, size_t size)
{
	int err;

	if (!size)
		return 0;
	s->partner = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->partner == MAP_FAILED)
		return -errno;
	s->area->partners = s->partner;
	s->area->partners_size = size;
	madvise(s->partner, size, MADV_NOHUGEPAGE);
	err = each_run(s, BIT(PTE_KSM_LONE), add_partners);
	return err ?: each_run(s, BIT(PTE_KSM), add_partners);
}

int page_states_merge(const struct vm_geometry *vm, struct range_area *area,
		      struct setup_error *error)
{
	struct states s = { .vm = vm, .area = area, .error = error };
	size_t lone = count(&s, BIT(PTE_KSM_LONE)) * vm->page_size;
	size_t merged = count(&s, BIT(PTE_KSM)) * vm->page_size;
	const char *missing;
	int err;

	if (!count(&s, MERGED_STATES))
		return 0;
	missing = resource_ksm();
	if (missing)
		return setup_missing(error, missing);
	if (!kpageflags_know_ksm(vm))
		return setup_missing(error, "/proc/kpageflags calls every page a KSM page");
	if (count(&s, BIT(PTE_KSM_ZERO)) && !ksm_has_zero_pages())
		return setup_missing(error, "KSM of this kernel does not count zero pages");
	err = map_partners(&s, lone + merged);
	err = err ?: make_mergeable(&s);
	err = err ?: ksm_merge(all_merged, &s);
	if (!err && lone && munmap(area->partners, lone))
		err = -errno;
	if (err == -ETIMEDOUT)
		return setup_missing(error, "KSM takes too long: others have memory to merge");
	if (err)
		return setup_fail(error, err, "merging pages by KSM");
	area->partners_size -= lone;
	area->partners = merged ? area->partners + lone : NULL;
	return 0;
}

static int protect(const struct run *run, void *arg)
{
	struct states *s = arg;

	return uffd_protect(s->area->uffd, run->start, run->size, true);
}

static int arm_ranges(struct states *s)
{
	unsigned int i, armed = 0;
	int err = 0;

	for (i = 0; i < s->area->nr_ranges; i++)
		armed += !!(s->area->ranges[i].wanted->vma & VMA_ARMED);
	if (!armed)
		return 0;
	s->area->uffd = uffd_open();
	if (s->area->uffd < 0) {
		err = s->area->uffd;
		s->area->uffd = 0;
		if (err == -ENOSYS || err == -EPERM || err == -EOPNOTSUPP)
			return setup_missing(s->error,
					     "no userfaultfd, or none that can write-protect");
		return setup_fail(s->error, err, "userfaultfd");
	}
	for (i = 0; i < s->area->nr_ranges && !err; i++)
		if (s->area->ranges[i].wanted->vma & VMA_ARMED)
			err = uffd_arm(s->area->uffd, s->area->ranges[i].start, s->vm->pmd_size);
	err = err ?: each_run(s, BIT(PTE_UFFD_WP) | BIT(PTE_SWAPPED_UFFD_WP), protect);
	return err ? setup_fail(s->error, err, "userfaultfd of a range") : 0;
}

static bool is_present(const struct page_view *page, uint64_t unused)
{
	(void)page;
	(void)unused;
	return true;
}

static int page_out(const struct run *run, void *arg)
{
	int err = advise(run, MADV_PAGEOUT);

	return err ?: count_pages(run, arg, is_present);
}

static int swap_out(struct states *s)
{
	unsigned int attempt;
	const char *missing;
	int err;

	if (!count(s, PTE_SWAP_STATES))
		return 0;
	missing = resource_swap();
	if (missing)
		return setup_missing(s->error, missing);
	/* Twice: what is swapped in again keeps its room for a while. */
	if (meminfo_bytes("SwapFree") < 2 * count(s, PTE_SWAP_STATES) * s->vm->page_size)
		return setup_missing(s->error, "not enough free swap for pages of this size");
	for (attempt = 0, s->nr = 1; attempt < PAGEOUT_ATTEMPTS && s->nr; attempt++) {
		s->nr = 0;
		err = drain(s);
		if (err)
			return err;
		err = each_run(s, PTE_SWAP_STATES, page_out);
		if (err)
			return setup_fail(s->error, err, "MADV_PAGEOUT");
	}
	/* The cgroup of this process, or the kernel, may allow it no swap at all. */
	if (s->nr == count(s, PTE_SWAP_STATES))
		return setup_missing(s->error, "this process may not swap: memory.swap.max?");
	return s->nr ? setup_fail(s->error, -EAGAIN, "pages that MADV_PAGEOUT leaves") : 0;
}

static int guard(const struct run *run, void *arg)
{
	(void)arg;
	return advise(run, MADV_GUARD_INSTALL);
}

static int install_guards(struct states *s)
{
	int err = each_run(s, BIT(PTE_GUARD), guard);

	if (err == -EINVAL)
		return setup_missing(s->error, "this kernel has no guard regions");
	return err ? setup_fail(s->error, err, "MADV_GUARD_INSTALL") : 0;
}

static int make_lazyfree(const struct run *run, void *arg)
{
	(void)arg;
	return advise(run, MADV_FREE);
}

static char *page_of(const struct states *s, const struct run *run, unsigned int offset)
{
	return run->start + (offset - run->from) * s->vm->page_size;
}

/* Write its data to each page again. */
static int write_again(const struct run *run, void *arg)
{
	struct states *s = arg;
	unsigned int offset;

	for (offset = run->from; offset < run->to; offset++)
		range_write_page(s->vm, run->range, page_of(s, run, offset), offset);
	return 0;
}

static int free_lazily(struct states *s)
{
	const unsigned long which = BIT(PTE_LAZYFREE) | BIT(PTE_REDIRTIED);
	int err;

	if (!count(s, which))
		return 0;
	/* Only pages on the LRU list are marked, and they are marked off it, in batches. */
	err = drain(s);
	if (err)
		return err;
	err = each_run(s, which, make_lazyfree);
	if (err)
		return setup_fail(s->error, err, "MADV_FREE");
	return drain(s) ?: each_run(s, BIT(PTE_REDIRTIED), write_again);
}

static int clear_refs(struct states *s, const char *what)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return setup_missing(s->error, "no /proc/self/clear_refs");
	if (write(fd, what, strlen(what)) < 0)
		err = setup_fail(s->error, -errno, "/proc/self/clear_refs");
	close(fd);
	return err;
}

static void look_at_page(const char *page)
{
	(void)__atomic_load_n(page, __ATOMIC_RELAXED);
}

static int look_at(const struct run *run, void *arg)
{
	struct states *s = arg;
	unsigned int offset;

	for (offset = run->from; offset < run->to; offset++)
		look_at_page(page_of(s, run, offset));
	return 0;
}

/* After a fork, a write to a page of a large folio may copy it out of the folio. */
static int refer_to(const struct run *run, void *arg)
{
	struct states *s = arg;
	unsigned int offset;

	for (offset = run->from; offset < run->to; offset++) {
		char *page = page_of(s, run, offset);

		if (run->range->wanted->pte[offset].order)
			look_at_page(page);
		else
			range_write_page(s->vm, run->range, page, offset);
	}
	return 0;
}

/*
 * The CPU notes a reference when it loads a translation, and clear_refs leaves those
 * that are loaded (fs/proc/task_mmu.c: clear_refs_write()): a change of the protection
 * drops them. That comes first: on powerpc it makes the page a referenced one (pte_modify()).
 */
static int drop_translations(struct states *s)
{
	unsigned int i;

	for (i = 0; i < s->area->nr_ranges; i++) {
		char *start = s->area->ranges[i].start;

		if (mprotect(start, s->vm->pmd_size, PROT_READ) ||
		    mprotect(start, s->vm->pmd_size, PROT_READ | PROT_WRITE))
			return setup_fail(s->error, -errno, "mprotect of a range");
	}
	return 0;
}

/* It is forgotten of all pages, then those are looked at that are to be referenced. */
static int forget_references(struct states *s)
{
	const unsigned long others = PTE_FOLIO_STATES & ~BIT(PTE_UNREFERENCED);
	int err;

	if (!count(s, BIT(PTE_UNREFERENCED)))
		return 0;
	/* A page that is not on the LRU list keeps its flag. */
	err = drain(s) ?: drop_translations(s) ?: clear_refs(s, "1");
	/* Written where that changes nothing: older kernels want one PTE that is writable. */
	err = err ?: each_run(s, BIT(PTE_PRESENT), refer_to);
	return err ?: each_run(s, others & ~BIT(PTE_PRESENT), look_at);
}

static int forget_writes(struct states *s)
{
	int err;

	if (!count(s, BIT(PTE_CLEAN)))
		return 0;
	if (!pagemap_shows_soft_dirty(s->vm))
		return setup_missing(s->error, "this kernel has no soft-dirty bit");
	err = clear_refs(s, "4");
	return err ?: each_run(s, PTE_FOLIO_STATES & ~BIT(PTE_CLEAN), write_again);
}

static int pin(const struct run *run, void *arg)
{
	struct range *range = (struct range *)run->range;
	struct states *s = arg;
	unsigned int offset;
	int err;

	err = page_pins_add(s->area->pins, range->pin_kind, run->start, run->size);
	if (err)
		return err;
	if (!range->pinned)
		range->pinned = calloc(s->vm->nr, sizeof(*range->pinned));
	if (!range->pinned)
		return -ENOMEM;
	err = pagemap_read(s->vm, run->start, run->to - run->from, &range->pinned[run->from]);
	for (offset = run->from; offset < run->to && !err; offset++)
		range->pinned[offset] &= PM_PFN_MASK;
	return err;
}

static int pin_pages(struct states *s)
{
	int err;

	if (!count(s, BIT(PTE_PINNED)))
		return 0;
	s->area->pins = page_pins_new();
	err = s->area->pins ? each_run(s, BIT(PTE_PINNED), pin) : -ENOMEM;
	if (err == -EOPNOTSUPP)
		return setup_missing(s->error, "built without liburing");
	if (err == -ENOSYS || err == -EPERM)
		return setup_missing(s->error, "this kernel refuses io_uring or its fixed buffers");
	return err ? setup_fail(s->error, err, "pinning pages") : 0;
}

int page_states_change(const struct vm_geometry *vm, struct range_area *area,
		       struct setup_error *error)
{
	struct states s = { .vm = vm, .area = area, .error = error };

	return arm_ranges(&s) ?: swap_out(&s) ?: install_guards(&s) ?: free_lazily(&s) ?:
	       forget_references(&s) ?: forget_writes(&s) ?: pin_pages(&s);
}
