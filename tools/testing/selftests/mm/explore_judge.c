// SPDX-License-Identifier: GPL-2.0
/* What came of a scan, compared with what the model says; see explore_batch.h. */
#include <string.h>

#include "kselftest.h"

#include "collapse_compare.h"
#include "explore_internal.h"

#define SCANS_AT_MOST	2	/* what the first left out for a busy page, the second does */
#define COUNT_ATTEMPTS	3	/* at a batch; enough for a counter that is wrong in new ways */

/* Is nothing worse with a case than that too little was collapsed? */
static bool only_less(const struct explore_batch *batch, unsigned int nr, const bool *excused)
{
	return pte_table_is_less(batch->before[nr], batch->expected[nr], batch->seen[nr],
				 batch->rules.orders, excused);
}

static void count_defects(struct explore_batch *batch, unsigned int nr)
{
	unsigned int bit;

	for (bit = 0; bit < ARRAY_SIZE(batch->figures->defects); bit++)
		batch->figures->defects[bit] += !!(batch->predicted[nr].defects & BIT(bit));
}

/* Is it what a known defect leaves, and not a page that was busy for one scan? */
static bool is_known_defect(const struct explore_batch *batch, unsigned int nr)
{
	/* By the rules of v10 a second scan may lead further, away from what is expected. */
	bool scanned_enough = batch->scans >= SCANS_AT_MOST || batch->generation == GEN_V10;

	return scanned_enough && batch->predicted[nr].defects &&
	       only_less(batch, nr, batch->excused[nr]);
}

/*
 * One case: true when it is as expected, or as a known defect leaves it; or it may be that
 * a page was busy, then it is @late and looked at again.
 */
static bool judge_table(struct explore_batch *batch, unsigned int nr, bool *late)
{
	bool again = batch->scans < (batch->pages_moved ? SCANS_AMID_MOVES : SCANS_AT_MOST);

	if (pte_table_equal(batch->expected[nr], batch->seen[nr]))
		return true;
	if (is_known_defect(batch, nr)) {
		count_defects(batch, nr);
		return true;
	}
	if (!again || !only_less(batch, nr, NULL))
		return false;
	*late = true;
	batch->figures->late += !batch->predicted[nr].defects && !batch->pages_moved;
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
	return batch_failed(batch, TROUBLE_RSS, -1,
			    "/proc/self/status counts %ld anonymous pages, smaps_rollup %ld",
			    rss.status, rss.smaps_rollup);
}

/* The first counter that is not as predicted; false if there is none. */
static bool find_wrong_counter(const struct explore_batch *batch, struct wrong_counter *wrong)
{
	struct counter_pair pairs[COUNTER_PAIRS];
	unsigned int order, i;

	for (order = 2; order <= batch->vm->pmd_order; order++) {
		compare_counters(&batch->counts, &batch->counters, order, pairs);
		for (i = 0; i < COUNTER_PAIRS; i++) {
			if (pairs[i].expected == pairs[i].seen)
				continue;
			*wrong = (struct wrong_counter){
				.at = batch->at[0], .order = order, .pair = pairs[i],
			};
			return true;
		}
	}
	return false;
}

static bool is_same_wrong(const struct wrong_counter *a, const struct wrong_counter *b)
{
	return a->at == b->at && a->order == b->order && a->pair.name == b->pair.name &&
	       a->pair.expected == b->pair.expected && a->pair.seen == b->pair.seen;
}

static bool may_count(const struct explore_batch *batch)
{
	/* Woken twice, khugepaged may have made one scan more. */
	return batch->countable && batch->generation != GEN_NONE && !batch->lacked_blocks &&
	       batch->counters.full_scans == 1;
}

static enum batch_state judge_counters(struct explore_batch *batch)
{
	struct wrong_counter wrong;
	bool found = may_count(batch) && find_wrong_counter(batch, &wrong);

	if (!may_count(batch) || (found && batch->pages_moved)) {
		batch->figures->uncounted++;
		return BATCH_DONE;
	}
	if (!found) {
		batch->figures->counted++;
		return BATCH_DONE;
	}
	batch->attempts++;
	if (batch->attempts == COUNT_ATTEMPTS ||
	    (batch->attempts > 1 && is_same_wrong(&wrong, &batch->wrong)))
		return batch_failed(batch, TROUBLE_COUNTERS, -1,
				    "order %u, %s: expected %ld, seen %ld; %u times wrong",
				    wrong.order, wrong.pair.name, wrong.pair.expected,
				    wrong.pair.seen, batch->attempts);
	batch->wrong = wrong;
	batch->figures->recounted++;
	return BATCH_AGAIN;
}

static enum batch_state judge_data(struct explore_batch *batch)
{
	struct setup_error error;
	unsigned int i;

	for (i = 0; i < batch->nr; i++)
		if (range_check_data(batch->vm, &batch->ranges[i], batch->seen[i], RANGE_COARSE,
				     &error))
			return batch_failed(batch, TROUBLE_DATA, i, "%s", error.what);
	return BATCH_DONE;
}

static bool all_only_less(const struct explore_batch *batch)
{
	unsigned int i;

	for (i = 0; i < batch->nr; i++)
		if (!only_less(batch, i, NULL))
			return false;
	return true;
}

/* What must be right whatever was collapsed. To look at the data is a reference: not here. */
static enum batch_state judge_pages(struct explore_batch *batch)
{
	enum batch_state state = judge_pfns(batch);

	return state == BATCH_DONE ? judge_rss(batch) : state;
}

/* Too little was collapsed for want of free blocks: all the rest must be right. */
static enum batch_state lack_blocks(struct explore_batch *batch)
{
	if (judge_pages(batch) == BATCH_FAILED || judge_data(batch) == BATCH_FAILED)
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
	enum batch_state state = judge_tables(batch);

	if (state != BATCH_FAILED && judge_pages(batch) == BATCH_FAILED)
		return BATCH_FAILED;
	if (state == BATCH_DONE)
		state = judge_forced(batch);
	if (state == BATCH_DONE)
		state = judge_data(batch);
	return state == BATCH_DONE ? judge_counters(batch) : state;
}
