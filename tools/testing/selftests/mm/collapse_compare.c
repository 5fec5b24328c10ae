// SPDX-License-Identifier: GPL-2.0
/* What tests and explorer compare in the same way; see collapse_compare.h. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "collapse_compare.h"
#include "knob.h"
#include "nodes.h"
#include "pte_read.h"

/* Of what moves pages of the machine. */
#define LOOK_MS		20
#define QUIET_LOOKS	3
#define MAX_LOOKS	100

void compare_counters(const struct collapse_counts *expected, const struct thp_counters *seen,
		      unsigned int order, struct counter_pair pairs[COUNTER_PAIRS])
{
	const struct counter_pair all[COUNTER_PAIRS] = {
		{ "collapse_alloc", expected->alloc[order], seen->size[order].collapse_alloc },
		{ "collapse_alloc_failed", expected->alloc_failed[order],
		  seen->size[order].collapse_alloc_failed },
		{ "collapse_exceed_none_pte", expected->exceed_none[order],
		  seen->size[order].exceed_none },
		{ "collapse_exceed_swap_pte", expected->exceed_swap[order],
		  seen->size[order].exceed_swap },
		{ "collapse_exceed_shared_pte", expected->exceed_shared[order],
		  seen->size[order].exceed_shared },
	};

	memcpy(pairs, all, sizeof(all));
}

bool others_move_counters(const struct vm_geometry *vm, struct khugepaged *khugepaged,
			  unsigned int passes)
{
	struct thp_counters before, after;
	unsigned int order;
	bool moved = false;

	thp_counters_read(vm, &before);
	if (khugepaged_scan(khugepaged, passes))
		return false;
	thp_counters_read(vm, &after);
	thp_counters_since(&after, &before);
	for (order = 0; order <= vm->pmd_order; order++)
		moved |= after.size[order].collapse_alloc || after.size[order].nr_anon ||
			 after.size[order].split_deferred;
	return moved;
}

void rss_read(const struct vm_geometry *vm, struct rss *rss)
{
	size_t bytes = 0;

	memset(rss, 0, sizeof(*rss));
	if (!proc_kb("/proc/self/status", "RssAnon", &bytes))
		rss->status = bytes / vm->page_size;
	if (!proc_kb("/proc/self/smaps_rollup", "Anonymous", &bytes))
		rss->smaps_rollup = bytes / vm->page_size;
}

bool rss_agrees(const struct vm_geometry *vm, enum generation generation, struct rss *rss)
{
	rss_read(vm, rss);	/* once for the memory that reading takes */
	rss_read(vm, rss);
	return generation == GEN_NONE || rss->status == rss->smaps_rollup;
}

int pfns_to_stay(const struct vm_geometry *vm, const struct range *range,
		 const struct pte_table *before, const struct pte_table *expected,
		 uint64_t *pfns)
{
	unsigned int i;
	int err = pte_read_pfns(vm, range, pfns);

	/* What is to be collapsed may lie anywhere afterwards. */
	for (i = 0; i < vm->nr; i++)
		if (err || !pte_equal(&before->pte[i], &expected->pte[i]))
			pfns[i] = 0;
	return err;
}

int pfns_count_replaced(const struct vm_geometry *vm, const struct range *range,
			const struct pte_table *expected, const struct pte_table *seen,
			const uint64_t *pfns, struct replaced_pages *replaced)
{
	uint64_t *now = calloc(vm->nr, sizeof(*now));
	int err = now ? pte_read_pfns(vm, range, now) : -ENOMEM;
	unsigned int i;

	for (i = 0; i < vm->nr && !err; i++) {
		if (!pfns[i] || pfns[i] == now[i] || !pte_equal(&seen->pte[i], &expected->pte[i]))
			continue;
		if (replaced->pages++)
			continue;
		replaced->range = range;
		replaced->offset = i;
		replaced->before = pfns[i];
		replaced->after = now[i];
	}
	free(now);
	return err;
}

bool pfns_were_migrated(const struct vm_geometry *vm, const struct replaced_pages *replaced,
			const struct disturbances *before, long *migrated)
{
	struct disturbances after;

	disturbances_read(vm, 0, &after);
	*migrated = after.migrated - before->migrated;
	return (long)replaced->pages <= *migrated;
}

bool pages_were_moved(const struct vm_geometry *vm, struct disturbances *since)
{
	long before = since->off_lru, isolated = since->isolated;

	/* What each CPU has counted for itself, or a few pages are not seen. */
	knob_write_always("/proc/sys/vm/stat_refresh", "1");
	disturbances_read(vm, 0, since);
	return since->off_lru != before || since->isolated || isolated;
}

void wait_for_rest(const struct vm_geometry *vm)
{
	unsigned int quiet = 0, attempt;
	struct disturbances since;

	disturbances_read(vm, 0, &since);
	for (attempt = 0; quiet < QUIET_LOOKS && attempt < MAX_LOOKS; attempt++) {
		poll(NULL, 0, LOOK_MS);
		quiet = pages_were_moved(vm, &since) ? 0 : quiet + 1;
	}
}

void pause_amid_moves(unsigned int nth)
{
	poll(NULL, 0, 1 << (nth < 8 ? nth : 8));	/* milliseconds */
}

static unsigned long blocks_wanted(const struct block_question *question, unsigned int order)
{
	unsigned long pages = 0;
	unsigned int of;

	for (of = 0; of <= question->vm->pmd_order; of++)
		pages += question->tries[of] << of;
	return (pages + BIT(order) - 1) >> order;
}

static unsigned long blocks_free(const struct block_question *question, unsigned int order)
{
	size_t page = question->vm->page_size;
	unsigned long least = ULONG_MAX, blocks, kept = 0;
	int node, last = -1;
	unsigned int i, pte;

	/* Near the limit the kernel refuses blocks that are there. */
	read_ulong("/proc/sys/vm/min_free_kbytes", &kept);
	kept = 2 * kept * 1024 / (page << order) + 1;
	for (i = 0; i < question->nr; i++) {
		const struct pte_table *seen = question->seen[i];

		for (pte = 0; pte < seen->nr; pte++) {
			if (!pte_is(&seen->pte[pte], PTE_FOLIO_STATES))
				continue;
			node = nodes_of(question->ranges[i].start + pte * page);
			/* The kernel may know no nodes. */
			node = node < 0 ? 0 : node;
			if (node == last)
				continue;
			last = node;
			blocks = nodes_free_blocks(node, order);
			if (blocks < least)
				least = blocks;
		}
	}
	return least > kept ? least - kept : 0;
}

bool blocks_lacked(const struct block_question *question, unsigned int order,
		   struct block_lack *lack)
{
	*lack = (struct block_lack){
		.refused = question->after->collapse_failed[order] -
			   question->before->collapse_failed[order],
	};
	if (!lack->refused)
		return false;
	lack->free = blocks_free(question, order);
	lack->wanted = blocks_wanted(question, order);
	return lack->free < 2 * lack->wanted;
}
