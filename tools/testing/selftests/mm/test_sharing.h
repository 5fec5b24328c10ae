/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that several processes map: rows SHR. Included by mthp_khugepaged.c. */
#ifndef TEST_SHARING_H
#define TEST_SHARING_H

#include "suite.h"

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

#endif
