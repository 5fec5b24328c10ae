// SPDX-License-Identifier: GPL-2.0
/* What the steps of a case do to memory; see explore_batch.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kselftest.h"

#include "explore_internal.h"
#include "explore_steps.h"
#include "page_states.h"
#include "pte_setup.h"

/* In two halves: of a whole range, its page table would go too, or not (PT_RECLAIM). */
static int punch(const struct run *run, void *arg)
{
	const struct explore_batch *batch = arg;
	size_t page = batch->vm->page_size, half = (run->to - run->from) / 2 * page;

	if (half && madvise(run->start, half, MADV_DONTNEED))
		return -errno;
	return madvise(run->start + half, run->size - half, MADV_DONTNEED) ? -errno : 0;
}

static int touch(const struct run *run, void *arg)
{
	const struct explore_batch *batch = arg;
	size_t page = batch->vm->page_size;
	unsigned int offset;

	for (offset = run->from; offset < run->to; offset++)
		range_write_page(batch->vm, run->range, run->start + (offset - run->from) * page,
				 offset);
	return 0;
}

static int look(const struct run *run, void *arg)
{
	(void)arg;
	return madvise(run->start, run->size, MADV_POPULATE_READ) ? -errno : 0;
}

/* To the room behind the range, or back; see range_area_map(). */
static int move(struct explore_batch *batch, unsigned int nr)
{
	struct range *range = &batch->ranges[nr];
	size_t pmd = batch->vm->pmd_size;
	char *from = range->start, *to = batch->away[nr] ? from - 2 * pmd : from + 2 * pmd;

	if (mremap(from, pmd, pmd, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED ||
	    mmap(from, pmd, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
		 -1, 0) == MAP_FAILED)
		return -errno;
	range->start = to;
	batch->away[nr] = !batch->away[nr];
	return 0;
}

/* One step of one case that is not common to all, on the PTEs that @delta names. */
static int change(struct explore_batch *batch, unsigned int nr,
		  const struct explore_step *step, const struct pte_table *delta,
		  struct setup_error *error)
{
	struct range *range = &batch->ranges[nr];
	struct range_area one = { .ranges = range, .nr_ranges = 1 };
	int err;

	switch (step->kind) {
	case STEP_PUNCH:
		return range_each_run(batch->vm, range, BIT(PTE_OTHER), punch, batch);
	case STEP_TOUCH:
		return range_each_run(batch->vm, range, BIT(PTE_PRESENT), touch, batch);
	case STEP_READ:
		return range_each_run(batch->vm, range, BIT(PTE_ZERO), look, NULL);
	case STEP_SPLIT:
		return pte_setup_split(batch->vm, range->start);
	case STEP_MOVE:
		return move(batch, nr);
	default:
		range->wanted = delta;
		err = page_states_change(batch->vm, &one, error);
		range->wanted = batch->now[nr];
		return err;
	}
}

static enum batch_state do_step(struct explore_batch *batch, unsigned int nr,
				struct pte_table *delta)
{
	const struct explore_step *step = &batch->cases[nr]->steps[batch->at[nr]];
	struct range *range = &batch->ranges[nr];
	struct setup_error error = { .missing = NULL };
	unsigned int acts;
	int err = 0;

	acts = step_delta(step, batch->now[nr], delta);
	/* First, so that what is written is that of the next time. */
	step_predict(step, batch->now[nr], batch->written[nr]);
	range->wanted = delta;
	if (acts || step->kind == STEP_SPLIT || step->kind == STEP_MOVE)
		err = change(batch, nr, step, delta, &error);
	range->wanted = batch->now[nr];
	if (err && error.missing)
		return batch_failed_missing(batch, nr, error.missing);
	if (err)
		return batch_failed(batch, TROUBLE_MACHINE, nr, "%s: %s", step_names[step->kind],
				    strerror(-err));
	batch->changed = true;
	batch->was_written[nr] |= acts && (step->kind == STEP_TOUCH || step->kind == STEP_GUARD);
	batch->has_table[nr] |= acts;
	return BATCH_GOES_ON;
}

const struct explore_step *batch_common_step(const struct explore_batch *batch,
					     unsigned int nr)
{
	const struct explore_case *c = batch->cases[nr];
	const struct explore_step *step = &c->steps[batch->at[nr]];

	return batch->at[nr] < c->nr_steps && STEP_COMMON & BIT(step->kind) ? step : NULL;
}

/* A child that maps what each case says. */
static enum batch_state share(struct explore_batch *batch)
{
	struct pte_table *deltas[BATCH_MAX] = { NULL };
	enum batch_state state = BATCH_GOES_ON;
	struct setup_error error;
	unsigned int i;

	for (i = 0; i < batch->nr && state == BATCH_GOES_ON; i++) {
		deltas[i] = pte_table_alloc(batch->vm->pmd_order);
		if (!deltas[i]) {
			state = batch_failed(batch, TROUBLE_MACHINE, -1, "out of memory");
			break;
		}
		step_delta(batch_common_step(batch, i), batch->now[i], deltas[i]);
		batch->ranges[i].wanted = deltas[i];
	}
	if (state == BATCH_GOES_ON && pte_setup_share(batch->vm, &batch->area, &error))
		state = batch_failed_setup(batch, &error, "share");
	for (i = 0; i < batch->nr; i++) {
		batch->ranges[i].wanted = batch->now[i];
		free(deltas[i]);
	}
	return state;
}

/* A step that all cases do at once. */
static enum batch_state do_common(struct explore_batch *batch, enum step_kind kind)
{
	enum batch_state state = BATCH_GOES_ON;
	unsigned int i;

	step_apply_settings(batch_common_step(batch, 0), &batch->rules);
	batch->changed |= kind == STEP_SHARE || kind == STEP_EXIT;
	if (kind == STEP_SHARE)
		state = share(batch);
	if (kind == STEP_EXIT)
		state = batch_unshare(batch);
	for (i = 0; i < batch->nr; i++)
		step_predict(&batch->cases[i]->steps[batch->at[i]++], batch->now[i],
			     batch->written[i]);
	return state;
}

static enum batch_state do_own_steps(struct explore_batch *batch)
{
	struct pte_table *delta = pte_table_alloc(batch->vm->pmd_order);
	enum batch_state state = BATCH_GOES_ON;
	unsigned int i;

	if (!delta)
		return batch_failed(batch, TROUBLE_MACHINE, -1, "out of memory");
	for (i = 0; i < batch->nr && state == BATCH_GOES_ON; i++) {
		while (batch->at[i] < batch->cases[i]->nr_steps && !batch_common_step(batch, i) &&
		       state == BATCH_GOES_ON) {
			state = do_step(batch, i, delta);
			batch->at[i]++;
		}
	}
	free(delta);
	return state;
}

enum batch_state batch_change(struct explore_batch *batch)
{
	enum batch_state state = do_own_steps(batch);
	const struct explore_step *step = batch_common_step(batch, 0);

	while (state == BATCH_GOES_ON && step && !(STEP_COLLAPSES & BIT(step->kind))) {
		state = do_common(batch, step->kind);
		if (state == BATCH_GOES_ON)
			state = do_own_steps(batch);
		step = batch_common_step(batch, 0);
	}
	return state;
}
