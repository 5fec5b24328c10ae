/* SPDX-License-Identifier: GPL-2.0 */
/* What holds pages by their frames, or takes them away: RAC-6 to RAC-8. */
#ifndef RACE_DEVICE_H
#define RACE_DEVICE_H

#include "knob.h"
#include "ksm.h"
#include "nodes.h"
#include "page_pins.h"
#include "race.h"
#include "resources.h"
#include "scratch.h"

#define PINNERS		3
#define PINNED		4		/* pages at once, at most */
#define PAGED_OUT	3		/* the same; more keep the mmap_lock for long */
#define COMPACT_MEMORY	"/proc/sys/vm/compact_memory"
#define COMPACT_AT_MOST	(8UL << 30)	/* bytes of a machine */

/* 0 where it has none. */
static uint64_t pfn_of(const struct race *race, char *page)
{
	uint64_t entry = 0;

	return pagemap_read(race->vm, page, 1, &entry) || !(entry & PM_PRESENT) ?
		0 : entry & PM_PFN_MASK;
}

struct pinner {
	struct page_pins *pins;
	char *data;			/* that the device writes */
};

/* Some pages as a fixed buffer, written to by the kernel; then let go of. */
static bool racer_pins(struct racer *racer)
{
	struct race_memory *memory = &racer->race->memory;
	struct pinner *pinner = racer->own;
	unsigned int nr = 1 + racer_below(racer, PINNED), i;
	unsigned int page = racer_pages(racer, nr);
	size_t size = nr * memory->vm->page_size;
	char *start = race_page(memory, page), *data = pinner->data;
	uint64_t before, after;
	struct race_wrong wrong;
	int err;

	err = page_pins_add(pinner->pins, PIN_IO_URING, start, size);
	/* Pages of CMA have to be moved first, and what may be locked has a limit. */
	if (err == -ENOMEM || err == -EAGAIN)
		return false;
	before = pfn_of(racer->race, start);
	for (i = 0; i < nr; i++)
		race_write_at(memory, data + i * memory->vm->page_size, page + i,
			      memory->version[page + i] + 1);
	racer_waits(racer, 0.2);
	err = err ?: page_pins_write(pinner->pins, 0, data, size);
	after = pfn_of(racer->race, start);
	page_pins_unpin(pinner->pins);
	if (err == -EPERM || err == -ENOSYS)
		return race_impossible(racer->race, "io_uring is forbidden here");
	if (err)
		return race_failed(racer->race, "io_uring: %s", strerror(-err));
	if (before && after && before != after)
		return race_failed(racer->race, "page %u: another page frame while it was pinned",
				   page);
	for (i = page; i < page + nr; i++) {
		uint32_t version = ++memory->version[i];

		if (!race_check_at(memory, race_page(memory, i), i, version, version, &wrong))
			return race_failed(racer->race, "the device wrote, the process sees %s",
					   wrong.what);
	}
	/* As long as a page is pinned, the scan passes by its range. */
	racer_waits(racer, 1);
	return true;
}

/*
 * RAC-6: what a device writes to a pinned page is seen by the process.
 *
 * The window is from the count of references in the scan to the freeze of the folio under
 * the lock: GUP-fast takes no lock, and walks the page table that is being taken away.
 */
TEST_ROWS(race, pins, "RAC-6 INP-4")
{
	struct pinner pinners[PINNERS];
	unsigned int i;

	if (!page_pins_have_io_uring)
		SKIP(return, "built without liburing");
	SHARE(40);
	race_add(&self->race, "pins", racer_pins, PINNERS);
	self->race.proof = "not_suitable_page_count";
	for (i = 0; i < PINNERS; i++) {
		pinners[i] = (struct pinner){
			.pins = page_pins_new(), .data = calloc(PINNED, suite.vm.page_size),
		};
		ASSERT_NE(NULL, pinners[i].pins);
		ASSERT_NE(NULL, pinners[i].data);
		self->race.racers[i].own = &pinners[i];
	}
	RACE(&self->race);
	for (i = 0; i < PINNERS; i++)
		page_pins_release(pinners[i].pins);
}

struct disk_user {
	int disk;
	char *data;		/* a page of its own, as O_DIRECT wants it */
};

/* In the page's place on the disk. */
static bool transfers(struct racer *racer, char *page, unsigned int nr, bool out)
{
	const struct disk_user *user = racer->own;
	size_t size = racer->race->vm->page_size;
	ssize_t done;

	done = out ? pwrite(user->disk, page, size, nr * size) :
		     pread(user->disk, page, size, nr * size);
	if (done == (ssize_t)size)
		return true;
	return race_failed(racer->race, "O_DIRECT: %s", done < 0 ? strerror(errno) : "short");
}

/* The next version of a page comes from the disk; or the page goes there, and back elsewhere. */
static bool racer_uses_disk(struct racer *racer)
{
	struct race_memory *memory = &racer->race->memory;
	struct disk_user *user = racer->own;
	unsigned int page = racer_pages(racer, 1);
	uint32_t version = memory->version[page];
	bool comes = racer_below(racer, 2);
	char *at = race_page(memory, page);
	struct race_wrong wrong;

	if (comes)
		race_write_at(memory, user->data, page, ++version);
	if (!transfers(racer, comes ? user->data : at, page, true) ||
	    !transfers(racer, comes ? at : user->data, page, false))
		return false;
	memory->version[page] = version;
	if (!race_check_at(memory, comes ? at : user->data, page, version, version, &wrong))
		return race_failed(racer->race, "by O_DIRECT, %s", wrong.what);
	/* As long as a page is pinned, the scan passes by its range. */
	racer_waits(racer, 1);
	return true;
}

/*
 * RAC-6: what a disk writes to a page by O_DIRECT is where the process looks, and what it reads
 * there is what the process wrote.
 *
 * The window is as above; the pin is short, and comes and goes while khugepaged is at work.
 */
TEST_ROWS(race, uses_disk, "RAC-6")
{
	int disk = disk_open(race_size(&self->race));
	struct disk_user users[PINNERS];
	unsigned int i;

	if (disk < 0)
		SKIP(return, "no disk for O_DIRECT, and no loop device to make it");
	SHARE(60);
	race_add(&self->race, "uses disk", racer_uses_disk, PINNERS);
	for (i = 0; i < PINNERS; i++) {
		users[i].disk = disk;
		users[i].data = mmap(NULL, suite.vm.page_size, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ASSERT_NE(MAP_FAILED, users[i].data);
		self->race.racers[i].own = &users[i];
	}
	RACE(&self->race);
	close(disk);
}

/* Busy pages stay. */
static bool any_swapped(const struct race *race, unsigned int page, unsigned int nr)
{
	uint64_t entries[PAGED_OUT];
	unsigned int i;

	if (pagemap_read(race->vm, race_page(&race->memory, page), nr, entries))
		return false;
	for (i = 0; i < nr && !(entries[i] & PM_SWAP); i++)
		;
	return i < nr;
}

/* Out, and in again by reading or writing. */
static bool racer_pages_out(struct racer *racer)
{
	struct race_memory *memory = &racer->race->memory;
	unsigned int nr = 1 + racer_below(racer, PAGED_OUT), i;
	unsigned int page = racer_pages(racer, nr);
	struct race_wrong wrong;

	if (madvise(race_page(memory, page), nr * memory->vm->page_size, MADV_PAGEOUT))
		return race_failed(racer->race, "MADV_PAGEOUT: %s", strerror(errno));
	if (any_swapped(racer->race, page, nr))
		racer_did(racer);
	for (i = page; i < page + nr; i++) {
		uint32_t version = memory->version[i];

		if (racer_below(racer, 2))
			version = race_write(memory, i);
		if (!race_check_at(memory, race_page(memory, i), i, version, version, &wrong))
			return race_failed(racer->race, "back from swap, %s", wrong.what);
	}
	racer_waits(racer, 2);
	return true;
}

/*
 * RAC-7: a page that is swapped out between the scan and the lock keeps its data.
 *
 * The window is from the scan to the second look: the PTE may be a swap entry by then, the
 * page in the swap cache.
 */
TEST_ROWS(race, pages_out, "RAC-7")
{
	const char *missing = resource_swap();

	if (missing)
		SKIP(return, "%s", missing);
	race_add(&self->race, "pages out", racer_pages_out, 2);
	self->race.proof = "pte_non_present";
	RACE(&self->race);
}

/* To any node with memory. */
static bool racer_migrates(struct racer *racer)
{
	struct race_memory *memory = &racer->race->memory;
	unsigned int nr = 1 + racer_below(racer, 16);
	unsigned int page = racer_below(racer, memory->nr - nr);

	/* A page that is taken elsewhere meanwhile is as good. */
	return !nodes_move(memory->vm, race_page(memory, page), nr,
			   racer_below(racer, nodes_end()));
}

static bool racer_compacts(struct racer *racer)
{
	int err = knob_write_always(COMPACT_MEMORY, "1");

	racer_waits(racer, 2);
	return !err || race_failed(racer->race, "compact_memory: %s", strerror(-err));
}

/*
 * RAC-8: who walks the reverse mapping meets no PTE that is missing, nor leaves a migration
 * entry behind in the page table that comes back.
 *
 * The window is while the page table is detached: rmap walkers find it by the anon_vma, whose
 * lock has to be held as long.
 */
TEST_ROWS(race, migrates, "RAC-8")
{
	bool small = meminfo_bytes("MemTotal") <= COMPACT_AT_MOST;

	SHARE(30);
	race_add(&self->race, "writer", racer_writes, 1);
	if (nodes_with_memory() > 1)
		race_add(&self->race, "migrates", racer_migrates, 2);
	else if (small && !access(COMPACT_MEMORY, W_OK))
		race_add(&self->race, "compacts", racer_compacts, 1);
	else
		SKIP(return, "one NUMA node, and too much memory to be compacted");
	RACE(&self->race);
}

static bool racer_clears_refs(struct racer *racer)
{
	int err = knob_write_always("/proc/self/clear_refs", "1");

	racer_waits(racer, 1);
	return !err || race_failed(racer->race, "clear_refs: %s", strerror(-err));
}

/*
 * RAC-8: clear_refs, which walks all page tables, meets them whole.
 *
 * The window is as above; the writer's pages are referenced again at once.
 */
TEST_ROWS(race, clears_refs, "RAC-8")
{
	SHARE(40);
	race_add(&self->race, "clears refs", racer_clears_refs, 1);
	race_add(&self->race, "writer", racer_writes, 1);
	RACE(&self->race);
}

/* New pages that are all zero, for KSM to merge; or data in the place of merged ones. */
static bool racer_makes_alike(struct racer *racer)
{
	struct race_memory *memory = &racer->race->memory;
	unsigned int page = racer_below(racer, memory->nr);
	struct race_wrong wrong;

	if (racer_below(racer, 16)) {
		race_write(memory, page);
	} else {
		if (madvise(race_page(memory, page), memory->vm->page_size, MADV_DONTNEED))
			return race_failed(racer->race, "MADV_DONTNEED: %s", strerror(errno));
		touch_page(race_page(memory, page));
		race_forget(memory, page);
	}
	page = racer_below(racer, memory->nr);
	if (memory->version[page] & RACE_GONE &&
	    !race_check_at(memory, race_page(memory, page), page, RACE_GONE, RACE_GONE, &wrong))
		return race_failed(racer->race, "zero, and maybe merged: %s", wrong.what);
	return true;
}

/* No zero page of KSM's: it would be no memory, and Rss changes with it at any moment. */
static void let_ksm_merge(struct race *race)
{
	int err = madvise(race->memory.start, race_size(race), MADV_MERGEABLE) ? -errno : 0;

	err = err ?: ksm_configure("1000", "1", "0") ?: knob_write(KSM_SYSFS "/run", "1");
	if (err)
		race_failed(race, "KSM: %s", strerror(-err));
}

/* It stops before Rss is compared; and did it do anything? */
static void judge_merged(struct race *race)
{
	unsigned long *most = race->racers[0].own, shared = 0;

	read_ulong("/proc/self/ksm_merging_pages", &shared);
	if (shared > *most)
		*most = shared;
	knob_write(KSM_SYSFS "/run", "0");
	race_check_all(race);
}

static const char *vacuous_unless_merged(struct race *race)
{
	return *(unsigned long *)race->racers[0].own ? NULL : "KSM merged nothing";
}

/*
 * RAC-8: KSM, which write-protects and replaces PTEs that it finds by the reverse mapping,
 * merges nothing that is being copied.
 *
 * The window is as above.
 */
TEST_ROWS(race, merges, "RAC-8")
{
	const char *missing = resource_ksm();

	if (missing)
		SKIP(return, "%s", missing);
	SHARE(15);
	race_add(&self->race, "makes alike", racer_makes_alike, 1);
	self->race.racers[0].own = calloc(1, sizeof(unsigned long));
	ASSERT_NE(NULL, self->race.racers[0].own);
	self->race.prepare = let_ksm_merge;
	self->race.judge = judge_merged;
	self->race.vacuous = vacuous_unless_merged;
	RACE(&self->race);
}

#endif
