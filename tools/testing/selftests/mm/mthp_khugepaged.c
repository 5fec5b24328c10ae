// SPDX-License-Identifier: GPL-2.0
/*
 * What khugepaged and MADV_COLLAPSE make of anonymous memory, as a specification.
 *
 * Each test states PTE tables and what must become of them, in the notation of
 * pte_table.h; the model (collapse_model.c) has to agree before the kernel is
 * asked. nr is the number of PTEs of a region, NR of the whole range.
 */
#include "suite.h"

/* SAN-1: with one size on, a page fault gives a folio of it; set-up relies on that. */
TEST_ROWS(each_order, fault_gives_this_size, "SAN-1")
{
	struct collapse_check *check = &self->check;

	check_sizes(check, BIT(variant->order));
	check_case(check, check_text(check, "P%u~", variant->order), NULL);
	check_case(check, check_text(check, "P%u .~", variant->order), NULL);
	CHECK(check_run(check));
}

/* ORD-1, ORD-7: a full range becomes folios of the one size that is on. */
TEST_ROWS(each_order, full_range, "ORD-1 ORD-7")
{
	struct collapse_check *check = &self->check;
	const char *folios = check_text(check, "P%u~", variant->order);

	check_sizes(check, BIT(variant->order));
	check_case(check, "p~", folios);
	check->settings.max_ptes_none = 0;
	CHECK(check_run(check));
}

/* Is each range either as expected, or as it was set up? */
static bool all_or_nothing(const struct collapse_check *check)
{
	unsigned int i;

	/* The last one is the canary. */
	for (i = 0; i <= check->nr_cases; i++) {
		const struct check_case *c = &check->cases[i];

		if (!pte_table_equal(c->seen, c->expected) && !pte_table_equal(c->seen, c->wanted))
			return false;
	}
	return true;
}

/*
 * ORD-6: one scan does the first region and the last. A page that is locked or off the
 * LRU for a moment makes the scan pass a whole range by (mm/khugepaged.c:
 * collapse_scan_pmd()), that is no half-done range: then it is set up anew.
 */
TEST_ROWS(each_order, one_scan_does_all, "ORD-6")
{
	struct collapse_check *check = &self->check;
	unsigned int order = variant->order, nr = BIT(order), attempt;
	enum check_verdict verdict = CHECK_FAIL;

	check_sizes(check, BIT(order));
	check->settings.max_ptes_none = 0;
	check->passes = 1;
	check_case(check, "p~", check_text(check, "P%u~", order));
	check_case(check, check_text(check, ".~ p*%u", nr), check_text(check, ".~ P%u", order));
	check_case(check, check_text(check, "p*%u .~", nr), check_text(check, "P%u .~", order));
	for (attempt = 0; attempt < 3 && verdict == CHECK_FAIL; attempt++) {
		CHECK(check_lay_out(check));
		verdict = check_collapse(check);
		if (verdict == CHECK_FAIL)
			ASSERT_TRUE(all_or_nothing(check));
		range_area_unmap(&check->area);
	}
	CHECK(verdict);
}

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

/* Pages of a range that are not exclusive, or not mapped exactly once. */
static int count_shared(const struct collapse_check *check, const struct range *range)
{
	struct page_reader *counts = page_reader_open("/proc/kpagecount");
	uint64_t *entries = calloc(check->vm.nr, sizeof(*entries));
	int wrong = -1;
	unsigned int i;

	if (counts && entries && !pagemap_read(&check->vm, range->start, check->vm.nr, entries)) {
		wrong = 0;
		for (i = 0; i < check->vm.nr; i++)
			wrong += entries[i] & PM_PRESENT &&
				 (!(entries[i] & PM_MMAP_EXCLUSIVE) ||
				  page_reader_get(counts, entries[i] & PM_PFN_MASK) != 1);
	}
	if (counts)
		page_reader_close(counts);
	free(entries);
	return wrong;
}

/* SHR-5: what was collapsed belongs to nobody else, page by page. */
TEST_ROWS(each_order, exclusive_afterwards, "SHR-5")
{
	struct collapse_check *check = &self->check;
	unsigned int order = variant->order;

	check_sizes(check, BIT(order));
	check_case(check, "p~", check_text(check, "P%u~", order));
	check_case(check, "p .~", check_text(check, "P%u .~", order));
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));
	EXPECT_EQ(0, count_shared(check, &check->ranges[0]));
	EXPECT_EQ(0, count_shared(check, &check->ranges[1]));
}

/* "P2 P3 ... " up to below the PMD order, or down; their regions follow each other. */
static const char *staircase(struct collapse_check *check, bool up)
{
	unsigned int order, top = check->vm.pmd_order - 1;
	char text[256] = "";
	size_t len = 0;

	for (order = 2; order <= top; order++)
		len += snprintf(text + len, sizeof(text) - len, " P%u",
				up ? order : top + 2 - order);
	return check_text(check, "%s", text);
}

/* ORD-2: of several sizes, the largest that fits wins; a staggered range shows each. */
TEST_ROWS(collapse, largest_size_wins, "ORD-2")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, suite_orders());
	check->settings.max_ptes_none = 0;
	check_case(check, "p~", "H");
	check_case(check, ".*4 p~", check_text(check, ".*4 %s", staircase(check, true)));
	check_case(check, "p~ .*4", check_text(check, "%s .*4", staircase(check, false)));
	CHECK(check_run(check));

	/* Two sizes, neither of them the PMD's. */
	check_sizes(check, BIT(2) | BIT(4));
	check_literal(check, 0, "p4~");
	check_literal(check, 1, ".*4 p2*3 p4~");
	check_literal(check, 2, "p4~ p2*3 .*4");
	CHECK(check_run(check));
}

/* ORD-3: behind a small folio, the next aligned offset begins with large ones again. */
TEST_ROWS(collapse, larger_again_after_smaller, "ORD-3")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(3) | BIT(4));
	check->settings.max_ptes_none = 0;
	check_case(check, "p*4 .*4 p*8 p*16 .~", "p2 .*4 p3 p4 .~");
	check_case(check, "p*4 .*12 p*16 .~", "p2 .*12 p4 .~");
	check_case(check, ".~ p*16 .*8 p*4 .*4 p*16", ".~ p4 .*8 p2 .*4 p4");
	check_case(check, "p*7 . p*8 p*16 .~", "p2 p*3 . p3 p4 .~");
	CHECK(check_run(check));
}

/* ORD-4: with the PMD size off, the next smaller one is the most there can be. */
TEST_ROWS(collapse, never_pmd_when_off, "ORD-4")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, suite_mthp_orders());
	check_case(check, "p~", "pM-1~");
	check_case(check, ".~ p", check_text(check, ".*%u pM-1", check->vm.nr / 2));
	CHECK(check_run(check));
}

/* A mode of one size and what it does, unadvised and with MADV_HUGEPAGE. */
struct mode_case {
	enum thp_mode size;
	enum thp_mode global;
	bool unadvised;
	bool advised;
};

static const struct mode_case mode_cases[] = {
	{ THP_ALWAYS, THP_NEVER, true, true },
	{ THP_MADVISE, THP_NEVER, false, true },
	{ THP_INHERIT, THP_ALWAYS, true, true },
	{ THP_INHERIT, THP_MADVISE, false, true },
	{ THP_INHERIT, THP_NEVER, false, false },
	{ THP_NEVER, THP_ALWAYS, false, false },
};

/* Order 2 is on for advised memory all the time: khugepaged must live to say no. */
static enum check_verdict run_modes(struct collapse_check *check, unsigned int order)
{
	enum check_verdict verdict = CHECK_PASS;
	unsigned int i;

	/* "always" is for other processes too: fill none of their holes. */
	check->settings.max_ptes_none = 0;
	check_case(check, "p~", NULL)->advise = false;
	check_case(check, "p~", NULL);
	for (i = 0; i < ARRAY_SIZE(mode_cases) && !verdict; i++) {
		const struct mode_case *mode = &mode_cases[i];
		const char *collapsed = check_text(check, "P%u~", order);

		check_sizes(check, BIT(2));
		check->settings.size[order] = mode->size;
		check->settings.global = mode->global;
		check_literal(check, 0, mode->unadvised ? collapsed : "p~");
		check_literal(check, 1, mode->advised ? collapsed : "p2~");
		verdict = check_run(check);
	}
	return verdict;
}

/* ORD-5: always, madvise, inherit and never of an mTHP size. */
TEST_ROWS(collapse, modes_of_an_mthp_size, "ORD-5")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	CHECK(run_modes(check, 4));
}

/* ORD-5: the same of the PMD size. */
TEST_ROWS(collapse, modes_of_the_pmd_size, "ORD-5")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	CHECK(run_modes(check, check->vm.pmd_order));
}

/* ORD-5: always and madvise of the PMD size, on any kernel. */
TEST_ROWS(collapse, pmd_size_always_and_madvise, "ORD-5")
{
	struct collapse_check *check = &self->check;
	unsigned int pmd_order = check->vm.pmd_order;

	check->settings.max_ptes_none = 0;
	check_case(check, "p~", "p~")->advise = false;
	check_case(check, "p~", "H");
	check->settings.size[pmd_order] = THP_MADVISE;
	CHECK(check_run(check));

	check_literal(check, 0, "H");
	check->settings.size[pmd_order] = THP_ALWAYS;
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
	EXPECT_LE(complete, warnings);	/* a log that lost lines may have lost it */
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

/* Differences between what the counters of one size did and what the model says. */
static int wrong_counters(const struct collapse_check *check, unsigned int order)
{
	const struct collapse_counts *counts = &check->counts;
	const struct {
		const char *name;
		long expected;
		long seen;
	} pairs[] = {
		{ "collapse_alloc", counts->alloc[order],
		  check->moved.size[order].collapse_alloc },
		{ "collapse_alloc_failed", 0, check->moved.size[order].collapse_alloc_failed },
		{ "collapse_exceed_none_pte", counts->exceed_none[order],
		  check->moved.size[order].exceed_none },
		{ "collapse_exceed_swap_pte", 0, check->moved.size[order].exceed_swap },
		{ "collapse_exceed_shared_pte", counts->exceed_shared[order],
		  check->moved.size[order].exceed_shared },
		{ "nr_anon", counts->collapsed[order], check->moved.size[order].nr_anon },
	};
	unsigned int i;
	int wrong = 0;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		if (pairs[i].expected == pairs[i].seen)
			continue;
		check_printf("order %u, %s: expected %ld, seen %ld", order, pairs[i].name,
			     pairs[i].expected, pairs[i].seen);
		wrong++;
	}
	return wrong;
}

static int wrong_counters_of_all(const struct collapse_check *check)
{
	unsigned int order;
	int wrong = 0;

	for (order = 2; order <= check->vm.pmd_order; order++)
		wrong += wrong_counters(check, order);
	if (check->moved.thp_collapse_alloc != check->counts.alloc[check->vm.pmd_order]) {
		check_printf("vmstat, thp_collapse_alloc: expected %ld, seen %ld",
			     check->counts.alloc[check->vm.pmd_order],
			     check->moved.thp_collapse_alloc);
		wrong++;
	}
	if (!check->moved.pages_collapsed) {
		check_print("khugepaged/pages_collapsed did not move");
		wrong++;
	}
	return wrong;
}

/* Do the counters move though nothing of ours is there to be collapsed? */
static bool others_move_counters(struct collapse_check *check)
{
	struct thp_counters before, after;
	unsigned int order;
	bool moved = false;

	thp_counters_read(&check->vm, &before);
	if (khugepaged_scan(&check->khugepaged, check->passes))
		return false;
	thp_counters_read(&check->vm, &after);
	thp_counters_since(&after, &before);
	for (order = 0; order <= check->vm.pmd_order; order++)
		moved |= after.size[order].collapse_alloc || after.size[order].nr_anon ||
			 after.size[order].split_deferred;
	return moved;
}

/*
 * Lay out and collapse, and judge the counters. They are system-wide: when they are
 * wrong, other processes may have moved them. So once more; and if there are others
 * that do, no verdict.
 */
static enum check_verdict collapse_and_count(struct collapse_check *check,
					     int (*wrong)(const struct collapse_check *check))
{
	enum check_verdict verdict;
	unsigned int attempt;

	check->measure = true;
	for (attempt = 0; attempt < 2; attempt++) {
		verdict = check_lay_out(check) ?: check_collapse(check);
		range_area_unmap(&check->area);
		if (verdict)
			return verdict;
		if (check->moved.full_scans == check->passes && !wrong(check))
			return CHECK_PASS;
		check_printf("the counters differ; %ld complete scans were made, %u were wanted%s",
			     check->moved.full_scans, check->passes,
			     attempt ? "" : "; once more, in case another process interfered");
	}
	if (!others_move_counters(check)) {
		check_print_cases(check);
		return CHECK_FAIL;
	}
	check->skip_reason = "other processes collapse or free large folios";
	return CHECK_SKIP;
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
	CHECK(collapse_and_count(check, wrong_partial_counters));
}

/* VET-4: up to max_ptes_shared shared pages are collapsed by the PMD order, no more. */
TEST_ROWS(collapse, pmd_limit_of_shared, "VET-4")
{
	struct collapse_check *check = &self->check;
	unsigned int limit = check->settings.max_ptes_shared;
	const char *text;

	check_sizes(check, BIT(check->vm.pmd_order));
	check_case(check, check_text(check, "f*%u p~", limit), "H");
	check_case(check, check_text(check, "p~ f*%u", limit), "H");
	text = check_text(check, "f*%u p~", limit + 1);
	check_case(check, text, text);
	text = check_text(check, "p~ f*%u", limit + 1);
	check_case(check, text, text);
	CHECK(check_run(check));
}

/* VET-4: beyond it, no order collapses anything in the range; below, mTHP does. */
TEST_ROWS(collapse, shared_limit_with_mthp, "VET-4 REG-3")
{
	struct collapse_check *check = &self->check;
	unsigned int limit = check->settings.max_ptes_shared;
	const char *text;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(4));
	check->settings.max_ptes_none = 0;
	check_case(check, check_text(check, "f*%u p~", limit),
		   check_text(check, "f*%u p4~", limit));
	text = check_text(check, "f*%u p~", limit + 1);
	check_case(check, text, text);
	CHECK(check_run(check));
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
	CHECK(collapse_and_count(check, wrong_counters_of_all));
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
	ASSERT_EQ(0, pte_check_data(&check->vm, &check->ranges[0], check->cases[0].seen,
				    sizeof(uint64_t), &error));
	ASSERT_TRUE(pte_table_equal(check->cases[0].wanted, check->cases[0].seen));
	XFAIL(return, "no smaller size is collapsed after a try at a larger one failed");
}

/* SHR-3: of a folio that is shared in part, no page is collapsed. */
TEST_ROWS(collapse, partly_shared_folio_is_shared, "SHR-3")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(3) | BIT(4));
	check->settings.max_ptes_none = 0;
	check_case(check, "f2[0] p2[1-3] p*28 .~", "f2[0] p2[1-3] p*4 p3 p4 .~");
	check_case(check, "p2[0-2] f2[3] p2*3 p*16 .~", "p2[0-2] f2[3] p2 p3 p4 .~");
	CHECK(check_run(check));
}

/* SHR-1: while a child maps the memory, nothing happens to it; then all does. */
TEST_ROWS(collapse, fork_keeps_until_exit, "SHR-1")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(4));
	check->settings.max_ptes_none = 0;
	check->settings.max_ptes_shared = check->vm.nr - 1;
	check_case(check, "f*32 .~", "f*32 .~");
	check_case(check, "f2*4 .~", "f2*4 .~");
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));

	range_area_unshare(&check->area);
	CHECK(check_read_back(check));
	check_literal(check, 0, "p4*2 .~");
	check_literal(check, 1, "p4 .~");
	CHECK(check_collapse(check));
}

/* VMA-1: a range that one VMA does not span is not touched, for no order. */
TEST_ROWS(collapse, vma_must_span_the_range, "VMA-1")
{
	struct collapse_check *check = &self->check;

	check_sizes(check, suite_orders());
	check_case(check, "p~", "H");
	check_case(check, "p~ .", "p~ .")->shape = RANGE_SHORT;
	check_case(check, ". p~", ". p~")->shape = RANGE_LATE;
	check_case(check, "p~", "p~")->shape = RANGE_SPLIT;
	CHECK(check_run(check));
}

/*
 * Tests of a process that khugepaged does not know yet. Another process is known
 * to it: it lets khugepaged scan with all sizes on, and proves by its canary that
 * it did.
 */
struct unlisted {
	int ask[2];		/* a byte: scan */
	int answer[2];		/* a byte: enum check_verdict */
	struct range_area area;
	struct range ranges[2];	/* the second is not set up */
	struct pte_table *wanted;
	struct pte_table *seen;
};

FIXTURE(unlisted)
{
	struct unlisted here;
};

static void scan_when_asked(int ask, int answer)
{
	static struct collapse_check check;
	char verdict, byte;

	verdict = suite_check_begin(&check, "unlisted");
	check_sizes(&check, suite_orders());
	check_case(&check, "p~", "H");
	while (write(answer, &verdict, 1) == 1 && read(ask, &byte, 1) == 1)
		verdict = check_run(&check);
	_exit(0);
}

FIXTURE_SETUP(unlisted)
{
	struct unlisted *here = &self->here;
	char verdict;
	pid_t pid;

	ASSERT_EQ(0, pipe(here->ask));
	ASSERT_EQ(0, pipe(here->answer));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(here->ask[1]);
		scan_when_asked(here->ask[0], here->answer[1]);
	}
	close(here->answer[1]);
	ASSERT_EQ(1, read(here->answer[0], &verdict, 1));
	ASSERT_EQ(CHECK_PASS, verdict);

	here->wanted = pte_table_alloc(suite.vm.pmd_order);
	here->seen = pte_table_alloc(suite.vm.pmd_order);
	ASSERT_NE(NULL, here->wanted);
	ASSERT_NE(NULL, here->seen);
	ASSERT_EQ(0, range_area_map(&suite.vm, &here->area, here->ranges, 2));
}

FIXTURE_TEARDOWN_PARENT(unlisted)
{
	EXPECT_EQ(0, suite_complaints());
}

static int scan_elsewhere(struct unlisted *here)
{
	char verdict = CHECK_FAIL;

	if (write(here->ask[1], "", 1) != 1 || read(here->answer[0], &verdict, 1) != 1)
		return CHECK_FAIL;
	return verdict;
}

/* Does the first range look like this? */
static bool looks_like(struct unlisted *here, const char *notation)
{
	struct notation_error notation_error;
	struct setup_error error;

	if (!pte_table_parse(here->wanted, notation, &notation_error) &&
	    !pte_read_back(&suite.vm, here->ranges, 1, &here->seen, &error))
		return pte_table_equal(here->wanted, here->seen);
	check_printf("%s cannot be compared", notation);
	return false;
}

/* The same, where it must; with the map if it does not. */
static bool must_look_like(struct unlisted *here, const char *notation)
{
	bool same = looks_like(here, notation);

	if (!same)
		pte_table_draw(here->wanted, here->seen, check_print);
	return same;
}

/* A process that forked from one that khugepaged knows is known as well. */
#define SKIP_IF_LISTED(here)							\
	do {									\
		if (!looks_like(here, "p~"))					\
			SKIP(return, "khugepaged scans this process untold");	\
	} while (0)

/* Memory that was touched, then advised, while no size was on. */
static bool prepare_with_sizes_off(struct unlisted *here)
{
	struct thp_settings off = thp_settings_of(&suite.vm, 0, THP_NEVER);
	struct notation_error notation;
	struct setup_error error;
	struct knob_error knob;

	off.global = THP_NEVER;
	here->ranges[0].wanted = here->wanted;
	return !thp_settings_apply(&suite.vm, &off, &knob) &&
	       !pte_table_parse(here->wanted, "p~", &notation) &&
	       !pte_setup(&suite.vm, &here->area, here->ranges, 1, &error) &&
	       !madvise(here->ranges[0].start, suite.vm.pmd_size, MADV_HUGEPAGE) &&
	       looks_like(here, "p~");
}

/* VMA-3: with sizes switched on later, new advice makes khugepaged scan the process. */
TEST_ROWS(unlisted, new_advice, "VMA-3")
{
	struct unlisted *here = &self->here;
	char *start = here->ranges[0].start;

	ASSERT_TRUE(prepare_with_sizes_off(here));
	ASSERT_EQ(CHECK_PASS, scan_elsewhere(here));
	SKIP_IF_LISTED(here);

	ASSERT_EQ(0, madvise(start, suite.vm.pmd_size, MADV_NOHUGEPAGE));
	ASSERT_EQ(0, madvise(start, suite.vm.pmd_size, MADV_HUGEPAGE));
	ASSERT_EQ(CHECK_PASS, scan_elsewhere(here));
	EXPECT_TRUE(must_look_like(here, "H"));
}

/* VMA-3: so does a page fault of PMD size, anywhere in the process. */
TEST_ROWS(unlisted, pmd_fault, "VMA-3")
{
	struct unlisted *here = &self->here;
	char *unused = here->ranges[1].start;

	ASSERT_TRUE(prepare_with_sizes_off(here));
	ASSERT_EQ(CHECK_PASS, scan_elsewhere(here));
	SKIP_IF_LISTED(here);

	ASSERT_EQ(0, mprotect(unused, suite.vm.pmd_size, PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, madvise(unused, suite.vm.pmd_size, MADV_HUGEPAGE));
	touch_page(unused);
	ASSERT_EQ(CHECK_PASS, scan_elsewhere(here));
	EXPECT_TRUE(must_look_like(here, "H"));
}

/*
 * VMA-3: so should the same advice once more. Since 7.2 it does not:
 * docs/findings/same-advice-again.md.
 */
TEST_ROWS(unlisted, same_advice_again, "VMA-3")
{
	struct unlisted *here = &self->here;

	ASSERT_TRUE(prepare_with_sizes_off(here));
	ASSERT_EQ(CHECK_PASS, scan_elsewhere(here));
	SKIP_IF_LISTED(here);

	ASSERT_EQ(0, madvise(here->ranges[0].start, suite.vm.pmd_size, MADV_HUGEPAGE));
	ASSERT_EQ(CHECK_PASS, scan_elsewhere(here));
	if (looks_like(here, "p~"))
		XFAIL(return, "the same MADV_HUGEPAGE once more does not start scanning");
	EXPECT_TRUE(must_look_like(here, "H"));
}

/*
 * VMA-3: memory that is advised first and touched then, with an mTHP size on, should
 * be scanned. It is not: docs/findings/mthp-fault-not-scanned.md.
 */
TEST_ROWS(unlisted, advised_before_touch, "VMA-3")
{
	struct unlisted *here = &self->here;
	struct thp_settings on = thp_settings_of(&suite.vm, BIT(2), THP_MADVISE);
	char *start = here->ranges[0].start;
	struct knob_error knob;

	SKIP_WITHOUT_MTHP();
	ASSERT_EQ(0, thp_settings_apply(&suite.vm, &on, &knob));
	ASSERT_EQ(0, mprotect(start, suite.vm.pmd_size, PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, madvise(start, suite.vm.pmd_size, MADV_HUGEPAGE));
	memset(start, 1, suite.vm.pmd_size);
	ASSERT_TRUE(looks_like(here, "p2~"));

	ASSERT_EQ(CHECK_PASS, scan_elsewhere(here));
	if (looks_like(here, "p2~"))
		XFAIL(return, "a page fault of mTHP size does not start scanning");
	EXPECT_TRUE(must_look_like(here, "H"));
}

/* MAD-1: MADV_COLLAPSE makes PMD folios, whatever is on and however few pages there are. */
TEST_ROWS(collapse, madvise_ignores_sizes_and_limits, "MAD-1")
{
	struct collapse_check *check = &self->check;

	check->forced = true;
	check->settings.max_ptes_none = 0;
	check_case(check, "p~", "H");
	check_case(check, "p .~", "H");
	check_case(check, ".~ z p .*3", "H");

	/* Only sizes that it does not give. */
	check_sizes(check, suite_mthp_orders());
	CHECK(check_run(check));

	check_sizes(check, suite_orders());
	CHECK(check_run(check));

	/* Nothing at all, and no advice. */
	check_sizes(check, 0);
	check->settings.global = THP_NEVER;
	check->cases[0].advise = false;
	CHECK(check_run(check));
}

/* MAD-3: MADV_COLLAPSE makes one PMD folio of smaller folios. */
TEST_ROWS(collapse, madvise_merges_mthp, "MAD-3")
{
	struct collapse_check *check = &self->check;

	if (!suite_mthp_orders())
		SKIP(return, "this kernel has no folios between a page and a PMD");
	check->forced = true;
	check_sizes(check, suite_mthp_orders());
	check_case(check, "p4~", "H");
	check_case(check, "pM-1 p4 p2*4 p*8 .~", "H");
	check_case(check, ".*17 p4*3 .~", "H");
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
	CHECK(collapse_and_count(check, wrong_counters_of_all));
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
	CHECK(collapse_and_count(check, wrong_counters_of_all));
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
	CHECK(collapse_and_count(check, wrong_counters_of_all));
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

/* VMA-1, ORD-5, DAT-4: a range that is not eligible is not even tried. */
TEST_ROWS(collapse, ineligible_range_is_not_tried, "VMA-1 ORD-5 DAT-4")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, suite_orders());
	check_case(check, "p~ .", "p~ .")->shape = RANGE_SHORT;
	check_case(check, ". p~", ". p~")->shape = RANGE_LATE;
	check_case(check, "p~", "p~")->shape = RANGE_SPLIT;
	check_case(check, "p~", "p~")->advise = false;
	CHECK(collapse_and_count(check, wrong_counters_of_all));
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

SUITE_MAIN
