/* SPDX-License-Identifier: GPL-2.0 */
/* What happens to one region: rows REG. Included by mthp_khugepaged.c. */
#ifndef TEST_REGION_H
#define TEST_REGION_H

#include "check_counters.h"
#include "suite.h"

/* REG-4: a region with a folio as large as the order that is tried is left alone. */
TEST_ROWS(collapse, large_enough_is_left_alone, "REG-4")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check->settings.max_ptes_none = 0;
	check_case(check, "p4 .~", "p4 .~");
	check_case(check, "p4[0] p*15 .~", "p4[0] p*15 .~");
	check_case(check, "p*15 p4[15] .~", "p*15 p4[15] .~");
	check_sizes(check, BIT(4));
	CHECK(check_run(check));

	/* No smaller size is tried in such a region, though its base pages would do. */
	check_sizes(check, BIT(2) | BIT(4));
	CHECK(check_run(check));

	/* A smaller size alone takes what has no part of the folio. */
	check_sizes(check, BIT(2));
	check_literal(check, 1, "p4[0] p*3 p2*3 .~");
	check_literal(check, 2, "p2*3 p*3 p4[15] .~");
	CHECK(check_run(check));
}

/* REG-4: the PMD order is exempt, it takes what a larger folio left. */
TEST_ROWS(collapse, pmd_takes_any_folio, "REG-4")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(check->vm.pmd_order));
	check_case(check, "p4[0] p~", "H");
	check_case(check, "pM-1 p~", "H");
	CHECK(check_run(check));
}

/* REG-5: smaller folios merge into a larger one, alone and among base pages. */
TEST_ROWS(collapse, smaller_folios_merge, "REG-5")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(4) | BIT(5));
	check->settings.max_ptes_none = 0;
	check_case(check, "p2~", "p5~");
	check_case(check, "p2*4 p3*2 p*16 .~", "p5 p4 .~");
	CHECK(check_run(check));
}

/* Two folios of order 4 became partially mapped, a third one was freed. */
static int wrong_partial_counters(const struct collapse_check *check)
{
	long deferred = check->moved.size[4].split_deferred;
	long partial = check->moved.size[4].nr_anon_partially_mapped;
	long nr_anon = check->moved.size[4].nr_anon;

	if (deferred == 2 && partial == 2 && nr_anon == -1)
		return 0;
	check_printf("order 4, split_deferred: expected 2, seen %ld", deferred);
	check_printf("order 4, nr_anon_partially_mapped: expected 2, seen %ld", partial);
	check_printf("order 4, nr_anon: expected -1, seen %ld", nr_anon);
	return 1;
}

/* REG-5: a source that sticks out of the region stays, partially mapped. */
TEST_ROWS(collapse, crooked_source_is_left_partial, "REG-5")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(5));
	check->settings.max_ptes_none = 0;
	check_case(check, ".*17 p4*3 .~", ".*17 p4[0-14] p5 p4[15] .~");
	CHECK(check_count(check, wrong_partial_counters));
}

/* REG-3: a shared page spoils its region and no other, and is counted for its order. */
TEST_ROWS(collapse, shared_page_spoils_one_region, "REG-3 DAT-4")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(4));
	check->settings.max_ptes_none = 0;
	check_case(check, "f p*31 .~", "f p*3 p2*3 p4 .~");
	check_case(check, "p*16 f p*15 .~", "p4 f p*3 p2*3 .~");
	CHECK(check_count(check, check_wrong_counters));
}

/*
 * REG-3: a try that fails in the middle of a region leaves the smaller sizes a chance.
 * It does not: docs/findings/no-smaller-size-after-a-try.md.
 */
TEST_ROWS(collapse, smaller_size_after_a_try, "REG-3")
{
	struct collapse_check *check = &self->check;
	struct setup_error error;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(4));
	check->settings.max_ptes_none = 0;
	check_case(check, "p*15 f .~", "p2*3 p*3 f .~");
	CHECK(check_lay_out(check));
	if (check_collapse(check) == CHECK_PASS)
		return;
	ASSERT_EQ(0, range_check_data(&check->vm, &check->ranges[0], check->cases[0].seen,
				    sizeof(uint64_t), &error));
	ASSERT_TRUE(pte_table_equal(check->cases[0].wanted, check->cases[0].seen));
	XFAIL(return, "no smaller size is collapsed after a try at a larger one failed");
}

#endif
