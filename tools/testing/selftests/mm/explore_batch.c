// SPDX-License-Identifier: GPL-2.0
/* Cases that go through the kernel side by side; see explore_batch.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kselftest.h"

#include "collapse_check.h"
#include "explore_batch.h"
#include "explore_steps.h"
#include "page_states.h"
#include "pte_read.h"
#include "pte_setup.h"

#define SCANS_AT_MOST	2	/* what the first left out for a busy page, the second does */
#define CACHE_LINE	64	/* bytes */

/* @nr is the case, or -1. */
static enum batch_state __printf(4, 5) failed(struct explore_batch *batch,
					      enum batch_trouble trouble, int nr,
					      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(batch->failure.what, sizeof(batch->failure.what), format, args);
	va_end(args);
	batch->failure.trouble = trouble;
	batch->failure.nr = nr;
	return BATCH_FAILED;
}

static enum batch_state failed_setup(struct explore_batch *batch,
				     const struct setup_error *error, const char *what)
{
	batch->failure.missing = error->missing;
	return failed(batch, TROUBLE_MACHINE, -1, "%s: %s", what, error->what);
}

static enum batch_state failed_child(struct explore_batch *batch)
{
	return failed(batch, TROUBLE_DATA, -1,
		      "the child that shares pages found other data in them");
}

void batch_free(struct explore_batch *batch)
{
	unsigned int i;

	for (i = 0; batch && i < batch->nr; i++) {
		explore_case_free(batch->cases[i]);
		free(batch->now[i]);
		free(batch->before[i]);
		free(batch->expected[i]);
		free(batch->seen[i]);
		free(batch->written[i]);
		free(batch->pfns[i]);
	}
	free(batch);
}

struct explore_batch *batch_alloc(const struct vm_geometry *vm, enum generation generation,
				  unsigned int nr, struct batch_figures *figures)
{
	struct explore_batch *batch = calloc(1, sizeof(*batch));
	unsigned int i, order = vm->pmd_order;

	if (!batch)
		return NULL;
	batch->vm = vm;
	batch->generation = generation;
	batch->orders = BIT(order);
	if (generation_detect(vm) != GEN_NONE)
		batch->orders |= vm->orders;
	batch->nr = nr;
	batch->figures = figures;
	for (i = 0; i < nr; i++) {
		batch->cases[i] = explore_case_alloc(order);
		batch->now[i] = pte_table_alloc(order);
		batch->before[i] = pte_table_alloc(order);
		batch->expected[i] = pte_table_alloc(order);
		batch->seen[i] = pte_table_alloc(order);
		batch->written[i] = calloc(vm->nr, sizeof(*batch->written[i]));
		batch->pfns[i] = calloc(vm->nr, sizeof(*batch->pfns[i]));
		if (!batch->cases[i] || !batch->now[i] || !batch->before[i] ||
		    !batch->expected[i] || !batch->seen[i] || !batch->written[i] ||
		    !batch->pfns[i]) {
			batch_free(batch);
			return NULL;
		}
	}
	return batch;
}

static void begin_case(struct explore_batch *batch, unsigned int nr)
{
	const struct pte_table *start = batch->cases[nr]->start;
	unsigned int i;

	pte_table_copy(batch->now[nr], start);
	for (i = 0; i < start->nr; i++)
		batch->written[nr][i] = pte_is(&start->pte[i], PTE_DATA_STATES) ?
					0 : RANGE_READS_ZERO;
	batch->has_table[nr] = pte_table_count(start, BIT(PTE_EMPTY)) != start->nr;
	batch->was_written[nr] = pte_table_count(start, PTE_DATA_STATES | BIT(PTE_GUARD));
	batch->defects[nr] = 0;
	batch->at[nr] = 0;
	batch->moved[nr] = false;
	batch->ranges[nr] = (struct range){
		.wanted = batch->now[nr],
		.written = batch->written[nr],
		.stamp = (now_ns() << 6) + nr,
	};
}

/*
 * Up to 7.1 the kernel stops khugepaged while the PMD size is off, also for as long as
 * folios of another size are made, and when it starts again it scans at once.
 */
static bool stops_khugepaged(const struct explore_batch *batch, const struct explore_case *c)
{
	unsigned int i;

	if (batch->orders != BIT(batch->vm->pmd_order))
		return false;
	for (i = 0; i < c->nr_steps; i++)
		if (c->steps[i].kind == STEP_SIZES && !(c->steps[i].value & batch->orders))
			return true;
	return pte_table_orders(c->start) & ~batch->orders;
}

enum batch_state batch_begin(struct explore_batch *batch)
{
	const struct thp_settings usual = thp_settings_of(batch->vm, 0, THP_NEVER);
	struct setup_error error;
	unsigned int i;
	int err;

	batch->rules = (struct collapse_rules){
		.generation = batch->generation,
		.one_vma = true,
		.orders = batch->vm->orders | BIT(batch->vm->pmd_order),
		.max_ptes_none = usual.max_ptes_none,
		.max_ptes_swap = usual.max_ptes_swap,
		.max_ptes_shared = usual.max_ptes_shared,
	};
	batch->settled = false;
	batch->changed = false;
	batch->scans = 0;
	batch->failure = (struct batch_failure){ .nr = -1 };
	for (i = 0; i < batch->nr; i++) {
		if (stops_khugepaged(batch, batch->cases[i])) {
			batch->failure.missing = "khugepaged of this kernel needs the PMD size";
			return failed(batch, TROUBLE_MACHINE, i, "%s", batch->failure.missing);
		}
		begin_case(batch, i);
	}
	err = range_area_map(batch->vm, &batch->area, batch->ranges, batch->nr);
	if (err)
		return failed(batch, TROUBLE_MACHINE, -1, "no room in the address space: %s",
			      strerror(-err));
	if (pte_setup_folios(batch->vm, &batch->area, &error))
		return failed_setup(batch, &error, "the set-up failed");
	return BATCH_GOES_ON;
}

/* Is the memory as it is thought to be, before anything is collapsed? */
static enum batch_state verify(struct explore_batch *batch, const char *what)
{
	struct setup_error error;
	unsigned int i;

	if (pte_read_back(batch->vm, batch->ranges, batch->nr, batch->seen, &error))
		return failed_setup(batch, &error, "reading back");
	for (i = 0; i < batch->nr; i++) {
		if (pte_table_equal(batch->now[i], batch->seen[i]))
			continue;
		pte_table_copy(batch->before[i], batch->now[i]);
		pte_table_copy(batch->expected[i], batch->now[i]);
		if (batch->show)
			batch->show(batch);
		return failed(batch, TROUBLE_SET_UP, i, "%s", what);
	}
	return BATCH_GOES_ON;
}

enum batch_state batch_set_up(struct explore_batch *batch)
{
	struct setup_error error;

	if (pte_setup_pages(batch->vm, &batch->area, &error))
		return failed_setup(batch, &error, "the set-up failed");
	return verify(batch, "the set-up did not take");
}

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

static int split(const struct explore_batch *batch, char *start)
{
	return mprotect(start, batch->vm->page_size, PROT_READ) ||
	       mprotect(start, batch->vm->page_size, PROT_READ | PROT_WRITE) ? -errno : 0;
}

/* To the room behind the range, or back; see range_area_map(). */
static int move(struct explore_batch *batch, unsigned int nr)
{
	struct range *range = &batch->ranges[nr];
	size_t pmd = batch->vm->pmd_size;
	char *from = range->start, *to = batch->moved[nr] ? from - 2 * pmd : from + 2 * pmd;

	if (mremap(from, pmd, pmd, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED ||
	    mmap(from, pmd, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
		 -1, 0) == MAP_FAILED)
		return -errno;
	range->start = to;
	batch->moved[nr] = !batch->moved[nr];
	return 0;
}

/* One step of one case that is not common to all, on the PTEs that @delta names. */
static int change(struct explore_batch *batch, unsigned int nr,
		  const struct explore_step *step, const struct pte_table *delta)
{
	struct range *range = &batch->ranges[nr];
	struct range_area one = { .ranges = range, .nr_ranges = 1 };
	struct setup_error error;
	int err;

	switch (step->kind) {
	case STEP_PUNCH:
		return range_each_run(batch->vm, range, BIT(PTE_OTHER), punch, batch);
	case STEP_TOUCH:
		return range_each_run(batch->vm, range, BIT(PTE_PRESENT), touch, batch);
	case STEP_READ:
		return range_each_run(batch->vm, range, BIT(PTE_ZERO), look, NULL);
	case STEP_SPLIT:
		return split(batch, range->start);
	case STEP_MOVE:
		return move(batch, nr);
	default:
		range->wanted = delta;
		err = page_states_change(batch->vm, &one, &error);
		range->wanted = batch->now[nr];
		return err;
	}
}

static enum batch_state do_step(struct explore_batch *batch, unsigned int nr,
				struct pte_table *delta)
{
	const struct explore_step *step = &batch->cases[nr]->steps[batch->at[nr]];
	struct range *range = &batch->ranges[nr];
	unsigned int acts;
	int err = 0;

	acts = step_delta(step, batch->now[nr], delta);
	/* First, so that what is written is that of the next time. */
	step_predict(step, batch->now[nr], batch->written[nr]);
	range->wanted = delta;
	if (acts || step->kind == STEP_SPLIT || step->kind == STEP_MOVE)
		err = change(batch, nr, step, delta);
	range->wanted = batch->now[nr];
	if (err)
		return failed(batch, TROUBLE_MACHINE, nr, "%s: %s", step_names[step->kind],
			      strerror(-err));
	batch->changed = true;
	batch->was_written[nr] |= acts && (step->kind == STEP_TOUCH || step->kind == STEP_GUARD);
	batch->has_table[nr] |= acts;
	return BATCH_GOES_ON;
}

/* The next step of a case if it is one of all cases, else NULL. */
static const struct explore_step *common_step(const struct explore_batch *batch,
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
			state = failed(batch, TROUBLE_MACHINE, -1, "out of memory");
			break;
		}
		step_delta(common_step(batch, i), batch->now[i], deltas[i]);
		batch->ranges[i].wanted = deltas[i];
	}
	if (state == BATCH_GOES_ON && pte_setup_share(batch->vm, &batch->area, &error))
		state = failed_setup(batch, &error, "share");
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

	step_apply_settings(common_step(batch, 0), &batch->rules);
	batch->changed |= kind == STEP_SHARE || kind == STEP_EXIT;
	if (kind == STEP_SHARE)
		state = share(batch);
	if (kind == STEP_EXIT && range_area_unshare(&batch->area))
		state = failed_child(batch);
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
		return failed(batch, TROUBLE_MACHINE, -1, "out of memory");
	for (i = 0; i < batch->nr && state == BATCH_GOES_ON; i++) {
		while (batch->at[i] < batch->cases[i]->nr_steps && !common_step(batch, i) &&
		       state == BATCH_GOES_ON) {
			state = do_step(batch, i, delta);
			batch->at[i]++;
		}
	}
	free(delta);
	return state;
}

/* The counts of one case to those of all. */
static void add_counts(struct explore_batch *batch, const struct collapse_counts *counts)
{
	unsigned int order;

	for (order = 0; order < MAX_ORDERS; order++) {
		batch->counts.alloc[order] += counts->alloc[order];
		batch->counts.exceed_none[order] += counts->exceed_none[order];
		batch->counts.exceed_swap[order] += counts->exceed_swap[order];
		batch->counts.exceed_shared[order] += counts->exceed_shared[order];
	}
	batch->counts.defects |= counts->defects;
}

/* Page frames of what has to be left alone. What is to be collapsed may lie anywhere. */
static void remember_pfns(struct explore_batch *batch, unsigned int nr)
{
	const struct pte *before = batch->before[nr]->pte, *expected = batch->expected[nr]->pte;
	unsigned int i;

	if (pte_read_pfns(batch->vm, &batch->ranges[nr], batch->pfns[nr]))
		memset(batch->pfns[nr], 0, batch->vm->nr * sizeof(*batch->pfns[nr]));
	for (i = 0; i < batch->vm->nr; i++)
		if (memcmp(&before[i], &expected[i], sizeof(*before)))
			batch->pfns[nr][i] = 0;
}

/* What must come of the next scan. */
static void predict(struct explore_batch *batch)
{
	unsigned int i;

	memset(&batch->counts, 0, sizeof(batch->counts));
	batch->countable = true;
	for (i = 0; i < batch->nr; i++) {
		struct pte_table *expected = batch->expected[i];
		struct collapse_counts counts = { 0 };

		/* What a scan left out is still to come. */
		if (batch->scans && !pte_table_equal(expected, batch->seen[i])) {
			batch->countable = false;
			continue;
		}
		pte_table_copy(batch->before[i], batch->scans ? batch->seen[i] : batch->now[i]);
		pte_table_copy(expected, batch->before[i]);
		batch->rules.no_table = !batch->has_table[i];
		/* mm/huge_memory.c: __thp_vma_allowable_orders(), no anon_vma yet */
		batch->rules.refused = !batch->was_written[i];
		collapse_model(expected, &batch->rules, &counts);
		batch->defects[i] = counts.defects;
		batch->excused_from[i] = counts.excused_from;
		batch->excused_to[i] = counts.excused_to;
		memcpy(batch->decided[i], counts.rules, sizeof(batch->decided[i]));
		add_counts(batch, &counts);
		remember_pfns(batch, i);
	}
	batch->countable &= !batch->counts.defects && !batch->rules.forced;
	disturbances_read(batch->vm, 0, &batch->disturbances);
}

enum batch_state batch_advance(struct explore_batch *batch)
{
	enum batch_state state = BATCH_GOES_ON;
	const struct explore_step *step;

	batch->scans = 0;
	batch->recounted = false;
	for (;;) {
		state = do_own_steps(batch);
		if (state == BATCH_FAILED)
			return state;
		step = common_step(batch, 0);
		if (!step || STEP_COLLAPSES & BIT(step->kind))
			break;
		state = do_common(batch, step->kind);
		if (state == BATCH_FAILED)
			return state;
	}
	if (!step && batch->settled)
		return BATCH_DONE;
	/* At the end, once more: a further scan changes nothing. */
	batch->settled = !step;
	batch->rules.forced = step && step->kind == STEP_FORCE;
	if (batch->changed)
		state = verify(batch, "a step did not take");
	batch->changed = false;
	if (state == BATCH_GOES_ON)
		predict(batch);
	return state;
}

struct thp_settings batch_settings(const struct explore_batch *batch)
{
	struct thp_settings settings;

	settings = thp_settings_of(batch->vm, batch->rules.orders, THP_MADVISE);
	settings.max_ptes_none = batch->rules.max_ptes_none;
	settings.max_ptes_swap = batch->rules.max_ptes_swap;
	settings.max_ptes_shared = batch->rules.max_ptes_shared;
	return settings;
}

static int advise(struct explore_batch *batch, int advice)
{
	unsigned int i;

	for (i = 0; i < batch->nr; i++)
		if (madvise(batch->ranges[i].start, batch->vm->pmd_size, advice))
			return -errno;
	return 0;
}

static void force(struct explore_batch *batch)
{
	unsigned int i;

	for (i = 0; i < batch->nr; i++)
		batch->forced[i] = !khugepaged_force(batch->ranges[i].start, batch->vm->pmd_size);
}

enum batch_state batch_collapse(struct explore_batch *batch)
{
	struct thp_settings settings = batch_settings(batch);
	struct thp_counters before;
	struct knob_error error;
	uint64_t start;
	int err;

	if (thp_settings_apply(batch->vm, &settings, &error))
		return failed(batch, TROUBLE_MACHINE, -1, "%s %s", error.path, error.what);
	err = advise(batch, MADV_HUGEPAGE);
	if (err)
		return failed(batch, TROUBLE_MACHINE, -1, "MADV_HUGEPAGE: %s", strerror(-err));
	thp_counters_read(batch->vm, &before);
	start = now_ns();
	if (batch->rules.forced)
		force(batch);
	else
		err = khugepaged_scan(&batch->khugepaged, 1);
	batch->figures->scan_ns += now_ns() - start;
	thp_counters_read(batch->vm, &batch->counters);
	thp_counters_since(&batch->counters, &before);
	if (err)
		return failed(batch, TROUBLE_MACHINE, -1, "%s: %s", err == -ETIMEDOUT ?
			      "khugepaged is dead" : "khugepaged cannot be made to scan",
			      strerror(-err));
	err = advise(batch, MADV_NOHUGEPAGE);
	if (err)
		return failed(batch, TROUBLE_MACHINE, -1, "MADV_NOHUGEPAGE: %s", strerror(-err));
	if (thp_settings_verify(batch->vm, &settings, &error))
		return failed(batch, TROUBLE_MACHINE, -1, "%s %s", error.path, error.what);
	batch->scans++;
	return BATCH_GOES_ON;
}

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

		if (memcmp(seen, expected, sizeof(*seen)) &&
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

/* One case: true when it is as expected, or as a known defect leaves it. */
static bool judge_table(struct explore_batch *batch, unsigned int nr, bool *late)
{
	if (pte_table_equal(batch->expected[nr], batch->seen[nr]))
		return true;
	if (batch->scans < SCANS_AT_MOST && only_less(batch, nr, 0, batch->vm->nr)) {
		*late = true;
		batch->figures->late += !batch->defects[nr];
		return true;
	}
	if (!batch->defects[nr] ||
	    !only_less(batch, nr, batch->excused_from[nr], batch->excused_to[nr]))
		return false;
	count_defects(batch, nr);
	return true;
}

/* How many pages that had to stay are others now; of them, the pinned ones. */
static unsigned int count_replaced(const struct explore_batch *batch, unsigned int nr,
				   const uint64_t *pfns, unsigned int *pinned)
{
	unsigned int i, replaced = 0;

	for (i = 0; i < batch->vm->nr; i++) {
		const struct pte *seen = &batch->seen[nr]->pte[i];

		if (!batch->pfns[nr][i] || batch->pfns[nr][i] == pfns[i] ||
		    memcmp(seen, &batch->expected[nr]->pte[i], sizeof(*seen)))
			continue;
		*pinned += seen->state == PTE_PINNED;
		replaced++;
	}
	return replaced;
}

/* Nothing was copied again; as many pages as were migrated meanwhile may be others. */
static enum batch_state judge_pfns(struct explore_batch *batch)
{
	uint64_t *pfns = calloc(batch->vm->nr, sizeof(*pfns));
	unsigned int i, all = 0, pinned = 0, replaced;
	int worst = -1, err = pfns ? 0 : -ENOMEM;
	struct disturbances after;

	for (i = 0; i < batch->nr && !err; i++) {
		err = pte_read_pfns(batch->vm, &batch->ranges[i], pfns);
		replaced = err ? 0 : count_replaced(batch, i, pfns, &pinned);
		if (replaced)
			worst = i;
		all += replaced;
	}
	free(pfns);
	if (err)
		return failed(batch, TROUBLE_MACHINE, -1, "page frames: %s", strerror(-err));
	if (!all)
		return BATCH_GOES_ON;
	disturbances_read(batch->vm, 0, &after);
	if (!pinned && all <= after.migrated - batch->disturbances.migrated)
		return BATCH_GOES_ON;
	return failed(batch, TROUBLE_PAGES, worst, "%u pages that had to stay were replaced", all);
}

/* MADV_COLLAPSE says that it succeeded where the range is one PMD, and only there. */
static enum batch_state judge_forced(struct explore_batch *batch)
{
	unsigned int i;

	for (i = 0; i < batch->nr && batch->rules.forced; i++) {
		bool pmd = batch->seen[i]->pte[0].state == PTE_PMD_MAPPED;

		if (pmd != batch->forced[i])
			return failed(batch, TROUBLE_PAGES, i, "MADV_COLLAPSE %s",
				      pmd ? "failed and collapsed" : "succeeded without a PMD");
	}
	return BATCH_GOES_ON;
}

static const char *wrong_counter(const struct explore_batch *batch, unsigned int order,
				 long *expected, long *seen)
{
	const struct collapse_counts *counts = &batch->counts;
	const struct {
		const char *name;
		long expected;
		long seen;
	} pairs[] = {
		{ "collapse_alloc", counts->alloc[order],
		  batch->counters.size[order].collapse_alloc },
		{ "collapse_exceed_none_pte", counts->exceed_none[order],
		  batch->counters.size[order].exceed_none },
		{ "collapse_exceed_swap_pte", counts->exceed_swap[order],
		  batch->counters.size[order].exceed_swap },
		{ "collapse_exceed_shared_pte", counts->exceed_shared[order],
		  batch->counters.size[order].exceed_shared },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		*expected = pairs[i].expected;
		*seen = pairs[i].seen;
		if (*expected != *seen)
			return pairs[i].name;
	}
	return NULL;
}

/* The counter of the mm and its page tables, of which smaps_rollup is the sum. */
static enum batch_state judge_rss(struct explore_batch *batch)
{
	struct check_rss rss;

	check_read_rss(batch->vm, &rss);	/* once for the memory that reading takes */
	check_read_rss(batch->vm, &rss);
	if (batch->generation == GEN_NONE || rss.status == rss.smaps_rollup)
		return BATCH_GOES_ON;
	return failed(batch, TROUBLE_SUMS, -1,
		      "/proc/self/status counts %ld anonymous pages, smaps_rollup %ld",
		      rss.status, rss.smaps_rollup);
}

/*
 * A page that was busy may have ended the scan of a range in which nothing was to be
 * collapsed anyway: wrong counters are looked at once more.
 */
static enum batch_state judge_counters(struct explore_batch *batch)
{
	unsigned int order;
	long expected, seen;

	/* Woken twice, khugepaged may have made one scan more. */
	if (!batch->countable || batch->generation == GEN_NONE ||
	    batch->counters.full_scans != 1) {
		batch->figures->uncounted++;
		return BATCH_DONE;
	}
	for (order = 2; order <= batch->vm->pmd_order; order++) {
		const char *name = wrong_counter(batch, order, &expected, &seen);

		if (!name)
			continue;
		if (batch->recounted)
			return failed(batch, TROUBLE_SUMS, -1,
				      "order %u, %s: expected %ld, seen %ld", order, name,
				      expected, seen);
		batch->recounted = true;
		batch->figures->recounted++;
		return BATCH_GOES_ON;
	}
	batch->figures->counted++;
	return BATCH_DONE;
}

/* What was seen is how it is from now on, and looking at the data was a reference. */
static void accept(struct explore_batch *batch, unsigned int nr)
{
	bool canary = nr + 1 == batch->nr;
	struct pte_table *now = batch->now[nr];
	unsigned int i, order;

	/* What the canary shows is not that a table reached a rule. */
	for (i = 0; i < NR_COLLAPSE_RULES && !canary; i++)
		for (order = 0; order < MAX_ORDERS; order++)
			batch->figures->rules[i][order] += batch->decided[nr][i][order];
	pte_table_copy(now, batch->seen[nr]);
	for (i = 0; i < now->nr; i++)
		if (now->pte[i].state == PTE_UNREFERENCED)
			now->pte[i].state = PTE_PRESENT;
	steps_forget_absent(now, batch->written[nr]);
	batch->figures->tables++;
}

enum batch_state batch_judge(struct explore_batch *batch)
{
	struct setup_error error;
	enum batch_state state;
	bool late = false;
	unsigned int i;

	if (pte_read_back(batch->vm, batch->ranges, batch->nr, batch->seen, &error))
		return failed_setup(batch, &error, "reading back");
	if (batch->show)
		batch->show(batch);
	for (i = 0; i < batch->nr; i++)
		if (!judge_table(batch, i, &late))
			return failed(batch, TROUBLE_TABLE, i, "not what the model says");
	state = late ? BATCH_GOES_ON : judge_counters(batch);
	if (state == BATCH_GOES_ON)
		predict(batch);
	if (state != BATCH_DONE)
		return state;
	if (judge_forced(batch) == BATCH_FAILED || judge_pfns(batch) == BATCH_FAILED ||
	    judge_rss(batch) == BATCH_FAILED)
		return BATCH_FAILED;
	for (i = 0; i < batch->nr; i++) {
		if (range_check_data(batch->vm, &batch->ranges[i], batch->seen[i], CACHE_LINE,
				     &error))
			return failed(batch, TROUBLE_DATA, i, "%s", error.what);
		accept(batch, i);
		batch->at[i] += !batch->settled;
	}
	return batch_advance(batch);
}

enum batch_state batch_end(struct explore_batch *batch)
{
	batch->figures->cases += batch->nr;
	if (range_area_unmap(&batch->area))
		return failed_child(batch);
	return BATCH_DONE;
}
