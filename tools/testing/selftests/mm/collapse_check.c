// SPDX-License-Identifier: GPL-2.0
/* The flow of a test; see collapse_check.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "check_internal.h"
#include "pte_read.h"
#include "pte_setup.h"

#define MAX_MEMORY	(384UL << 20)		/* bytes of one batch, if that is four ranges */
#define FORCE_AMID_MOVES	10		/* times that MADV_COLLAPSE is called again */

enum generation generation_detect(const struct vm_geometry *vm)
{
	unsigned long value;
	char path[128];

	size_path(vm, path, sizeof(path), vm->pmd_order, "stats/collapse_exceed_none_pte");
	return read_ulong(path, &value) ? GEN_NONE : GEN_MAINLINE;
}

/* Add the time since @start to one of the figures. */
static void add_time(struct collapse_check *check, enum check_time which, uint64_t start)
{
	if (check->figures)
		check->figures->ns[which] += now_ns() - start;
}

enum check_verdict check_apply(const struct vm_geometry *vm, const struct thp_settings *settings)
{
	struct knob_error error;

	if (!thp_settings_apply(vm, settings, &error))
		return CHECK_PASS;
	check_printf("%s %s", error.path, error.what);
	return CHECK_FAIL;
}

static enum check_verdict wait_for_scans(struct collapse_check *check, unsigned int passes)
{
	uint64_t start = now_ns();
	int err;

	err = khugepaged_scan(&check->khugepaged, passes);
	add_time(check, TIME_KHUGEPAGED, start);
	if (!err)
		return CHECK_PASS;
	if (err == -ETIMEDOUT)
		check_printf("khugepaged is dead: no complete scan, full_scans stands still (%s)",
			     khugepaged_find() ? "its thread is there" : "there is no such thread");
	else if (err == -EBUSY)
		check_print("khugepaged was at work for a minute and completed no scan");
	else
		check_printf("khugepaged cannot be made to scan: %s", strerror(-err));
	return CHECK_FAIL;
}

/*
 * With a process on its list khugepaged sleeps between scans; with none it would
 * scan as soon as one comes, at a time that is not ours.
 */
static enum check_verdict settle(struct collapse_check *check)
{
	struct range anchor = { 0 };
	struct range_area area;
	enum check_verdict verdict = CHECK_FAIL;

	if (range_area_map(&check->vm, &area, &anchor, 1)) {
		check_printf("no room in the address space: %s", strerror(errno));
		return CHECK_FAIL;
	}
	if (mprotect(anchor.start, check->vm.pmd_size, PROT_READ | PROT_WRITE)) {
		check_printf("mprotect: %s", strerror(errno));
		goto out;
	}
	touch_page(anchor.start);
	if (madvise(anchor.start, check->vm.pmd_size, MADV_HUGEPAGE))
		check_printf("MADV_HUGEPAGE: %s", strerror(errno));
	else
		verdict = wait_for_scans(check, 1);
out:
	range_area_unmap(&area);
	return verdict;
}

enum check_verdict check_begin(struct collapse_check *check, const struct vm_geometry *vm,
			       enum generation generation, const char *test,
			       struct check_figures *figures)
{
	struct thp_settings quiet = thp_settings_quiet(vm, 0);
	uint64_t start = now_ns();
	enum check_verdict verdict;

	memset(check, 0, sizeof(*check));
	check->vm = *vm;
	check->generation = generation;
	check->settings = thp_settings_of(vm, 0, THP_NEVER);
	check->passes = 2;
	snprintf(check->test, sizeof(check->test), "%s", test);
	check->figures = figures;
	check->stamp = start << 6;
	verdict = check_apply(&check->vm, &quiet) ?: settle(check);
	add_time(check, TIME_TOTAL, start);
	return verdict;
}

/* How many ranges one batch may have; a collapse takes the size of one more. */
static unsigned int capacity(const struct collapse_check *check)
{
	size_t memory = meminfo_bytes("MemAvailable") / 2;
	size_t limit = 4 * check->vm.pmd_size, ranges;

	if (limit < MAX_MEMORY)
		limit = MAX_MEMORY;
	if (memory > limit)
		memory = limit;
	ranges = memory / check->vm.pmd_size;
	ranges -= !!ranges;
	return ranges < CHECK_MAX_CASES ? ranges : CHECK_MAX_CASES;
}

enum check_verdict check_read_back(struct collapse_check *check)
{
	struct pte_table *seen[CHECK_MAX_CASES];
	struct setup_error error;
	unsigned int i;

	for (i = 0; i < check->nr_ranges; i++)
		seen[i] = check_case_of(check, i)->seen;
	if (!pte_read_back(&check->vm, check->ranges, check->nr_ranges, seen, &error))
		return CHECK_PASS;
	check_printf("reading back: %s", error.what);
	return CHECK_FAIL;
}

enum check_verdict check_seen(struct collapse_check *check, unsigned int nr,
			      const char *notation)
{
	const struct check_case *c = &check->cases[nr];
	enum check_verdict verdict = check_read_back(check);
	struct pte_table *wanted;

	if (verdict)
		return verdict;
	wanted = check_parse(check, notation);
	verdict = check_broken(check);
	if (!verdict && !pte_table_equal(wanted, c->seen)) {
		check_print_mismatch(check, c, "after a change by the test", wanted, c->seen);
		verdict = CHECK_FAIL;
	}
	free(wanted);
	return verdict;
}

enum check_verdict check_data(struct collapse_check *check, unsigned int nr)
{
	const struct check_case *c = &check->cases[nr];
	struct setup_error error;

	if (!range_check_data(&check->vm, &check->ranges[nr], c->seen, sizeof(uint64_t), &error))
		return CHECK_PASS;
	check_print_failure(check, c, error.what);
	check_print_replay(check);
	return CHECK_FAIL;
}

/* Set up @nr cases from @first on, and the canary. */
static enum check_verdict lay_out(struct collapse_check *check, unsigned int first,
				  unsigned int nr)
{
	struct thp_settings quiet = thp_settings_quiet(&check->vm, check_orders_on(check));
	struct disturbances before, after;
	unsigned long folios = 0;
	enum check_verdict verdict;
	struct setup_error error;
	unsigned int i;
	int err;

	check->first = first;
	check->nr_ranges = nr + !check->forced;
	for (i = 0; i < check->nr_ranges; i++) {
		const struct check_case *c = check_case_of(check, i);

		check->ranges[i] = (struct range){
			.wanted = c->wanted,
			.shape = c->shape,
			.table_exists = c->table_exists,
			.pin_kind = c->pin_kind,
			.stamp = check->stamp + i,
		};
		folios |= pte_table_orders(c->wanted);
	}
	verdict = check_apply(&check->vm, &quiet);
	if (verdict)
		return verdict;
	err = range_area_map(&check->vm, &check->area, check->ranges, check->nr_ranges);
	if (err) {
		check_printf("no room in the address space: %s", strerror(-err));
		return CHECK_FAIL;
	}
	disturbances_read(&check->vm, folios, &before);
	if (pte_setup(&check->vm, &check->area, &error)) {
		check_printf("set-up failed: %s", error.what);
		check->skip_reason = error.missing;
		return error.missing ? CHECK_SKIP : CHECK_FAIL;
	}
	verdict = check_read_back(check);
	for (i = 0; i < check->nr_ranges && !verdict; i++) {
		const struct check_case *c = check_case_of(check, i);

		if (pte_table_equal(c->wanted, c->seen))
			continue;
		check_print_mismatch(check, c, "the set-up did not take", c->wanted, c->seen);
		verdict = CHECK_FAIL;
	}
	disturbances_read(&check->vm, folios, &after);
	if (!verdict && check->after_lay_out)
		return check->after_lay_out(check);
	if (verdict && after.fault_failed != before.fault_failed) {
		check->skip_reason = "page faults got no folios of a size that was needed";
		verdict = CHECK_SKIP;
	}
	return verdict;
}

static enum check_verdict too_little_memory(struct collapse_check *check)
{
	check_printf("MemAvailable is %zu kB, a range %zu kB",
		     meminfo_bytes("MemAvailable") / 1024, check->vm.pmd_size / 1024);
	check->skip_reason = "not enough memory for a batch";
	return CHECK_SKIP;
}

enum check_verdict check_lay_out(struct collapse_check *check)
{
	uint64_t start = now_ns();
	enum check_verdict verdict;

	check_add_canary(check);
	verdict = check_broken(check);
	if (!verdict && check->nr_cases + 1 > capacity(check))
		verdict = too_little_memory(check);
	verdict = verdict ?: lay_out(check, 0, check->nr_cases);
	add_time(check, TIME_TOTAL, start);
	return verdict;
}

static enum check_verdict force(struct collapse_check *check, const struct check_case *c,
				char *start, size_t size)
{
	int err = -khugepaged_force(start, size);
	unsigned int nth;

	/* The errno of what passes: give it time to. */
	for (nth = 0; err == EAGAIN && err != c->forced_errno && nth < FORCE_AMID_MOVES; nth++) {
		pause_amid_moves(nth);
		err = -khugepaged_force(start, size);
	}
	if (err == c->forced_errno)
		return CHECK_PASS;
	check_print_set_up(c);
	check_printf("MADV_COLLAPSE: expected %s, seen %s",
		     c->forced_errno ? strerror(c->forced_errno) : "success",
		     err ? strerror(err) : "success");
	check_print_replay(check);
	return CHECK_FAIL;
}

/* Only now may khugepaged see the memory, or is it collapsed at once. */
static enum check_verdict collapse(struct collapse_check *check)
{
	static const int advice[] = {
		[ADVISE_HUGEPAGE] = MADV_HUGEPAGE,
		[ADVISE_NOHUGEPAGE] = MADV_NOHUGEPAGE,
	};
	enum check_verdict verdict = CHECK_PASS;
	unsigned int i;

	for (i = 0; i < check->nr_ranges && !verdict; i++) {
		char *start = check->ranges[i].start;
		size_t size = check->vm.pmd_size;
		const struct check_case *c = check_case_of(check, i);

		if (c->shape == RANGE_SHORT)
			size -= check->vm.page_size;
		if (c->shape == RANGE_LATE) {
			start += check->vm.page_size;
			size -= check->vm.page_size;
		}
		if (c->advice != ADVISE_NOTHING && madvise(start, size, advice[c->advice])) {
			check_printf("madvise(%d): %s", advice[c->advice], strerror(errno));
			return CHECK_FAIL;
		}
		if (check->forced)
			verdict = force(check, c, start, size);
	}
	if (verdict || check->forced)
		return verdict;
	return wait_for_scans(check, check->passes);
}

/* Only @act lies between the two readings; what it moves is added. */
static enum check_verdict measured(struct collapse_check *check,
				   enum check_verdict (*act)(struct collapse_check *check))
{
	struct thp_counters before;
	struct rss rss, after;
	enum check_verdict verdict;

	if (!check->measure)
		return act(check);
	rss_read(&check->vm, &rss);	/* once for the memory that reading takes */
	thp_counters_read(&check->vm, &before);
	thp_counters_since(&before, &check->moved);
	rss_read(&check->vm, &rss);
	verdict = act(check);
	rss_read(&check->vm, &after);
	thp_counters_read(&check->vm, &check->moved);
	thp_counters_since(&check->moved, &before);
	check->grown.status += after.status - rss.status;
	check->grown.smaps_rollup += after.smaps_rollup - rss.smaps_rollup;
	return verdict;
}

static enum check_verdict settings_untouched(struct collapse_check *check)
{
	struct knob_error error;

	if (!thp_settings_verify(&check->vm, &check->settings, &error))
		return CHECK_PASS;
	check_printf("no verdict: %s %s", error.path, error.what);
	return CHECK_FAIL;
}

/*
 * A canary that was collapsed before proves nothing again: make it anew, alone and without
 * advice, with what was measured still to come.
 */
static enum check_verdict renew_canary(struct collapse_check *check)
{
	struct thp_settings quiet = thp_settings_quiet(&check->vm, check_orders_on(check));
	struct range *range = &check->ranges[check->nr_ranges - 1];
	struct check_case *canary = &check->cases[check->nr_cases];
	struct range_area area = { .ranges = range, .nr_ranges = 1 };
	struct setup_error error;

	if (check->forced || pte_table_equal(canary->wanted, canary->seen))
		return CHECK_PASS;
	if (check_apply(&check->vm, &quiet))
		return CHECK_FAIL;
	if (pte_setup(&check->vm, &area, &error) ||
	    pte_read_back(&check->vm, range, 1, &canary->seen, &error)) {
		check_printf("the canary cannot be set up again: %s", error.what);
		return CHECK_FAIL;
	}
	if (pte_table_equal(canary->wanted, canary->seen))
		return CHECK_PASS;
	check_print_mismatch(check, canary, "the canary could not be set up again",
			     canary->wanted, canary->seen);
	return CHECK_FAIL;
}

static enum check_verdict scan_once_more(struct collapse_check *check)
{
	return wait_for_scans(check, 1);
}

/* What was left out while pages were moved is looked at again. */
static enum check_verdict scan_amid_moves(struct collapse_check *check,
					  const struct disturbances *before)
{
	struct disturbances since = *before;
	enum check_verdict verdict = CHECK_PASS;
	bool moved = pages_were_moved(&check->vm, &since);
	unsigned int more;

	check->pages_moved = moved;
	if (check->forced || check->passes == 1)
		return CHECK_PASS;
	for (more = 0; more < SCANS_AMID_MOVES; more++) {
		if (verdict || !moved || !check_is_less(check))
			break;
		check_print("less than expected, but pages were moved meanwhile: one more scan");
		pause_amid_moves(more);
		disturbances_read(&check->vm, 0, &since);
		verdict = measured(check, scan_once_more) ?: settings_untouched(check) ?:
			  check_read_back(check);
		moved = pages_were_moved(&check->vm, &since);
	}
	return verdict;
}

enum check_verdict check_collapse(struct collapse_check *check)
{
	struct disturbances before;
	uint64_t start = now_ns();
	enum check_verdict verdict;
	unsigned int i;

	memset(&check->counts, 0, sizeof(check->counts));
	verdict = check_broken(check) ?: renew_canary(check);
	for (i = 0; i < check->nr_ranges && !verdict; i++)
		verdict = check_predict(check, check_case_of(check, i));
	memset(&check->moved, 0, sizeof(check->moved));
	memset(&check->grown, 0, sizeof(check->grown));
	disturbances_read(&check->vm, check_orders_on(check), &before);
	verdict = verdict ?: check_remember_pfns(check);
	verdict = verdict ?: check_apply(&check->vm, &check->settings);
	verdict = verdict ?: measured(check, collapse);
	verdict = verdict ?: settings_untouched(check);
	verdict = verdict ?: check_read_back(check);
	verdict = verdict ?: scan_amid_moves(check, &before);
	verdict = verdict ?: check_judge(check, &before);
	add_time(check, TIME_TOTAL, start);
	return verdict;
}

void check_write_shared(struct collapse_check *check)
{
	const unsigned int smallest = BIT(2);
	unsigned int i, pte;

	for (i = 0; i < check->nr_ranges; i++) {
		struct range other = range_with_other_data(&check->ranges[i]);
		const struct check_case *c = check_case_of(check, i);
		const struct pte_table *seen = c->seen;

		/* Of another shape, a part may not be written to. */
		if (c->shape != RANGE_WHOLE || seen->vma & (VMA_READ_ONLY | VMA_NO_ACCESS))
			continue;
		for (pte = 0; pte < seen->nr; pte++) {
			if (seen->pte[pte].state != PTE_SHARED)
				continue;
			range_write_page(&check->vm, &other,
					 other.start + pte * check->vm.page_size, pte);
			pte |= smallest - 1;	/* on to the next region */
		}
	}
}

enum check_verdict check_unmap(struct collapse_check *check)
{
	if (!range_area_unmap(&check->area))
		return CHECK_PASS;
	check_print("the child that shares pages found other data in them");
	check_print_cases(check);
	return CHECK_FAIL;
}

enum check_verdict check_run(struct collapse_check *check)
{
	unsigned int first, nr, room = capacity(check);
	enum check_verdict verdict = CHECK_PASS;

	check_add_canary(check);
	verdict = check_broken(check);
	if (!verdict && room < 2)
		verdict = too_little_memory(check);
	for (first = 0; first < check->nr_cases && !verdict; first += nr) {
		uint64_t start = now_ns();

		nr = check->nr_cases - first;
		if (nr > room - 1)
			nr = room - 1;
		verdict = check_broken(check) ?: lay_out(check, first, nr);
		add_time(check, TIME_TOTAL, start);
		verdict = verdict ?: check_collapse(check);
		if (!verdict)
			check_write_shared(check);
		verdict = check_unmap(check) ?: verdict;
	}
	return verdict;
}
