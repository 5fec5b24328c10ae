// SPDX-License-Identifier: GPL-2.0
/* What came of a scan, compared with what the model says; see explore_batch.h. */
#include <string.h>

#include "kselftest.h"

#include "collapse_compare.h"
#include "explore_internal.h"

#define SCANS_AT_MOST	2	/* what the first left out for a busy page, the second does */
#define CACHE_LINE	64	/* bytes */

/* A known defect adds: swapped in by a try that failed, into folios of sizes that are on. */
static bool is_less(const struct pte *before, const struct pte *expected, const struct pte *seen)
{
	return pte_is_less(before, expected, seen) ||
	       (pte_is(before, PTE_SWAP_STATES) && seen->state == PTE_PRESENT && !seen->stray);
}

/* Is nothing worse with PTEs @from up to @to than that too little was collapsed? */
static bool only_less(const struct explore_batch *batch, unsigned int nr, unsigned int from,
		      unsigned int to)
{
	unsigned int i;

	for (i = 0; i < batch->vm->nr; i++) {
		const struct pte *expected = &batch->expected[nr]->pte[i];
		const struct pte *seen = &batch->seen[nr]->pte[i];

		if (!pte_equal(seen, expected) &&
		    (i < from || i >= to || !is_less(&batch->before[nr]->pte[i], expected, seen)))
			return false;
	}
	return batch->seen[nr]->vma == batch->expected[nr]->vma;
}

static void count_defects(struct explore_batch *batch, unsigned int nr)
{
	unsigned int bit;

	for (bit = 0; bit < ARRAY_SIZE(batch->figures->defects); bit++)
		batch->figures->defects[bit] += !!(batch->defects[nr] & BIT(bit));
}

static bool were_moved(const struct explore_batch *batch)
{
	struct disturbances since = batch->disturbances;

	return pages_were_moved(batch->vm, &since);
}

static bool is_known_defect(const struct explore_batch *batch, unsigned int nr)
{
	return batch->defects[nr] &&
	       only_less(batch, nr, batch->excused_from[nr], batch->excused_to[nr]);
}

/*
 * One case: true when it is as expected, or as a known defect leaves it; or it may be that
 * a page was busy, then it is @late and looked at again.
 */
static bool judge_table(struct explore_batch *batch, unsigned int nr, bool *late)
{
	bool moved, again;

	if (pte_table_equal(batch->expected[nr], batch->seen[nr]))
		return true;
	moved = were_moved(batch);
	again = batch->scans < (moved ? SCANS_AMID_MOVES : SCANS_AT_MOST);
	if (batch->scans >= SCANS_AT_MOST && is_known_defect(batch, nr)) {
		count_defects(batch, nr);
		return true;
	}
	if (!again || !only_less(batch, nr, 0, batch->vm->nr))
		return false;
	*late = true;
	batch->figures->late += !batch->defects[nr] && !moved;
	return true;
}

/* Nothing was copied again; as many pages as were migrated meanwhile may be others. */
static enum batch_state judge_pfns(struct explore_batch *batch)
{
	struct replaced_pages replaced = { 0 };
	unsigned int i;
	long migrated;
	int err = 0;

	for (i = 0; i < batch->nr && !err; i++)
		err = pfns_count_replaced(batch->vm, &batch->ranges[i], batch->expected[i],
					  batch->seen[i], batch->pfns[i], &replaced);
	if (err)
		return batch_failed(batch, TROUBLE_MACHINE, -1, "page frames: %s",
				    strerror(-err));
	if (!replaced.pages ||
	    pfns_were_migrated(batch->vm, &replaced, &batch->disturbances, &migrated))
		return BATCH_DONE;
	return batch_failed(batch, TROUBLE_PAGES, replaced.range - batch->ranges,
			    "%lu pages that had to stay were replaced, %ld migrated meanwhile",
			    replaced.pages, migrated);
}

/* MADV_COLLAPSE says that it succeeded where the range is one PMD, and only there. */
static enum batch_state judge_forced(struct explore_batch *batch)
{
	unsigned int i;

	for (i = 0; i < batch->nr && batch->rules.forced; i++) {
		bool pmd = batch->seen[i]->pte[0].state == PTE_PMD_MAPPED;

		if (pmd && !batch->forced[i])
			return batch_failed(batch, TROUBLE_PAGES, i,
					    "MADV_COLLAPSE failed, and collapsed");
		if (!pmd && batch->forced[i])
			return batch_failed(batch, TROUBLE_PAGES, i,
					    "MADV_COLLAPSE succeeded without a PMD");
	}
	return BATCH_DONE;
}

/* The counter of the mm and its page tables, of which smaps_rollup is the sum. */
static enum batch_state judge_rss(struct explore_batch *batch)
{
	struct rss rss;

	if (rss_agrees(batch->vm, batch->generation, &rss))
		return BATCH_DONE;
	return batch_failed(batch, TROUBLE_SUMS, -1,
			    "/proc/self/status counts %ld anonymous pages, smaps_rollup %ld",
			    rss.status, rss.smaps_rollup);
}

/* The first counter that is not as predicted; false if there is none. */
static bool find_wrong_counter(const struct explore_batch *batch, unsigned int *order,
			       struct counter_pair *wrong)
{
	struct counter_pair pairs[COUNTER_PAIRS];
	unsigned int i;

	for (*order = 2; *order <= batch->vm->pmd_order; ++*order) {
		compare_counters(&batch->counts, &batch->counters, *order, pairs);
		for (i = 0; i < COUNTER_PAIRS; i++) {
			*wrong = pairs[i];
			if (wrong->expected != wrong->seen)
				return true;
		}
	}
	return false;
}

/*
 * A page that was busy may have ended the scan of a range in which nothing was to be
 * collapsed anyway: wrong counters are looked at once more.
 */
static enum batch_state judge_counters(struct explore_batch *batch)
{
	struct counter_pair wrong;
	unsigned int order;

	/* Woken twice, khugepaged may have made one scan more. */
	if (!batch->countable || batch->generation == GEN_NONE ||
	    batch->counters.full_scans != 1) {
		batch->figures->uncounted++;
		return BATCH_DONE;
	}
	if (!find_wrong_counter(batch, &order, &wrong)) {
		batch->figures->counted++;
		return BATCH_DONE;
	}
	if (were_moved(batch)) {
		batch->figures->uncounted++;
		return BATCH_DONE;
	}
	if (batch->recounted)
		return batch_failed(batch, TROUBLE_SUMS, -1,
				    "order %u, %s: expected %ld, seen %ld", order, wrong.name,
				    wrong.expected, wrong.seen);
	batch->recounted = true;
	batch->figures->recounted++;
	return BATCH_GOES_ON;
}

static enum batch_state judge_data(struct explore_batch *batch)
{
	struct setup_error error;
	unsigned int i;

	for (i = 0; i < batch->nr; i++)
		if (range_check_data(batch->vm, &batch->ranges[i], batch->seen[i], CACHE_LINE,
				     &error))
			return batch_failed(batch, TROUBLE_DATA, i, "%s", error.what);
	return BATCH_DONE;
}

static bool all_only_less(const struct explore_batch *batch)
{
	unsigned int i;

	for (i = 0; i < batch->nr; i++)
		if (!only_less(batch, i, 0, batch->vm->nr))
			return false;
	return true;
}

/* Too little was collapsed for want of free blocks: all the rest must be right. */
static enum batch_state lack_blocks(struct explore_batch *batch)
{
	if (judge_pfns(batch) == BATCH_FAILED || judge_rss(batch) == BATCH_FAILED ||
	    judge_data(batch) == BATCH_FAILED)
		return BATCH_FAILED;
	batch_failed(batch, TROUBLE_TABLE, -1, "less than expected");
	batch->failure.missing = "no free block of a size that was needed";
	return BATCH_FAILED;
}

static enum batch_state judge_tables(struct explore_batch *batch)
{
	bool late = false;
	unsigned int i;

	for (i = 0; i < batch->nr; i++) {
		if (judge_table(batch, i, &late))
			continue;
		if (batch->lacked_blocks && all_only_less(batch))
			return lack_blocks(batch);
		return batch_failed(batch, TROUBLE_TABLE, i, "not what the model says");
	}
	return late ? BATCH_GOES_ON : BATCH_DONE;
}

enum batch_state batch_compare(struct explore_batch *batch)
{
	static enum batch_state (*const judges[])(struct explore_batch *batch) = {
		judge_tables, judge_counters, judge_forced, judge_pfns, judge_rss, judge_data,
	};
	enum batch_state state = BATCH_DONE;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(judges) && state == BATCH_DONE; i++)
		state = judges[i](batch);
	return state;
}
