/* SPDX-License-Identifier: GPL-2.0 */
/* Data, memory and counters: rows DAT. Included by mthp_khugepaged.c. */
#ifndef TEST_MEMORY_H
#define TEST_MEMORY_H

#include "check_counters.h"
#include "memcg.h"
#include "suite_fixtures.h"
#include "trace.h"

/* DAT-1: no byte is lost on the way, and a hole that was filled reads zero. */
TEST_ROWS(each_order, data_survives, "DAT-1")
{
	struct collapse_check *check = &self->check;
	unsigned int order = variant->order, quarter = BIT(order) / 4;

	check_sizes(check, BIT(order));
	check->every_byte = true;
	check_case(check, "p~", check_text(check, "P%u~", order));
	check_case(check, check_text(check, "p*%u .*%u z*%u p*%u .~", quarter, quarter, quarter,
				     quarter), check_text(check, "P%u .~", order));
	CHECK(check_run(check));
}

/* DAT-2: the memory of the process grows by the holes that were filled, to the page. */
TEST_ROWS(collapse, rss_grows_by_filled_holes, "DAT-2")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(3));
	check->measure = true;
	check_case(check, "p .*7 p~", NULL);
	check_case(check, "z*5 p .~", NULL);
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));
	EXPECT_EQ(7 + 7, check->counts.filled);
	EXPECT_EQ(check->counts.filled, check->grown.status) {
		check_print_cases(check);
	}
	EXPECT_EQ(check->counts.filled, check->grown.smaps_rollup);
}

/* DAT-2: the same for the PMD order, on any kernel. */
TEST_ROWS(collapse, rss_grows_by_filled_holes_pmd, "DAT-2")
{
	struct collapse_check *check = &self->check;

	check_sizes(check, BIT(check->vm.pmd_order));
	check->measure = true;
	check_case(check, "p .~", "H");
	check_case(check, "p~ .*3", "H");
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));
	EXPECT_EQ((long)check->vm.nr - 1 + 3, check->counts.filled);
	EXPECT_EQ(check->counts.filled, check->grown.smaps_rollup);
}

/* DAT-3, DAT-4: with limit 0 only full regions are tried, and only once. */
TEST_ROWS(collapse, counters_at_limit_0, "DAT-3 DAT-4")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(4));
	check->settings.max_ptes_none = 0;
	check_case(check, "p*20 .~", "p4 p2 .~");
	check_case(check, "p*15 . p*4 .~", "p2*3 p*3 . p2 .~");
	check_case(check, ".~", ".~")->table_exists = true;
	CHECK(check_count(check, check_wrong_counters));
}

/* DAT-3, DAT-4: with limit NR-1 a region is tried for one page, but not for none. */
TEST_ROWS(collapse, counters_at_limit_max, "DAT-3 DAT-4")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(3));
	check_case(check, "p .~", "p3 .~");
	check_case(check, ".*12 p .~ p*2", ".*8 p3 .~ p3");
	check_case(check, ".~", ".~")->table_exists = true;
	CHECK(check_count(check, check_wrong_counters));
}

/* DAT-3, DAT-4: the PMD order alone counts what ends a scan, and what it collapses. */
TEST_ROWS(collapse, counters_of_pmd_alone, "DAT-3 DAT-4")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(check->vm.pmd_order));
	check->settings.max_ptes_none = 0;
	check_case(check, "p~", "H");
	check_case(check, "p~ .", "p~ .");
	check_case(check, ". p~", ". p~");
	CHECK(check_count(check, check_wrong_counters));
}

/* DAT-4: a limit of the scan that is exceeded counts for the PMD order, whatever is on. */
TEST_ROWS(collapse, exceeded_scan_limits_are_counted, "DAT-4 VET-4 VET-5")
{
	struct collapse_check *check = &self->check;
	unsigned int swap = check->settings.max_ptes_swap + 1;
	unsigned int shared = check->settings.max_ptes_shared + 1;
	const char *text;

	SKIP_WITHOUT_MTHP();
	text = check_text(check, "s*%u p~", swap);
	check_case(check, text, text);
	text = check_text(check, "f*%u p~", shared);
	check_case(check, text, text);
	check_sizes(check, BIT(check->vm.pmd_order));
	CHECK(check_count(check, check_wrong_counters));

	check_sizes(check, BIT(2));
	CHECK(check_count(check, check_wrong_counters));
}

/* DAT-3: on any kernel, a collapse to the PMD order moves the counters of vmstat. */
TEST_ROWS(collapse, pmd_counters, "DAT-3")
{
	struct collapse_check *check = &self->check;

	if (!thp_events_in_vmstat())
		SKIP(return, "/proc/vmstat of this kernel counts no events");
	check_sizes(check, BIT(check->vm.pmd_order));
	check->measure = true;
	check_case(check, "p~", "H");
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));
	EXPECT_LE(2, check->moved.thp_collapse_alloc) {	/* with the canary */
		check_print_cases(check);
	}
	EXPECT_LE(2, check->moved.pages_collapsed);
}

/* Do the trace events tell the tries of each order that the model predicts? */
static int wrong_events(const struct collapse_check *check, const struct trace *trace)
{
	unsigned int order;
	int wrong = 0;

	for (order = 2; order <= check->vm.pmd_order; order++) {
		long collapsed = check->counts.collapsed[order];
		long failed = check->counts.alloc[order] - collapsed;

		long swapped = check->counts.exceed_swap[order];

		if (trace->succeeded[order] == collapsed && trace->failed[order] == failed &&
		    trace->isolated[order] == collapsed &&
		    trace->exceed_swap[order] == swapped &&
		    trace->swapin[order] == check->counts.swapin[order])
			continue;
		check_printf("order %u: expected %ld collapses, %ld failed tries, %ld for swap",
			     order, collapsed, failed, swapped);
		check_printf("         the trace events tell %ld, %ld, %ld",
			     trace->succeeded[order], trace->failed[order],
			     trace->exceed_swap[order]);
		check_printf("         isolated: expected %ld, seen %ld; swap-in: %ld, %ld",
			     collapsed, trace->isolated[order], check->counts.swapin[order],
			     trace->swapin[order]);
		wrong++;
	}
	return wrong;
}

/* For check_count(), which starts a new one for each measurement. */
static struct trace counted_trace;

static enum check_verdict start_trace(struct collapse_check *check)
{
	int err = trace_start(&counted_trace, &check->skip_reason);

	if (err && !check->skip_reason)
		check_printf("the trace cannot be started: %s", strerror(-err));
	return !err ? CHECK_PASS : check->skip_reason ? CHECK_SKIP : CHECK_FAIL;
}

static int wrong_trace(const struct collapse_check *check)
{
	int err = trace_stop(&counted_trace);

	if (err)
		check_printf("the trace cannot be read: %s", strerror(-err));
	return err ? 1 : wrong_events(check, &counted_trace);
}

/* DAT-5: the trace events tell the order and the result of each try. */
TEST_ROWS(collapse, trace_events_tell_order_and_result, "DAT-5")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check->after_lay_out = start_trace;
	check_sizes(check, BIT(2) | BIT(4));
	check_case(check, "p*20 .~", "p4*2 .~");
	check_case(check, ".*32 p*16 .~ p", ".*32 p4 .~ p4");
	check_case(check, "s p~", "s p*3 p2*3 p4~");
	CHECK(check_count(check, wrong_trace));
}

/* DAT-6: a page is young after the collapse, though most of its region was not. */
TEST_ROWS(each_order, young_afterwards, "DAT-6")
{
	struct collapse_check *check = &self->check;
	unsigned int order = variant->order, nr = BIT(order);

	check_sizes(check, BIT(order));
	check_case(check, check_text(check, "u*%u p .~", nr - 1),
		   check_text(check, "P%u .~", order));
	check_case(check, check_text(check, ".~ p u*%u", nr - 1),
		   check_text(check, ".~ P%u", order));
	CHECK(check_run(check));
}

/*
 * DAT-7: what is given back of a collapsed folio is free at the next pressure on the
 * memory cgroup; before that it is counted as partially mapped.
 */
TEST_ROWS(collapse, partial_unmap_is_freed, "DAT-7")
{
	struct collapse_check *check = &self->check;
	struct memcg memcg;
	size_t page_size = check->vm.page_size;
	struct thp_counters at_first, before, after;
	const char *missing;

	SKIP_WITHOUT_MTHP();
	missing = memcg_enter(&memcg);
	if (missing)
		SKIP(return, "%s", missing);
	if (!memcg_has(&memcg, "memory.reclaim"))
		SKIP(return, "memory cgroups of this kernel have no memory.reclaim");
	check_sizes(check, BIT(4));
	check->settings.max_ptes_none = 0;
	check_case(check, "p*64 .~", "p4*4 .~");
	thp_counters_read(&check->vm, &at_first);
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));
	thp_counters_read(&check->vm, &before);

	/* Of one folio all but the first page, of another all but the last. */
	ASSERT_EQ(0, madvise(check->ranges[0].start + page_size, 15 * page_size, MADV_DONTNEED));
	ASSERT_EQ(0, munmap(check->ranges[0].start + 16 * page_size, 15 * page_size));
	CHECK(check_seen(check, 0, "p4[0] .*30 p4[15] p4*2 .~"));
	thp_counters_read(&check->vm, &after);
	EXPECT_EQ(before.size[4].nr_anon_partially_mapped + 2,
		  after.size[4].nr_anon_partially_mapped);

	/* Nothing may be swapped out: all there is to reclaim is what hangs there. */
	memcg_set(&memcg, "memory.swap.max", "0");
	memcg_set(&memcg, "memory.reclaim", "1M");
	CHECK(check_seen(check, 0, "p .*30 p p4*2 .~"));
	thp_counters_read(&check->vm, &after);
	EXPECT_EQ(before.size[4].nr_anon_partially_mapped, after.size[4].nr_anon_partially_mapped);
	EXPECT_EQ(before.size[4].nr_anon - 2, after.size[4].nr_anon);

	/* Nothing leaks: with the range gone, so is each of its folios. */
	range_area_unmap(&check->area);
	thp_counters_read(&check->vm, &after);
	EXPECT_EQ(at_first.size[4].nr_anon, after.size[4].nr_anon);
}

#endif
