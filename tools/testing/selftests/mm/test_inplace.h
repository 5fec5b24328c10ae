/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A PMD folio that is mapped by PTEs, and is to be mapped by the PMD again: rows INP.
 * The kernel may do that in place or copy, both are right. Included by mthp_khugepaged.c.
 */
#ifndef TEST_INPLACE_H
#define TEST_INPLACE_H

#include "page_states.h"
#include "resources.h"
#include "suite_fixtures.h"

/* The page frame that a PTE of a range maps, 0 when there is none. */
static uint64_t pfn_at(const struct range *range, unsigned int offset)
{
	uint64_t entry = 0;

	if (pagemap_read(&suite.vm, range->start + offset * suite.vm.page_size, 1, &entry))
		return 0;
	return entry & PM_PRESENT ? entry & PM_PFN_MASK : 0;
}

/* Collapse all cases, and say of each what was done with its folio, if that is still one. */
static enum check_verdict collapse_and_tell(struct collapse_check *check,
					    const char *const *names)
{
	uint64_t before[CHECK_MAX_CASES];
	bool whole[CHECK_MAX_CASES];
	enum check_verdict verdict;
	unsigned int i;

	for (i = 0; i < check->nr_cases; i++) {
		whole[i] = check->cases[i].seen->pte[0].order == check->vm.pmd_order;
		before[i] = pfn_at(&check->ranges[i], 0);
	}
	verdict = check_collapse(check);
	for (i = 0; i < check->nr_cases && !verdict; i++)
		check_printf("%s: %s", names[i], !whole[i] ? "the folio was split by that" :
			     pfn_at(&check->ranges[i], 0) == before[i] ? "in place" : "copied");
	return verdict;
}

/* A part of a VMA of its own for a moment splits the PMD. */
static bool split_by_madvise(char *start)
{
	size_t size = suite.vm.page_size;

	return !madvise(start, size, MADV_DONTFORK) && !madvise(start, size, MADV_DOFORK);
}

static bool split_by_mprotect(char *start)
{
	size_t size = suite.vm.page_size;

	return !mprotect(start, size, PROT_READ) &&
	       !mprotect(start, size, PROT_READ | PROT_WRITE);
}

/* The upper half, to where there is room, and back. */
static bool split_by_mremap(char *start)
{
	size_t half = suite.vm.pmd_size / 2;
	char *upper = start + half, *away = start + 2 * suite.vm.pmd_size;

	return mremap(upper, half, half, MREMAP_MAYMOVE | MREMAP_FIXED, away) == away &&
	       mremap(away, half, half, MREMAP_MAYMOVE | MREMAP_FIXED, upper) == upper;
}

/* INP-1: it was split and merged again by madvise, mprotect, mremap. */
TEST_ROWS(collapse, split_pmd_folio, "INP-1")
{
	static const char *const names[] = { "madvise", "mprotect", "mremap" };
	struct collapse_check *check = &self->check;
	unsigned int i;

	check_sizes(check, BIT(check->vm.pmd_order));
	check->settings.max_ptes_none = 0;
	for (i = 0; i < ARRAY_SIZE(names); i++)
		check_case(check, "H", NULL);
	CHECK(check_lay_out(check));
	ASSERT_TRUE(split_by_madvise(check->ranges[0].start));
	ASSERT_TRUE(split_by_mprotect(check->ranges[1].start));
	ASSERT_TRUE(split_by_mremap(check->ranges[2].start));
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		CHECK(check_seen(check, i, "pM"));
		check_literal(check, i, "H");
	}
	CHECK(collapse_and_tell(check, names));
}

/* INP-2: a part of it was given back, and touched again. */
TEST_ROWS(collapse, refilled_pmd_folio, "INP-2")
{
	static const char *const names[] = { "MADV_DONTNEED", "MADV_FREE" };
	struct collapse_check *check = &self->check;
	unsigned int quarter = check->vm.nr / 4;
	size_t size = quarter * check->vm.page_size;
	unsigned int i;

	check_sizes(check, BIT(check->vm.pmd_order));
	check->settings.max_ptes_none = 0;
	check_case(check, check_text(check, "pM[0-%u] p~", 3 * quarter - 1), "H");
	check_case(check, "pM", "H");
	CHECK(check_lay_out(check));
	ASSERT_EQ(0, madvise(check->ranges[1].start + 3 * size, size, MADV_FREE));
	for (i = 3 * quarter; i < check->vm.nr; i++)
		range_write_page(&check->vm, &check->ranges[1],
				 check->ranges[1].start + i * check->vm.page_size, i);
	CHECK(check_read_back(check));
	CHECK(collapse_and_tell(check, names));
}

/* INP-3: it was swapped out, and came back. */
TEST_ROWS(collapse, refaulted_pmd_folio, "INP-3")
{
	static const char *const names[] = { "swapped out and in" };
	struct collapse_check *check = &self->check;
	const char *missing = resource_swap();
	char *start, *page;
	unsigned int attempt;

	if (missing)
		SKIP(return, "%s", missing);
	if (meminfo_bytes("SwapFree") < 2 * check->vm.pmd_size)
		SKIP(return, "not enough free swap for a PMD folio");
	check_sizes(check, BIT(check->vm.pmd_order));
	check->settings.max_ptes_none = 0;
	check_case(check, "pM", "H");
	CHECK(check_lay_out(check));
	start = check->ranges[0].start;
	/* A page that is off the LRU for a moment stays. */
	for (attempt = 0; attempt < 20; attempt++) {
		ASSERT_EQ(0, page_states_drain(&check->vm));
		ASSERT_EQ(0, madvise(start, check->vm.pmd_size, MADV_PAGEOUT));
		CHECK(check_read_back(check));
		if (pte_table_count(check->cases[0].seen, BIT(PTE_SWAPPED)) == check->vm.nr)
			break;
	}
	if (!pte_table_count(check->cases[0].seen, BIT(PTE_SWAPPED)))
		SKIP(return, "this process may not swap: memory.swap.max?");
	CHECK(check_seen(check, 0, "s~"));
	for (page = start; page < start + check->vm.pmd_size; page += check->vm.page_size)
		(void)__atomic_load_n(page, __ATOMIC_RELAXED);
	/* Older kernels want one PTE that is writable. */
	range_write_page(&check->vm, &check->ranges[0], start, 0);
	CHECK(check_read_back(check));
	CHECK(collapse_and_tell(check, names));
}

/* INP-4: while a page of it is pinned it is not copied; in place it may be collapsed. */
TEST_ROWS(collapse, pinned_pmd_folio, "INP-4")
{
	struct collapse_check *check = &self->check;
	const char *text;
	uint64_t before;

	check_sizes(check, BIT(check->vm.pmd_order));
	text = check_text(check, "gM[0] pM[1-%u]", check->vm.nr - 1);
	check_case(check, text, text);
	CHECK(check_lay_out(check));
	check_alternative(check, 0, "H");
	before = pfn_at(&check->ranges[0], 0);
	CHECK(check_collapse(check));
	EXPECT_EQ(before, pfn_at(&check->ranges[0], 0));
	if (check->cases[0].took_alternative)
		check_print("pinned: in place");
	else
		check_print("pinned: left alone");
}

#endif
