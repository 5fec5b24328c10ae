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
#include "explore_internal.h"
#include "explore_steps.h"
#include "pte_read.h"
#include "pte_setup.h"

enum batch_state batch_failed(struct explore_batch *batch, enum batch_trouble trouble, int nr,
			      const char *format, ...)
{
	va_list args;

	batch->failure.missing = NULL;
	va_start(args, format);
	vsnprintf(batch->failure.what, sizeof(batch->failure.what), format, args);
	va_end(args);
	batch->failure.trouble = trouble;
	batch->failure.nr = nr;
	return BATCH_FAILED;
}

enum batch_state batch_failed_setup(struct explore_batch *batch,
				    const struct setup_error *error, const char *what)
{
	batch_failed(batch, TROUBLE_MACHINE, -1, "%s: %s", what, error->what);
	batch->failure.missing = error->missing;
	return BATCH_FAILED;
}

enum batch_state batch_failed_missing(struct explore_batch *batch, int nr, const char *missing)
{
	batch_failed(batch, TROUBLE_MACHINE, nr, "%s", missing);
	batch->failure.missing = missing;
	return BATCH_FAILED;
}

static enum batch_state failed_child(struct explore_batch *batch)
{
	return batch_failed(batch, TROUBLE_DATA, -1,
			    "the child that shares pages found other data in them");
}

enum batch_state batch_unshare(struct explore_batch *batch)
{
	return range_area_unshare(&batch->area) ? failed_child(batch) : BATCH_GOES_ON;
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
		free(batch->excused[i]);
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
		batch->excused[i] = calloc(vm->nr, sizeof(*batch->excused[i]));
		if (!batch->cases[i] || !batch->now[i] || !batch->before[i] ||
		    !batch->expected[i] || !batch->seen[i] || !batch->written[i] ||
		    !batch->pfns[i] || !batch->excused[i]) {
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
	batch->at[nr] = 0;
	batch->away[nr] = false;
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

static bool has_step(const struct explore_case *c, enum step_kind kind)
{
	unsigned int i;

	for (i = 0; i < c->nr_steps; i++)
		if (c->steps[i].kind == kind)
			return true;
	return false;
}

/* Why this machine cannot do a case, a constant; NULL if it can. */
static const char *unfit(const struct explore_batch *batch, const struct explore_case *c)
{
	if (stops_khugepaged(batch, c))
		return "khugepaged of this kernel needs the PMD size";
	if (has_step(c, STEP_SHARE) && pagemap_counts_by_folio(batch->vm))
		return "this kernel counts mappings by folio";
	return NULL;
}

enum batch_state batch_begin(struct explore_batch *batch)
{
	const struct thp_settings usual = thp_settings_of(batch->vm, 0, THP_NEVER);
	struct disturbances before, after;
	struct setup_error error;
	const char *missing;
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
		missing = unfit(batch, batch->cases[i]);
		if (missing)
			return batch_failed_missing(batch, i, missing);
		begin_case(batch, i);
	}
	err = range_area_map(batch->vm, &batch->area, batch->ranges, batch->nr);
	if (err)
		return batch_failed(batch, TROUBLE_MACHINE, -1, "no room in the address space: %s",
			      strerror(-err));
	disturbances_read(batch->vm, batch->orders, &before);
	if (pte_setup_folios(batch->vm, &batch->area, &error))
		return batch_failed_setup(batch, &error, "the set-up failed");
	disturbances_read(batch->vm, batch->orders, &after);
	batch->no_folios = after.fault_failed != before.fault_failed;
	return BATCH_GOES_ON;
}

/* Is the memory as it is thought to be, before anything is collapsed? */
static enum batch_state verify(struct explore_batch *batch, const char *what)
{
	struct setup_error error;
	unsigned int i;

	if (pte_read_back(batch->vm, batch->ranges, batch->nr, batch->seen, &error))
		return batch_failed_setup(batch, &error, "reading back");
	for (i = 0; i < batch->nr; i++) {
		if (pte_table_equal(batch->now[i], batch->seen[i]))
			continue;
		pte_table_copy(batch->before[i], batch->now[i]);
		pte_table_copy(batch->expected[i], batch->now[i]);
		if (batch->show)
			batch->show(batch);
		return batch_failed(batch, TROUBLE_SET_UP, i, "%s", what);
	}
	return BATCH_GOES_ON;
}

enum batch_state batch_set_up(struct explore_batch *batch)
{
	enum batch_state state;
	struct setup_error error;

	if (pte_setup_pages(batch->vm, &batch->area, &error))
		return batch_failed_setup(batch, &error, "the set-up failed");
	state = verify(batch, "the set-up did not take");
	if (state == BATCH_FAILED && batch->no_folios)
		return batch_failed_missing(batch, -1, "page faults got no folio of a size");
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

/* What must come of one case, from what it is now. */
static void predict(struct explore_batch *batch, unsigned int nr)
{
	struct collapse_counts *counts = &batch->predicted[nr];

	pte_table_copy(batch->before[nr], batch->scans ? batch->seen[nr] : batch->now[nr]);
	pte_table_copy(batch->expected[nr], batch->before[nr]);
	memset(batch->excused[nr], 0, batch->vm->nr * sizeof(*batch->excused[nr]));
	*counts = (struct collapse_counts){ .excused = batch->excused[nr] };
	batch->rules.no_table = !batch->has_table[nr];
	/* mm/huge_memory.c: __thp_vma_allowable_orders(), no anon_vma yet */
	batch->rules.refused = !batch->was_written[nr];
	collapse_model(batch->expected[nr], &batch->rules, counts);
	add_counts(batch, counts);
}

enum batch_state batch_predict(struct explore_batch *batch)
{
	unsigned int i;
	int err = 0;

	/* Before the page frames: what is migrated from here on counts. */
	disturbances_read(batch->vm, 0, &batch->disturbances);
	memset(&batch->counts, 0, sizeof(batch->counts));
	batch->countable = true;
	for (i = 0; i < batch->nr && !err; i++) {
		/* What a scan left out is still to come. */
		if (batch->scans && !pte_table_equal(batch->expected[i], batch->seen[i]))
			batch->countable = false;
		else
			predict(batch, i);
		err = pfns_to_stay(batch->vm, &batch->ranges[i], batch->before[i],
				   batch->expected[i], batch->pfns[i]);
	}
	if (err)
		return batch_failed(batch, TROUBLE_MACHINE, i - 1, "page frames: %s",
				    strerror(-err));
	batch->countable &= !batch->counts.defects && !batch->rules.forced;
	if (!batch->scans)
		memcpy(batch->tries, batch->counts.alloc, sizeof(batch->tries));
	return BATCH_GOES_ON;
}

enum batch_state batch_advance(struct explore_batch *batch)
{
	enum batch_state state = batch_change(batch);
	const struct explore_step *step = batch_common_step(batch, 0);

	batch->scans = 0;
	batch->lacked_blocks = false;
	if (state == BATCH_FAILED)
		return state;
	if (!step && batch->settled)
		return BATCH_DONE;
	/* At the end, once more: a further scan changes nothing. */
	batch->settled = !step;
	batch->rules.forced = step && step->kind == STEP_FORCE;
	if (batch->changed)
		state = verify(batch, "a step did not take");
	batch->changed = false;
	return state == BATCH_GOES_ON ? batch_predict(batch) : state;
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

static enum batch_state advise(struct explore_batch *batch, int advice, const char *name)
{
	unsigned int i;

	for (i = 0; i < batch->nr; i++)
		if (madvise(batch->ranges[i].start, batch->vm->pmd_size, advice))
			return batch_failed(batch, TROUBLE_MACHINE, i, "%s: %s", name,
					    strerror(errno));
	return BATCH_GOES_ON;
}

/*
 * Were there too few free blocks, or were pages of the machine moved? To be asked before
 * anybody else has a turn.
 */
static void look_at_disturbances(struct explore_batch *batch, const struct disturbances *before)
{
	unsigned long orders = batch->rules.forced ? BIT(batch->vm->pmd_order) :
						     batch->rules.orders;
	struct disturbances after = *before;
	const struct block_question question = {
		.vm = batch->vm, .ranges = batch->ranges, .seen = batch->before, .nr = batch->nr,
		.tries = batch->tries, .before = before, .after = &after,
	};
	struct block_lack lack;
	unsigned int order;

	batch->pages_moved = pages_were_moved(batch->vm, &after);
	for (order = 0; order <= batch->vm->pmd_order; order++)
		if (orders & BIT(order))
			batch->lacked_blocks |= blocks_lacked(&question, order, &lack);
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
	struct disturbances disturbances;
	struct thp_counters before;
	struct knob_error error;
	uint64_t start;
	int err = 0;

	if (thp_settings_apply(batch->vm, &settings, &error))
		return batch_failed(batch, TROUBLE_MACHINE, -1, "%s %s", error.path, error.what);
	if (advise(batch, MADV_HUGEPAGE, "MADV_HUGEPAGE") == BATCH_FAILED)
		return BATCH_FAILED;
	disturbances_read(batch->vm, 0, &disturbances);
	/* They are many files. */
	if (batch->countable)
		thp_counters_read(batch->vm, &before);
	start = now_ns();
	if (batch->rules.forced)
		force(batch);
	else
		err = khugepaged_scan(&batch->khugepaged, 1);
	batch->figures->scan_ns += now_ns() - start;
	if (batch->countable) {
		thp_counters_read(batch->vm, &batch->counters);
		thp_counters_since(&batch->counters, &before);
	}
	if (err)
		return batch_failed(batch, TROUBLE_MACHINE, -1, "%s: %s", err == -ETIMEDOUT ?
				    "khugepaged is dead" : "khugepaged cannot be made to scan",
				    strerror(-err));
	look_at_disturbances(batch, &disturbances);
	if (advise(batch, MADV_NOHUGEPAGE, "MADV_NOHUGEPAGE") == BATCH_FAILED)
		return BATCH_FAILED;
	if (thp_settings_verify(batch->vm, &settings, &error))
		return batch_failed(batch, TROUBLE_MACHINE, -1, "%s %s", error.path, error.what);
	batch->scans++;
	return BATCH_GOES_ON;
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
			batch->figures->rules[i][order] += batch->predicted[nr].rules[i][order];
	pte_table_copy(now, batch->seen[nr]);
	for (i = 0; i < now->nr; i++)
		if (now->pte[i].state == PTE_UNREFERENCED)
			now->pte[i].state = PTE_PRESENT;
	steps_forget_absent(now, batch->written[nr]);
	batch->figures->tables += !canary;
}

enum batch_state batch_judge(struct explore_batch *batch)
{
	struct setup_error error;
	enum batch_state state;
	unsigned int i;

	if (pte_read_back(batch->vm, batch->ranges, batch->nr, batch->seen, &error))
		return batch_failed_setup(batch, &error, "reading back");
	if (batch->show)
		batch->show(batch);
	state = batch_compare(batch);
	if (state == BATCH_GOES_ON)
		return batch_predict(batch);
	if (state != BATCH_DONE)
		return state;
	for (i = 0; i < batch->nr; i++) {
		accept(batch, i);
		batch->at[i] += !batch->settled;
	}
	return batch_advance(batch);
}

enum batch_state batch_end(struct explore_batch *batch)
{
	batch->figures->cases += batch->nr - 1;
	return range_area_unmap(&batch->area) ? failed_child(batch) : BATCH_DONE;
}
