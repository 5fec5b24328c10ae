/* SPDX-License-Identifier: GPL-2.0 */
/* What happens to one region: rows REG. Included by mthp_khugepaged.c. */
#ifndef TEST_REGION_H
#define TEST_REGION_H

#include "check_counters.h"
#include "page_states.h"
#include "pte_read.h"
#include "suite_fixtures.h"
#include "uffd.h"

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

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(4));
	check->settings.max_ptes_none = 0;
	check_case(check, "p*15 f .~", "p2*3 p*3 f .~");
	check_alternative(check, 0, "p*15 f .~");
	CHECK(check_run(check));
	if (check->cases[0].took_alternative)
		XFAIL(return, "no smaller size is collapsed after a try at a larger one failed");
}

/* REG-1: a swapped page spoils its region and no other, is counted, and stays in swap. */
TEST_ROWS(collapse, swapped_page_spoils_one_region, "REG-1 DAT-4")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(4));
	check_case(check, "s p~", "s p*3 p2*3 p4~");
	check_case(check, "p~ s", "p4~ p2*3 p*3 s");
	CHECK(check_count(check, check_wrong_counters));

	/* With limit 0 such a region is not even tried: a swapped PTE is none that is occupied. */
	check->settings.max_ptes_none = 0;
	CHECK(check_count(check, check_wrong_counters));
}

/* REG-2: what is swapped in for the PMD order counts as occupied. */
TEST_ROWS(collapse, pmd_swaps_in_at_limit_0, "REG-2")
{
	struct collapse_check *check = &self->check;

	check_sizes(check, BIT(check->vm.pmd_order));
	check->settings.max_ptes_none = 0;
	check_case(check, "p~ s", "H");
	check_case(check, "s p~", "H");
	check_case(check, ". s p~", ". s p~");
	CHECK(check_run(check));

	if (suite.generation == GEN_NONE)
		return;
	check_sizes(check, BIT(3) | BIT(check->vm.pmd_order));
	check_literal(check, 2, ". s p*6 p3~");
	CHECK(check_run(check));
}

/* REG-2: pages that were just swapped in do not hinder the try, it succeeds at once. */
TEST_ROWS(collapse, pmd_swaps_in_at_the_first_try, "REG-2 DAT-4")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(check->vm.pmd_order));
	check->settings.max_ptes_none = 0;
	check_case(check, "p~ s", "H");
	check_case(check, "s*3 p~", "H");
	CHECK(check_count(check, check_wrong_counters));
}

/* REG-6: with userfaultfd armed no hole is filled, at any limit, and each is still told. */
TEST_ROWS(collapse, armed_holes_are_never_filled, "REG-6")
{
	struct collapse_check *check = &self->check;
	size_t page_size = check->vm.page_size;

	check_sizes(check, BIT(check->vm.pmd_order));
	check_case(check, "A: p~ .", "A: p~ .");
	check_case(check, "A: . p~", "A: . p~");
	check_case(check, "A: p~ z", "A: p~ z");
	check_case(check, "A: p~", "A: H");
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));
	EXPECT_EQ(UFFD_MISSING, uffd_touch(check->area.uffd, check->ranges[1].start, page_size));
	CHECK(check_seen(check, 1, "A: p~"));
}

/* REG-6: the same of the smaller orders, which are tried and refused. */
TEST_ROWS(collapse, armed_holes_with_mthp, "REG-6 DAT-4")
{
	struct collapse_check *check = &self->check;
	size_t page_size = check->vm.page_size;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2));
	check_case(check, "A: . p*7 .~", "A: . p*3 p2 .~");
	check_case(check, "A: .~ z p*7", "A: .~ z p*3 p2");
	CHECK(check_count(check, check_wrong_counters));

	check_sizes(check, BIT(2) | BIT(3));
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));
	EXPECT_EQ(UFFD_MISSING, uffd_touch(check->area.uffd, check->ranges[0].start, page_size));
}

/* Does an access to this page still fail, as in a guard region? */
static bool is_guarded(char *page)
{
	return madvise(page, suite.vm.page_size, MADV_POPULATE_WRITE) && errno == EFAULT;
}

/* REG-7: a guard region stays and still faults; regions beside it are collapsed. */
TEST_ROWS(collapse, guard_region_survives, "REG-7")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(3));
	check->settings.max_ptes_none = 0;
	check_case(check, "G p~", "G p*3 p2 p3~");
	check_case(check, "p~ G", "p3~ p2 p*3 G");
	check_case(check, "p*16 G*4 p~", "p3*2 G*4 p2 p3~");
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));
	EXPECT_TRUE(is_guarded(check->ranges[0].start));

	check->settings.max_ptes_none = check->vm.nr - 1;
	CHECK(check_collapse(check));
	EXPECT_TRUE(is_guarded(check->ranges[0].start));
}

/* REG-7, VET-5: to the scan a guard region is swapped memory, with the limits of that. */
TEST_ROWS(collapse, guard_region_counts_as_swapped, "REG-7 VET-5")
{
	struct collapse_check *check = &self->check;
	unsigned int half = check->vm.nr / 2, limit = check->settings.max_ptes_swap;
	const char *text;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(3));
	check->settings.max_ptes_none = 0;
	check_case(check, check_text(check, "p*%u .~ G", half),
		   check_text(check, "p3*%u .~ G", half / 8));
	text = check_text(check, "p*%u .~ G", half - 1);
	check_case(check, text, text);
	check_case(check, check_text(check, "G*%u p~", limit),
		   check_text(check, "G*%u p3~", limit));
	text = check_text(check, "G*%u p~", limit + 1);
	check_case(check, text, text);
	CHECK(check_run(check));
}

/* REG-7: alone, the PMD order leaves a range with a guard region as it is. */
TEST_ROWS(collapse, guard_region_and_pmd, "REG-7")
{
	struct collapse_check *check = &self->check;

	check_sizes(check, BIT(check->vm.pmd_order));
	check_case(check, "G p~", "G p~");
	check_case(check, "p~ G", "p~ G");
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));
	EXPECT_TRUE(is_guarded(check->ranges[0].start));
}

/*
 * SUS-2, REG-7: with the PMD size on too, the smaller sizes get their chance. They do
 * not: docs/findings/guard-region-stops-smaller-sizes.md.
 */
TEST_ROWS(collapse, guard_region_with_pmd_on, "SUS-2 REG-7")
{
	struct collapse_check *check = &self->check;
	unsigned int pmd_order = check->vm.pmd_order;
	long tries;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(4) | BIT(pmd_order));
	check->measure = true;
	check_case(check, "G p~", "G p*15 p4~");
	check_alternative(check, 0, "G p~");
	CHECK(check_run(check));
	if (!check->cases[0].took_alternative)
		return;
	tries = check->moved.size[pmd_order].collapse_alloc;
	check_printf("%ld folios of the PMD order were allocated in %u scans", tries,
		     check->passes);
	XFAIL(return, "a guard region keeps the whole range from the smaller sizes");
}

static bool has_flags(const struct page_view *page, uint64_t flags)
{
	return (page->flags & flags) == flags;
}

/* Is each page of an mlocked range locked, for smaps and for reclaim? */
static enum check_verdict all_locked(struct collapse_check *check, unsigned int nr)
{
	const uint64_t locked = BIT_ULL(KPF_MLOCKED) | BIT_ULL(KPF_UNEVICTABLE);
	char *start = check->ranges[nr].start;
	struct smaps_sum smaps;
	int pages, flagged;

	if (page_states_drain(&check->vm) ||
	    smaps_read(&start, 1, check->vm.pmd_size, &smaps))
		return CHECK_FAIL;
	pages = pte_table_count(check->cases[nr].seen, PTE_FOLIO_STATES);
	flagged = pte_count_pages(&check->vm, start, check->vm.nr, has_flags, locked);
	if (smaps.locked == pages * check->vm.page_size && flagged == pages)
		return CHECK_PASS;
	check_printf("case %u: of %d pages smaps calls %zu locked, kpageflags %d", nr + 1, pages,
		     smaps.locked / check->vm.page_size, flagged);
	return CHECK_FAIL;
}

/* All mlocked memory of the machine, with what the CPUs have not told yet. */
static size_t mlocked_bytes(void)
{
	char text[64];

	read_text("/proc/sys/vm/stat_refresh", text, sizeof(text));
	return meminfo_bytes("Mlocked");
}

/* REG-8: mlocked memory is collapsed and stays locked, until it is unmapped. */
TEST_ROWS(collapse, mlocked_stays_locked, "REG-8")
{
	struct collapse_check *check = &self->check;
	size_t before, after;

	check_sizes(check, BIT(check->vm.pmd_order));
	check->settings.max_ptes_none = 0;
	check_case(check, "L: p~", "L: H");
	check_case(check, "L: p*16 .~", "L: p*16 .~");
	if (suite.generation != GEN_NONE) {
		check_sizes(check, BIT(4));
		check_literal(check, 0, "L: p4~");
		check_literal(check, 1, "L: p4 .~");
	}
	ASSERT_EQ(0, page_states_drain(&check->vm));
	before = mlocked_bytes();
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));
	CHECK(all_locked(check, 0));
	CHECK(all_locked(check, 1));

	range_area_unmap(&check->area);
	ASSERT_EQ(0, page_states_drain(&check->vm));
	after = mlocked_bytes();
	if (after != before)
		check_printf("Mlocked is system-wide: %zu kB before, %zu kB after",
			     before / 1024, after / 1024);
	EXPECT_GE(before, after);
}

/* REG-8: with the PMD size on, mlocked memory becomes a PMD folio and stays locked. */
TEST_ROWS(collapse, mlocked_pmd_stays_locked, "REG-8")
{
	struct collapse_check *check = &self->check;

	check_sizes(check, suite_orders());
	check_case(check, "L: p~", "L: H");
	check_case(check, "L: p .~", "L: H");
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));
	CHECK(all_locked(check, 0));
	CHECK(all_locked(check, 1));
}

/* REG-9: memory that may only be read, or not at all, is collapsed and stays so. */
TEST_ROWS(collapse, protection_stays, "REG-9")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(4));
	check->settings.max_ptes_none = 0;
	check_case(check, "R: p*20 .~", "R: p4 p2 .~");
	check_case(check, "N: p*20 .~", "N: p4 p2 .~");
	check_case(check, "R: p~ .*4", "R: p4~ p2*3 .*4");
	CHECK(check_run(check));

	check_sizes(check, BIT(check->vm.pmd_order));
	check->settings.max_ptes_none = check->vm.nr - 1;
	check_literal(check, 0, "R: H");
	check_literal(check, 1, "N: H");
	check_literal(check, 2, "R: H");
	CHECK(check_run(check));
}

/* REG-10: a merged page counts as shared; one that nobody else maps is copied out. */
TEST_ROWS(collapse, ksm_pages, "REG-10")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2));
	check->settings.max_ptes_none = 0;
	check_case(check, "k p*11 .~", "k p*3 p2*2 .~");
	check_case(check, "o p*11 .~", "p2*3 .~");
	check_case(check, "o*4 k*4 .~", "p2 k*4 .~");
	CHECK(check_run(check));
}

/* REG-10: the PMD order takes up to max_ptes_shared merged pages. */
TEST_ROWS(collapse, ksm_pages_and_pmd, "REG-10 VET-4")
{
	struct collapse_check *check = &self->check;

	check_sizes(check, BIT(check->vm.pmd_order));
	check->settings.max_ptes_shared = 3;
	check_case(check, "k*3 p~", "H");
	check_case(check, "k*4 p~", "k*4 p~");
	check_case(check, "o*4 p~", "H");
	CHECK(check_run(check));
}

/* REG-11: what was written since clear_refs is never told to be clean. */
TEST_ROWS(collapse, written_pages_stay_soft_dirty, "REG-11")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(4));
	check->settings.max_ptes_none = 0;
	check_case(check, "p*4 c*3 .~", "p2 c*3 .~");
	check_case(check, "p*16 c*3 .~", "p4 c*3 .~");
	CHECK(check_run(check));
}

/* REG-11: with one of its pages written, first, last or between, a folio is soft-dirty. */
TEST_ROWS(collapse, one_written_page_makes_soft_dirty, "REG-11")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(4));
	check->settings.max_ptes_none = 0;
	check_case(check, "p c*3 c*3 p c p c*2 .~", "p2*3 .~");
	check_case(check, "c*7 p c*8 c*15 p c*3 .~", "p4*2 c*3 .~");
	CHECK(check_run(check));
}

/* REG-11: with one of its pages written, a PMD folio is soft-dirty. */
TEST_ROWS(collapse, pmd_folio_is_soft_dirty, "REG-11")
{
	struct collapse_check *check = &self->check;

	check_sizes(check, BIT(check->vm.pmd_order));
	check->settings.max_ptes_none = 0;
	check_case(check, "c*3 .~", "c*3 .~");
	check_case(check, "c p~", "H");
	/* Older kernels leave read-only memory alone. */
	if (suite.generation != GEN_NONE)
		check_case(check, "R: c p~", "R: H");
	CHECK(check_run(check));
}

/*
 * SUS-1, REG-11: nor in memory that is read-only by now. It is:
 * docs/findings/read-only-loses-soft-dirty.md.
 */
TEST_ROWS(collapse, read_only_stays_soft_dirty, "SUS-1 REG-11")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2));
	check->settings.max_ptes_none = 0;
	check_case(check, "R: p*4 c*3 .~", "R: p2 c*3 .~");
	check_alternative(check, 0, "R: c2 c*3 .~");
	CHECK(check_run(check));
	if (check->cases[0].took_alternative)
		XFAIL(return, "a collapse of read-only memory forgets that it was written");
}

#endif
