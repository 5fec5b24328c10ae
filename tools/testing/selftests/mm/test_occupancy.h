/* SPDX-License-Identifier: GPL-2.0 */
/* How many PTEs may be empty: rows OCC. Included by mthp_khugepaged.c. */
#ifndef TEST_OCCUPANCY_H
#define TEST_OCCUPANCY_H

#include "ksm.h"
#include "suite_fixtures.h"

/* A case for each place of one PTE in a region: the outermost, those beside, the middle. */
static unsigned int places_in_region(unsigned int nr, unsigned int places[5])
{
	const unsigned int all[] = { 0, 1, nr / 2, nr - 2, nr - 1 };
	unsigned int i, count = 0;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (!count || all[i] > places[count - 1])
			places[count++] = all[i];
	return count;
}

/* OCC-1: with limit 0, one hole anywhere in the region is too many. */
TEST_ROWS(each_order, limit_0_takes_no_hole, "OCC-1")
{
	struct collapse_check *check = &self->check;
	unsigned int order = variant->order, nr = BIT(order), places[5], i;
	unsigned int count = places_in_region(nr, places);

	check_sizes(check, BIT(order));
	check->settings.max_ptes_none = 0;
	check_case(check, check_text(check, "p*%u .~", nr), check_text(check, "P%u .~", order));
	check_case(check, check_text(check, ".~ p*%u", nr), check_text(check, ".~ P%u", order));
	for (i = 0; i < count; i++) {
		unsigned int at = places[i];
		const char *hole;

		/* In the first region, and in the last one. */
		hole = check_text(check, "p*%u . p*%u .~", at, nr - 1 - at);
		check_case(check, hole, hole);
		hole = check_text(check, ".~ p*%u . p*%u", at, nr - 1 - at);
		check_case(check, hole, hole);
	}
	CHECK(check_run(check));
}

/* OCC-1: a hole in one region does not keep its neighbours from collapsing. */
TEST_ROWS(each_order, hole_spoils_one_region, "OCC-1")
{
	struct collapse_check *check = &self->check;
	unsigned int order = variant->order, nr = BIT(order);

	if (order == check->vm.pmd_order)
		SKIP(return, "a range is one region of the PMD order");
	check_sizes(check, BIT(order));
	check->settings.max_ptes_none = 0;
	check_case(check, ". p~", check_text(check, ". p*%u P%u~", nr - 1, order));
	check_case(check, "p~ .", check_text(check, "P%u~ p*%u .", order, nr - 1));
	check_case(check, check_text(check, "p*%u . p~", nr),
		   check_text(check, "P%u . p*%u P%u~", order, nr - 1, order));
	CHECK(check_run(check));
}

/* OCC-2: with limit NR-1, one page is enough, and the region beside stays empty. */
TEST_ROWS(each_order, limit_max_takes_one_page, "OCC-2")
{
	struct collapse_check *check = &self->check;
	unsigned int order = variant->order, nr = BIT(order), places[5], i;
	unsigned int count = places_in_region(nr, places);

	check_sizes(check, BIT(order));
	check->settings.max_ptes_none = check->vm.nr - 1;
	for (i = 0; i < count; i++) {
		unsigned int at = places[i];

		check_case(check, check_text(check, ".*%u p .~", at),
			   check_text(check, "P%u .~", order));
		check_case(check, check_text(check, ".~ p .*%u", nr - 1 - at),
			   check_text(check, ".~ P%u", order));
	}
	CHECK(check_run(check));
}

/* OCC-3: a limit between 0 and NR-1 is 0 for mTHP, with one warning in the log. */
TEST_ROWS(collapse, limit_between_is_0, "OCC-3")
{
	static const char *const warning[] = {
		"*mTHP collapse does not support max_ptes_none*", NULL
	};
	struct collapse_check *check = &self->check;
	unsigned long limits[] = { 1, check->vm.nr / 2, check->vm.nr - 2 };
	bool complete = false;
	unsigned int i;
	uint64_t from = 0;
	int warnings;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(3) | BIT(4));
	check_case(check, "p*4 p*3 . p*7 . p*15 . .~", "p2 p*3 . p2 p*3 . p3 p2 p*3 . .~");
	check_case(check, "p*16 .~ p*8", "p4 .~ p3");
	check_case(check, ". p*15 .~", ". p*3 p2 p3 .~");
	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		check->settings.max_ptes_none = limits[i];
		CHECK(check_run(check));
	}

	warnings = kernel_log_count(&from, warning, check_print, &complete);
	if (warnings < 0) {
		check_print("the kernel log cannot be read: the warning was not looked for");
		return;
	}
	EXPECT_LE(warnings, 1);
	/* A log that lost lines may have lost it. The v10 series had none: there limits scale. */
	EXPECT_LE(complete && check->generation == GEN_MAINLINE, warnings);
}

/* Pages that a range must have for the PMD order, at the limit that is set. */
static unsigned int pages_for_pmd(const struct collapse_check *check)
{
	return check->vm.nr - check->settings.max_ptes_none;
}

/* OCC-4: alone, the PMD order takes as many holes as the limit says, and no more. */
TEST_ROWS(collapse, pmd_limit_alone, "OCC-4")
{
	struct collapse_check *check = &self->check;
	const char *text;
	unsigned int pages;

	check_sizes(check, BIT(check->vm.pmd_order));
	check->settings.max_ptes_none = check->vm.nr * 3 / 5;
	pages = pages_for_pmd(check);
	check_case(check, check_text(check, "p*%u .~", pages), "H");
	check_case(check, check_text(check, ".~ p*%u", pages), "H");
	text = check_text(check, "p*%u .~", pages - 1);
	check_case(check, text, text);
	text = check_text(check, ". p*%u .~", pages - 1);
	check_case(check, text, text);
	CHECK(check_run(check));
}

/* OCC-4: with another size on, the PMD order keeps that limit. */
TEST_ROWS(collapse, pmd_limit_with_mthp, "OCC-4")
{
	struct collapse_check *check = &self->check;
	unsigned int pages;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(check->vm.pmd_order));
	check->settings.max_ptes_none = check->vm.nr * 3 / 5;
	pages = pages_for_pmd(check);
	check_case(check, check_text(check, "p*%u .~", pages), "H");
	check_case(check, check_text(check, "p*%u .~", pages - 1),
		   check_text(check, "p2*%u p*%u .~", (pages - 1) / 4, (pages - 1) % 4));
	CHECK(check_run(check));
}

/* OCC-5: no memory appears where there was none, PTE table or not. */
TEST_ROWS(collapse, empty_range_stays_empty, "OCC-5")
{
	struct collapse_check *check = &self->check;

	check_sizes(check, suite_orders());
	check->measure = true;
	check_case(check, ".~", ".~");
	check_case(check, ".~", ".~")->table_exists = true;
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));
	EXPECT_EQ(0, check->grown.smaps_rollup) {
		check_print_cases(check);
	}
}

/* OCC-6: the zero page is a hole, and is replaced by zeroed memory where holes may be filled. */
TEST_ROWS(each_order, zero_pages_are_holes, "OCC-6")
{
	struct collapse_check *check = &self->check;
	unsigned int order = variant->order, nr = BIT(order);
	const char *text;

	check_sizes(check, BIT(order));
	check->settings.max_ptes_none = 0;
	check_case(check, check_text(check, "p*%u .~", nr), check_text(check, "P%u .~", order));
	text = check_text(check, "z p*%u .~", nr - 1);
	check_case(check, text, text);
	text = check_text(check, ".~ p*%u z", nr - 1);
	check_case(check, text, text);
	text = check_text(check, "z*%u .~", nr);
	check_case(check, text, text);
	CHECK(check_run(check));

	check->settings.max_ptes_none = check->vm.nr - 1;
	check->every_byte = true;
	check_literal(check, 1, check_text(check, "P%u .~", order));
	check_literal(check, 2, check_text(check, ".~ P%u", order));
	CHECK(check_run(check));
}

/* OCC-6: so are the zero pages that KSM put there, and KSM counts them no more. */
TEST_ROWS(collapse, ksm_zero_pages_are_holes, "OCC-6 REG-10")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2));
	check->settings.max_ptes_none = 0;
	check_case(check, "K p*7 .~", "K p*3 p2 .~");
	check_case(check, "p*4 .~ p*5 K*3 .*8", "p2 .~ p2 p K*3 .*8");
	CHECK(check_lay_out(check));
	EXPECT_EQ(4, ksm_zero_pages());
	CHECK(check_collapse(check));
	EXPECT_EQ(4, ksm_zero_pages());

	check->settings.max_ptes_none = check->vm.nr - 1;
	check->every_byte = true;
	check_literal(check, 0, "p2*2 .~");
	check_literal(check, 1, "p2 .~ p2*2 .*8");
	CHECK(check_collapse(check));
	EXPECT_EQ(0, ksm_zero_pages());
}

#endif
