/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that several processes map: rows SHR. Included by mthp_khugepaged.c. */
#ifndef TEST_SHARING_H
#define TEST_SHARING_H

#include <fcntl.h>

#include "nodes.h"
#include "pte_read.h"
#include "suite_fixtures.h"

static bool is_not_exclusive(const struct page_view *page, uint64_t unused)
{
	(void)unused;
	return !(page->entry & PM_MMAP_EXCLUSIVE) || page->mapped != 1;
}

/* Pages of a range that are not exclusive, or not mapped exactly once. */
static int count_shared(const struct collapse_check *check, const struct range *range)
{
	return pte_count_pages(&check->vm, range->start, check->vm.nr, is_not_exclusive, 0);
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

/* SHR-3: each of its pages counts against the limit of the PMD order. */
TEST_ROWS(collapse, partly_shared_folio_and_pmd, "SHR-3 VET-4")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(check->vm.pmd_order));
	check_case(check, "f2[0] p2[1-3] p~", "f2[0] p2[1-3] p~");
	check->settings.max_ptes_shared = 3;
	CHECK(check_run(check));

	check->settings.max_ptes_shared = 4;
	check_literal(check, 0, "H");
	CHECK(check_run(check));
}

/* Write its data to every @step'th page of a range, from @from up to @to. */
static void write_pages(const struct range *range, unsigned int from, unsigned int to,
			unsigned int step)
{
	for (; from < to; from += step)
		range_write_page(&suite.vm, range, range->start + from * suite.vm.page_size, from);
}

/*
 * SHR-1: while a child maps the memory, nothing happens to it, and the child sees nothing
 * that is written to it; then all is collapsed.
 */
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
	check_write_shared(check);
	ASSERT_EQ(0, range_area_unshare(&check->area));

	write_pages(&check->ranges[0], 0, 32, 4);
	write_pages(&check->ranges[1], 0, 16, 4);
	CHECK(check_read_back(check));
	check_literal(check, 0, "p4*2 .~");
	check_literal(check, 1, "p4 .~");
	CHECK(check_collapse(check));
}

/* Are the data of a range in these pages of it? */
static bool holds_data(const struct range *range, const char *pages)
{
	struct pte_table *table = pte_table_alloc(suite.vm.pmd_order);
	struct notation_error notation;
	struct setup_error error;
	bool right;

	if (!table || pte_table_parse(table, pages, &notation))
		return false;
	right = !range_check_data(&suite.vm, range, table, sizeof(uint64_t), &error);
	if (!right)
		check_printf("in the child: %s", error.what);
	free(table);
	return right;
}

/*
 * A child that keeps its memory but the canary's, and writes to four pages. It ends with
 * the pipe; with 0, if the first range holds what it held then.
 */
static pid_t fork_holder(struct collapse_check *check, int *hold)
{
	char *canary = check->ranges[check->nr_ranges - 1].start;
	const struct range *range = &check->ranges[0];
	struct range other = range_with_other_data(range);
	int ready[2], end[2];
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) || pipe2(end, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		close(end[1]);
		write_pages(&other, 60, 64, 1);
		if (munmap(canary, check->vm.pmd_size) || write(ready[1], "", 1) != 1)
			_exit(1);
		while (read(end[0], &byte, 1) < 0 && errno == EINTR)
			;
		_exit(!holds_data(range, "p*32 .*16 p*12 .~") ||
		      !holds_data(&other, ".*32 p*16 .*12 p*4 .~"));
	}
	close(ready[1]);
	close(end[0]);
	*hold = end[1];
	if (pid > 0 && read(ready[0], &byte, 1) != 1)
		pid = -1;
	close(ready[0]);
	return pid;
}

static bool is_mapped(const struct page_view *page, uint64_t times)
{
	return page->mapped == times;
}

/* Pages of a range that are mapped exactly @times, by whatever process. */
static int count_mapped(const struct collapse_check *check, const struct range *range,
			unsigned int times)
{
	return pte_count_pages(&check->vm, range->start, check->vm.nr, is_mapped, times);
}

/*
 * SHR-2: after a fork, what the parent or the child wrote to is the parent's own and is
 * collapsed; the rest stays shared. Both together use not one page more, and each finds
 * its data.
 */
TEST_ROWS(collapse, written_after_fork, "SHR-2")
{
	struct collapse_check *check = &self->check;
	struct range *range = &check->ranges[0];
	int hold = -1, status = -1;
	struct range other;
	pid_t pid;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(4));
	check->settings.max_ptes_none = 0;
	check->measure = true;
	check_case(check, "p*64 .~", NULL);
	CHECK(check_lay_out(check));
	/* So that these are other data for the child. */
	other = range_with_other_data(range);
	write_pages(&other, 32, 48, 1);
	pid = fork_holder(check, &hold);
	ASSERT_LT(0, pid);
	write_pages(range, 32, 48, 1);
	CHECK(check_seen(check, 0, "f*32 p*16 f*12 p*4 .~"));

	check_literal(check, 0, "f*32 p4 f*12 p2 .~");
	CHECK(check_collapse(check));
	EXPECT_EQ(44, count_mapped(check, range, 2));
	EXPECT_EQ(20, count_mapped(check, range, 1));
	EXPECT_EQ(0, check->grown.smaps_rollup);

	check_write_shared(check);
	close(hold);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/*
 * SHR-4: half of a PMD folio, without its first page, is mapped by a child too; a page
 * of the parent's own lies before it. A kernel that judges by the first page may take
 * the folio for private: then the copy costs memory, and this says how much.
 */
TEST_ROWS(collapse, half_shared_pmd_folio, "SHR-4")
{
	struct collapse_check *check = &self->check;
	unsigned int half = check->vm.nr / 2;

	check_sizes(check, BIT(check->vm.pmd_order));
	check->settings.max_ptes_shared = 0;
	check->measure = true;
	check_case(check, check_text(check, "p fM[1-%u] .~", half),
		   check_text(check, "p fM[1-%u] .~", half));
	CHECK(check_lay_out(check));
	EXPECT_EQ((int)half, count_mapped(check, &check->ranges[0], 2));
	/* Since folios know whether several processes map them, none is taken for private. */
	if (suite.generation == GEN_NONE)
		check_alternative(check, 0, "H");
	CHECK(check_collapse(check));
	if (check->cases[0].took_alternative)
		check_printf("taken for private: copied, which costs %ld pages",
			     check->grown.smaps_rollup);
	else
		check_print("counted as shared: nothing was collapsed, no page more");
}

/* A page of hugetlb right behind a range, with something in it; NULL: there is none. */
static char *map_hugetlb_behind(const struct collapse_check *check, const struct range *range)
{
	char *end = range->start + check->vm.pmd_size, *page;

	page = mmap(end, check->vm.pmd_size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_FIXED |
		    __builtin_ctzl(check->vm.pmd_size) << MAP_HUGE_SHIFT, -1, 0);
	if (page == MAP_FAILED)
		return NULL;
	memset(page, 'h', check->vm.pmd_size);
	return page;
}

static bool all_bytes_are(const char *page, size_t size, char byte)
{
	return page[0] == byte && !memcmp(page, page + 1, size - 1);
}

/* SHR-6: hugetlb memory right behind a range is neither touched nor in the way. */
TEST_ROWS(collapse, hugetlb_beside_is_untouched, "SHR-6")
{
	struct collapse_check *check = &self->check;
	uint64_t before = 0, after = 0;
	char *page;
	long pool;
	int node;

	check_sizes(check, suite_orders());
	check_case(check, "p~", "H");
	CHECK(check_lay_out(check));
	node = nodes_of(check->ranges[0].start);
	pool = nodes_hugetlb(&check->vm, node);
	if (pool < 0 || nodes_set_hugetlb(&check->vm, node, pool + 1) != pool + 1)
		SKIP(return, "no hugetlb page of PMD size is to be had on the node");
	page = map_hugetlb_behind(check, &check->ranges[0]);
	if (!page)
		SKIP(return, "no hugetlb page of PMD size is to be had on the node");
	ASSERT_EQ(0, pagemap_read(&check->vm, page, 1, &before));
	CHECK(check_collapse(check));
	ASSERT_EQ(0, pagemap_read(&check->vm, page, 1, &after));
	EXPECT_EQ(before & PM_PFN_MASK, after & PM_PFN_MASK);
	EXPECT_TRUE(all_bytes_are(page, check->vm.pmd_size, 'h'));
	munmap(page, check->vm.pmd_size);
	nodes_set_hugetlb(&check->vm, node, pool);
}

/* SHR-6: pages that KSM merged stay merged when what lies beside them is collapsed. */
TEST_ROWS(collapse, ksm_beside_is_untouched, "SHR-6")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, BIT(2) | BIT(3));
	check->settings.max_ptes_none = 0;
	check_case(check, "k*4 p*4 k*8 p~", "k*4 p2 k*8 p3~");
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));
	EXPECT_EQ(12, count_mapped(check, &check->ranges[0], 2));
}

#endif
