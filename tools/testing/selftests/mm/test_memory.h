/* SPDX-License-Identifier: GPL-2.0 */
/* Data, memory and counters: rows DAT. Included by mthp_khugepaged.c. */
#ifndef TEST_MEMORY_H
#define TEST_MEMORY_H

#include "check_counters.h"
#include "suite.h"

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

/* DAT-3: on any kernel, a collapse to the PMD order moves the counters of vmstat. */
TEST_ROWS(collapse, pmd_counters, "DAT-3")
{
	struct collapse_check *check = &self->check;

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

#endif
