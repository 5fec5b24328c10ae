/* SPDX-License-Identifier: GPL-2.0 */
/* Nothing grows by itself: rows CRP. Included by mthp_khugepaged.c. */
#ifndef TEST_CREEP_H
#define TEST_CREEP_H

#include "suite_fixtures.h"
#include "test_order.h"

/* CRP-1: once collapsed, memory stays as it is, however often it is scanned. */
TEST_ROWS(each_order, nothing_creeps, "CRP-1")
{
	struct collapse_check *check = &self->check;
	unsigned int order = variant->order, nr = BIT(order);

	check_sizes(check, BIT(order));
	check_case(check, "p .~", check_text(check, "P%u .~", order));
	check_case(check, ".~ p", check_text(check, ".~ P%u", order));
	check_case(check, check_text(check, ".*%u p .~", nr / 2),
		   check_text(check, "P%u .~", order));
	check_case(check, check_text(check, "p*%u .~", nr), check_text(check, "P%u .~", order));
	check_case(check, check_text(check, "p*%u .~", nr - 1),
		   check_text(check, "P%u .~", order));
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));

	check->passes = 20;
	CHECK(check_collapse(check));
}

/* CRP-1: with all sizes on, a mixture of folios and holes settles in the first scan. */
TEST_ROWS(collapse, mixture_does_not_creep, "CRP-1")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, suite_mthp_orders());
	check->settings.max_ptes_none = 0;
	check_case(check, ".*4 p~", check_text(check, ".*4 %s", staircase(check, true)));
	check_case(check, "p*7 . p*16 .~", "p2 p*3 . p3*2 .~");
	check_case(check, "p4[0] p*15 p*16 .~ p", "p5 .~ p");
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));

	check->passes = 20;
	CHECK(check_collapse(check));
}

/* CRP-2: with limit 0, no collapse of any size adds a page. */
TEST_ROWS(collapse, limit_0_never_grows, "CRP-2")
{
	struct collapse_check *check = &self->check;

	check_sizes(check, suite_orders());
	check->settings.max_ptes_none = 0;
	check->measure = true;
	check_case(check, "p~", NULL);
	check_case(check, "p~ .", NULL);
	check_case(check, ". p*15 p*16 z*16 p*8 .~ p*4", NULL);
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));
	EXPECT_EQ(0, check->counts.filled);
	EXPECT_EQ(0, check->grown.smaps_rollup);
}

/* CRP-3: only a larger size leads up from a folio with filled holes, if the rule holds. */
TEST_ROWS(collapse, only_a_larger_size_promotes, "CRP-3")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2));
	check_case(check, "p .~", "p2 .~");
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));

	/* The limit does not allow what the larger size would need. */
	check_sizes(check, BIT(2) | BIT(4));
	check->settings.max_ptes_none = 0;
	CHECK(check_collapse(check));

	check->settings.max_ptes_none = check->vm.nr - 1;
	check_literal(check, 0, "p4 .~");
	CHECK(check_collapse(check));

	check->passes = 20;
	CHECK(check_collapse(check));
}

/*
 * CRP-4: a limit between 0 and NR-1 lets no folio creep up one order with each scan. In
 * the v10 series it did, with a limit above NR/2: that model says so.
 */
TEST_ROWS(collapse, limit_between_does_not_creep, "CRP-4")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, suite_mthp_orders());
	check->settings.max_ptes_none = check->vm.nr / 2 + 1;
	check_case(check, "p*4 .~", "p2 .~");
	check_case(check, ".*5 p*3 .~ p*8 .*8", ".*5 p*3 .~ p3 .*8");
	check_case(check, "p4 .~", "p4 .~");
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));

	check->passes = check->vm.pmd_order;
	CHECK(check_collapse(check));
}

#endif
