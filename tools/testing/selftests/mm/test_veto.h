/* SPDX-License-Identifier: GPL-2.0 */
/* What keeps a whole range from being collapsed: rows VET. Included by mthp_khugepaged.c. */
#ifndef TEST_VETO_H
#define TEST_VETO_H

#include "check_counters.h"
#include "page_states.h"
#include "suite_fixtures.h"
#include "uffd.h"

/* The PMD order takes @limit PTEs of a state, first or last in the range, and not one more. */
static enum check_verdict run_pmd_limit(struct collapse_check *check, char state,
					unsigned int limit)
{
	const char *text;

	check_sizes(check, BIT(check->vm.pmd_order));
	check_case(check, check_text(check, "%c*%u p~", state, limit), "H");
	check_case(check, check_text(check, "p~ %c*%u", state, limit), "H");
	text = check_text(check, "%c*%u p~", state, limit + 1);
	check_case(check, text, text);
	text = check_text(check, "p~ %c*%u", state, limit + 1);
	check_case(check, text, text);
	return check_run(check);
}

/* VET-4: up to max_ptes_shared shared pages are collapsed by the PMD order, no more. */
TEST_ROWS(collapse, pmd_limit_of_shared, "VET-4")
{
	struct collapse_check *check = &self->check;

	CHECK(run_pmd_limit(check, 'f', check->settings.max_ptes_shared));
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

/* Pinned pages, first, last, in the middle, and one page of a large folio. */
static void add_pinned_cases(struct collapse_check *check, enum pin_kind kind)
{
	static const char *const tables[] = { "g p~", "p~ g", "p*9 g*2 p~", "g4[0] p4[1-15] p~" };
	unsigned int i, nr = ARRAY_SIZE(tables) - !suite_mthp_orders();

	for (i = 0; i < nr; i++)
		check_case(check, tables[i], tables[i])->pin_kind = kind;
	check_sizes(check, suite_orders());
}

/* Without the pins there is nothing that keeps these ranges from being collapsed. */
static enum check_verdict collapse_unpinned(struct collapse_check *check)
{
	unsigned int i;

	range_area_unpin(&check->area);
	for (i = 0; i < check->nr_cases; i++)
		check_literal(check, i, "H");
	return check_read_back(check) ?: check_collapse(check);
}

/* VET-1: memory that a device may write to is not collapsed, until it is released. */
TEST_ROWS(collapse, io_uring_pin_vetoes, "VET-1")
{
	struct collapse_check *check = &self->check;
	uint64_t *word, right;

	add_pinned_cases(check, PIN_IO_URING);
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));

	/* What arrives by the pin is where the process looks. */
	word = (uint64_t *)check->ranges[0].start;
	right = *word;
	*word = 0;
	ASSERT_EQ(0, page_pins_write(check->area.pins, 0, &right, sizeof(right)));
	EXPECT_EQ(right, *word);

	CHECK(collapse_unpinned(check));
}

/* VET-1: nor is memory that lies in a pipe; what is written to it comes out of the pipe. */
TEST_ROWS(collapse, vmsplice_pin_vetoes, "VET-1")
{
	struct collapse_check *check = &self->check;
	uint64_t right, *word, came_out = 0;

	add_pinned_cases(check, PIN_VMSPLICE);
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));

	word = (uint64_t *)check->ranges[0].start;
	right = *word;
	*word = ~right;
	ASSERT_EQ(0, page_pins_read(check->area.pins, &came_out, sizeof(came_out)));
	EXPECT_EQ(~right, came_out);
	*word = right;

	CHECK(collapse_unpinned(check));
}

static bool page_is_there(const char *page)
{
	uint64_t entry;

	return !pagemap_read(&suite.vm, page, 1, &entry) && entry & PM_PRESENT;
}

/* VET-2: a page that was given to the kernel to free vetoes, one written again does not. */
TEST_ROWS(collapse, lazyfree_page_vetoes, "VET-2")
{
	struct collapse_check *check = &self->check;
	unsigned int attempt;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, suite_orders());
	check_case(check, "l p~", "l p~");
	check_case(check, "p~ l", "p~ l");
	check_case(check, "p~ d", "H");
	check_case(check, "d*4 p~ d*4", "H");
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));

	/* It can still be freed; a page that is off the LRU for a moment stays. */
	for (attempt = 0; attempt < 20 && page_is_there(check->ranges[0].start); attempt++) {
		ASSERT_EQ(0, page_states_drain(&check->vm));
		ASSERT_EQ(0, madvise(check->ranges[0].start, check->vm.page_size, MADV_PAGEOUT));
	}
	CHECK(check_seen(check, 0, ". p~"));
}

/* VET-2: droppable memory is collapsed, and stays droppable. */
TEST_ROWS(collapse, droppable_stays_droppable, "VET-2")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check->settings.max_ptes_none = 0;
	check_case(check, "D: p~", "D: H");
	check_case(check, "D: p*16 .~", "D: p*16 .~");
	check_case(check, "D: l*4 p~", "D: H");
	check_sizes(check, BIT(check->vm.pmd_order));
	CHECK(check_run(check));

	check_sizes(check, BIT(4));
	check_literal(check, 0, "D: p4~");
	check_literal(check, 1, "D: p4 .~");
	check_literal(check, 2, "D: p4~");
	CHECK(check_run(check));
}

/* VET-3: one PTE that userfaultfd protects keeps the range, and its mark and event. */
TEST_ROWS(collapse, uffd_wp_vetoes, "VET-3")
{
	struct collapse_check *check = &self->check;
	size_t page_size = check->vm.page_size;
	char *first, *last;

	check_sizes(check, suite_orders());
	check->settings.max_ptes_none = 0;
	check_case(check, "A: w p~", "A: w p~");
	check_case(check, "A: p~ w", "A: p~ w");
	check_case(check, "A: p~", "A: H");
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));

	first = check->ranges[0].start;
	last = check->ranges[1].start + check->vm.pmd_size - page_size;
	EXPECT_EQ(UFFD_PROTECTED, uffd_touch(check->area.uffd, first, page_size));
	EXPECT_EQ(UFFD_PROTECTED, uffd_touch(check->area.uffd, last, page_size));
	CHECK(check_seen(check, 0, "A: p~"));
	CHECK(check_seen(check, 1, "A: p~"));
}

/* VET-3: the same of one that is swapped out. */
TEST_ROWS(collapse, swapped_uffd_wp_vetoes, "VET-3")
{
	struct collapse_check *check = &self->check;
	char *first;

	check_sizes(check, suite_orders());
	check_case(check, "A: W p~", "A: W p~");
	check_case(check, "A: p~ W", "A: p~ W");
	check_case(check, "A: p~ s", "A: H");
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));

	first = check->ranges[0].start;
	EXPECT_EQ(UFFD_PROTECTED, uffd_touch(check->area.uffd, first, check->vm.page_size));
	CHECK(check_seen(check, 0, "A: p~"));
}

/* VET-5: up to max_ptes_swap pages are swapped in for the PMD order, not one more. */
TEST_ROWS(collapse, pmd_limit_of_swapped, "VET-5 REG-2")
{
	struct collapse_check *check = &self->check;

	CHECK(run_pmd_limit(check, 's', check->settings.max_ptes_swap));
}

/* VET-5: with a page swapped out, half of the PTEs must have been referenced. */
TEST_ROWS(collapse, swapped_wants_half_referenced, "VET-5")
{
	struct collapse_check *check = &self->check;
	unsigned int half = check->vm.nr / 2;
	const char *text;

	check_sizes(check, BIT(check->vm.pmd_order));
	text = check_text(check, "s p*%u .~", half - 1);
	check_case(check, text, text);
	check_case(check, check_text(check, "s p*%u .~", half), "H");
	text = check_text(check, "p*%u u*%u s .~", half - 1, half / 2);
	check_case(check, text, text);
	check_case(check, check_text(check, "p*%u u*%u s .~", half, half / 2), "H");
	CHECK(check_run(check));
}

/* VET-5: both limits hold for the scan with mTHP sizes on too. */
TEST_ROWS(collapse, swapped_limits_with_mthp, "VET-5 REG-1")
{
	struct collapse_check *check = &self->check;
	unsigned int half = check->vm.nr / 2, limit = check->settings.max_ptes_swap;
	const char *text;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2));
	check->settings.max_ptes_none = 0;
	check_case(check, check_text(check, "s*%u p~", limit),
		   check_text(check, "s*%u p2~", limit));
	text = check_text(check, "s*%u p~", limit + 1);
	check_case(check, text, text);
	text = check_text(check, "p*%u s .~", half - 1);
	check_case(check, text, text);
	check_case(check, check_text(check, "p*%u s .~", half),
		   check_text(check, "p2*%u s .~", half / 4));
	CHECK(check_run(check));
}

/* VET-6: without a page that was referenced, nothing of the range is collapsed. */
TEST_ROWS(collapse, unreferenced_range_is_left_alone, "VET-6")
{
	struct collapse_check *check = &self->check;

	check_sizes(check, BIT(check->vm.pmd_order));
	check_case(check, "u~", "u~");
	check_case(check, "u*17 .~", "u*17 .~");
	check_case(check, "p u~", "H");
	check_case(check, "u~ p", "H");
	CHECK(check_run(check));
}

/* VET-6: such a range is not even tried. */
TEST_ROWS(collapse, unreferenced_range_is_not_tried, "VET-6 DAT-4")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(check->vm.pmd_order));
	check_case(check, "u~", "u~");
	check_case(check, "u*17 .~", "u*17 .~");
	CHECK(check_count(check, check_wrong_counters));
}

/* VET-6: each region that is tried must have one too. */
TEST_ROWS(collapse, unreferenced_region_is_left_alone, "VET-6")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2));
	check->settings.max_ptes_none = 0;
	check_case(check, "u~", "u~");
	check_case(check, "p*4 u*4 u*3 p u*4 .~", "p2 u*4 p2 u*4 .~");
	check_case(check, "u~ p", "u~ p2");
	CHECK(check_run(check));
}

#endif
