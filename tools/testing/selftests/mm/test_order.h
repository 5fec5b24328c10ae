/* SPDX-License-Identifier: GPL-2.0 */
/* Which order is collapsed where: rows SAN and ORD. Included by mthp_khugepaged.c. */
#ifndef TEST_ORDER_H
#define TEST_ORDER_H

#include <fcntl.h>

#include "pte_read.h"
#include "suite_fixtures.h"

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

/* Is each range either as expected, or as it was before? */
static bool all_or_nothing(const struct collapse_check *check)
{
	unsigned int i;

	/* The last one is the canary. */
	for (i = 0; i <= check->nr_cases; i++) {
		const struct check_case *c = &check->cases[i];

		if (!pte_table_equal(c->seen, c->expected) && !pte_table_equal(c->seen, c->before))
			return false;
	}
	return true;
}

/* Was each region tried that the model says? One that was may have failed for a moment. */
static bool each_was_tried(const struct collapse_check *check, unsigned int order)
{
	return check->moved.size[order].collapse_alloc >= check->counts.alloc[order];
}

/*
 * ORD-6: one scan does the first region and the last. A page that is locked or off the
 * LRU for a moment makes the scan pass a whole range by (mm/khugepaged.c:
 * collapse_scan_pmd()), or a try fail (__collapse_huge_page_isolate()). A region that
 * was not even tried, in a range that others were tried in, was forgotten. What took more
 * than one scan, because somebody else woke khugepaged, proves nothing.
 */
TEST_ROWS(each_order, one_scan_does_all, "ORD-6")
{
	struct collapse_check *check = &self->check;
	unsigned int order = variant->order, nr = BIT(order), attempt, in_more_scans = 0;
	enum check_verdict verdict = CHECK_FAIL;

	check_sizes(check, BIT(order));
	check->settings.max_ptes_none = 0;
	check->passes = 1;
	check->measure = true;
	check_case(check, "p~", check_text(check, "P%u~", order));
	check_case(check, check_text(check, ".~ p*%u", nr), check_text(check, ".~ P%u", order));
	check_case(check, check_text(check, "p*%u .~", nr), check_text(check, "P%u .~", order));
	for (attempt = 0; attempt < 3 && verdict == CHECK_FAIL; attempt++) {
		CHECK(check_lay_out(check));
		verdict = check_collapse(check);
		if (verdict == CHECK_FAIL) {
			ASSERT_TRUE(check->only_less);
			ASSERT_TRUE(all_or_nothing(check) || each_was_tried(check, order));
		}
		if (check->moved.full_scans > check->passes) {
			in_more_scans++;
			verdict = CHECK_FAIL;
		}
		range_area_unmap(&check->area);
	}
	if (verdict == CHECK_FAIL && in_more_scans)
		SKIP(return, "khugepaged makes scans that nobody asked for");
	CHECK(verdict);
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
	check_case(check, "p~", NULL)->advice = ADVISE_NOTHING;
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
	check_case(check, "p~", "p~")->advice = ADVISE_NOTHING;
	check_case(check, "p~", "H");
	check->settings.size[pmd_order] = THP_MADVISE;
	CHECK(check_run(check));

	check_literal(check, 0, "H");
	check->settings.size[pmd_order] = THP_ALWAYS;
	CHECK(check_run(check));
}

static bool is_of_mthp(const struct page_view *page, uint64_t pmd_order)
{
	return page->order && page->order != pmd_order;
}

static bool is_of_pmd_order(const struct page_view *page, uint64_t pmd_order)
{
	return page->order == pmd_order;
}

static bool is_large(const struct page_view *page, uint64_t unused)
{
	(void)unused;
	return page->order;
}

/*
 * Count the first pages of a mapping. A collapse of a file takes its page tables away, so
 * the pages are touched again.
 */
static int count_file_pages(const struct vm_geometry *vm, char *start, unsigned int nr,
			    bool (*is)(const struct page_view *page, uint64_t arg))
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		touch_page(start + i * vm->page_size);
	return pte_count_pages(vm, start, nr, is, vm->pmd_order);
}

/* Pages of a file, mapped in the room above a range, advised. @nr of them are touched. */
static char *map_file_pages(struct collapse_check *check, unsigned int range, int fd, int kind,
			    unsigned int nr)
{
	size_t pmd = check->vm.pmd_size;
	char *at = check->ranges[range].start + 2 * pmd;

	if (fd < 0 || ftruncate(fd, pmd) ||
	    mmap(at, pmd, PROT_READ | PROT_WRITE, kind | MAP_FIXED, fd, 0) != at)
		return NULL;
	return madvise(at, pmd, MADV_HUGEPAGE) ||
	       count_file_pages(&check->vm, at, nr, is_of_mthp) ? NULL : at;
}

/*
 * ORD-8: of shared memory, and of what a process wrote to a private file mapping,
 * khugepaged makes folios of the PMD order or none. It does look at shared memory.
 */
TEST_ROWS(collapse, no_mthp_of_files, "ORD-8")
{
	struct collapse_check *check = &self->check;
	char *whole, *part, *private, *regular, path[128];
	unsigned int order;

	SKIP_WITHOUT_MTHP();
	size_path(&check->vm, path, sizeof(path), check->vm.pmd_order, "shmem_enabled");
	if (access(path, W_OK))
		SKIP(return, "shared memory of this kernel has no setting for each size");
	check_sizes(check, suite_orders());
	check->settings.shmem_orders = suite_orders();
	check->settings.max_ptes_none = 0;
	for (order = 0; order < 4; order++)
		check_case(check, "p~", "H");
	CHECK(check_lay_out(check));
	whole = map_file_pages(check, 0, memfd_create("whole", 0), MAP_SHARED, check->vm.nr);
	part = map_file_pages(check, 1, memfd_create("part", 0), MAP_SHARED, 16);
	private = map_file_pages(check, 2, memfd_create("private", 0), MAP_PRIVATE, 32);
	regular = map_file_pages(check, 3, open("/var/tmp", O_TMPFILE | O_RDWR, 0600),
				 MAP_SHARED, 16);
	ASSERT_NE(NULL, whole);
	ASSERT_NE(NULL, part);
	ASSERT_NE(NULL, private);
	CHECK(check_collapse(check));

	/* The proof that shared memory was looked at: all of it became one PMD folio. */
	EXPECT_EQ((int)check->vm.nr,
		  count_file_pages(&check->vm, whole, check->vm.nr, is_of_pmd_order));
	EXPECT_EQ(0, count_file_pages(&check->vm, part, 16, is_of_mthp));
	EXPECT_EQ(0, count_file_pages(&check->vm, private, 32, is_of_mthp));
	if (regular) {
		EXPECT_EQ(0, count_file_pages(&check->vm, regular, 16, is_of_mthp));
	} else {
		check_print("no file in /var/tmp: only shared memory was looked at");
	}
}

/* ORD-8: with sizes of shared memory on, but not the PMD's, nothing happens to it. */
TEST_ROWS(collapse, no_folio_of_shmem_without_pmd_size, "ORD-8")
{
	struct collapse_check *check = &self->check;
	char *whole, path[128];

	SKIP_WITHOUT_MTHP();
	size_path(&check->vm, path, sizeof(path), check->vm.pmd_order, "shmem_enabled");
	if (access(path, W_OK))
		SKIP(return, "shared memory of this kernel has no setting for each size");
	check_sizes(check, suite_orders());
	check->settings.shmem_orders = suite_mthp_orders();
	check->settings.max_ptes_none = 0;
	check_case(check, "p~", "H");
	CHECK(check_lay_out(check));
	whole = map_file_pages(check, 0, memfd_create("whole", 0), MAP_SHARED, check->vm.nr);
	ASSERT_NE(NULL, whole);
	CHECK(check_collapse(check));
	EXPECT_EQ(0, count_file_pages(&check->vm, whole, check->vm.nr, is_large));
}

#endif
