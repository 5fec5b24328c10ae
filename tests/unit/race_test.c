// SPDX-License-Identifier: GPL-2.0
/* The parts of the races that need no khugepaged: data that name themselves, histograms. */
#define TH_LOG_STREAM stdout
#include "kselftest_harness.h"

#include "race_latency.h"
#include "race_memory.h"

#define ORDER	4	/* of a range; nothing depends on it */

FIXTURE(race_memory)
{
	struct vm_geometry vm;
	struct race_memory memory;
	struct race_wrong wrong;
};

FIXTURE_SETUP(race_memory)
{
	size_t page = sysconf(_SC_PAGESIZE);

	self->vm = (struct vm_geometry){
		.page_size = page, .pmd_order = ORDER, .nr = BIT(ORDER),
		.pmd_size = page << ORDER,
	};
	ASSERT_EQ(0, race_memory_reserve(&self->memory, &self->vm, 2));
	ASSERT_EQ(0, race_memory_make(&self->memory));
}

FIXTURE_TEARDOWN(race_memory)
{
}

/* Is what is wrong with a page called by its name? */
static bool is_called(struct race_memory *memory, unsigned int page, const char *name)
{
	uint32_t version = atomic_load(&memory->version[page]);
	struct race_wrong wrong;

	return !race_check_at(memory, race_page(memory, page), page, version, version, &wrong) &&
	       strstr(wrong.what, name);
}

/* A new round has its first version everywhere, on a PMD boundary. */
TEST_F(race_memory, begins_right)
{
	unsigned int page;

	EXPECT_EQ(0UL, (uintptr_t)self->memory.start % self->vm.pmd_size);
	EXPECT_EQ(2 * BIT(ORDER), self->memory.nr);
	for (page = 0; page < self->memory.nr; page++)
		EXPECT_TRUE(race_check_at(&self->memory, race_page(&self->memory, page), page,
					  RACE_FIRST, RACE_FIRST, &self->wrong));
}

/* What was written last is right, the version before and the one after are not. */
TEST_F(race_memory, knows_versions)
{
	struct race_memory *memory = &self->memory;
	uint32_t version = race_write(memory, 3);

	EXPECT_EQ(RACE_FIRST + 1, version);
	EXPECT_TRUE(race_check(memory, 3, &self->wrong));
	race_write_at(memory, race_page(memory, 3), 3, version - 1);
	EXPECT_TRUE(is_called(memory, 3, "stale"));
	race_write_at(memory, race_page(memory, 3), 3, version + 1);
	EXPECT_TRUE(is_called(memory, 3, "not written yet"));
}

/* Words of another page, of another round, of nobody, and none. */
TEST_F(race_memory, names_foreign_words)
{
	struct race_memory *memory = &self->memory;
	char *page = race_page(memory, 5);

	race_write_at(memory, page, 6, RACE_FIRST);
	EXPECT_TRUE(is_called(memory, 5, "of another page"));
	memory->round++;
	race_write_at(memory, page, 5, RACE_FIRST);
	memory->round--;
	EXPECT_TRUE(is_called(memory, 5, "of another round"));
	memset(page, 0x11, self->vm.page_size);
	EXPECT_TRUE(is_called(memory, 5, "nobody's"));
	memset(page, 0, self->vm.page_size);
	EXPECT_TRUE(is_called(memory, 5, "zero"));
}

/* One old word in a page is enough. */
TEST_F(race_memory, finds_torn_pages)
{
	struct race_memory *memory = &self->memory;
	char *page = race_page(memory, 7), old[self->vm.page_size];
	size_t half = self->vm.page_size / 2;

	memcpy(old, page, sizeof(old));
	race_write(memory, 7);
	memcpy(page + half, old + half, half);
	EXPECT_TRUE(is_called(memory, 7, "stale"));
}

/* What was given back reads zero, and its next version is a new one. */
TEST_F(race_memory, knows_what_is_gone)
{
	struct race_memory *memory = &self->memory;
	uint32_t version = race_write(memory, 9);

	race_forget(memory, 9);
	EXPECT_TRUE(is_called(memory, 9, "expected zeroes"));
	memset(race_page(memory, 9), 0, self->vm.page_size);
	EXPECT_TRUE(race_check_at(memory, race_page(memory, 9), 9, RACE_GONE, RACE_GONE,
				  &self->wrong));
	EXPECT_EQ(version + 1, race_write(memory, 9));
	EXPECT_TRUE(race_check(memory, 9, &self->wrong));
}

/* A quantile is the end of a bin, which is at most a quarter longer than what lies in it. */
TEST(quantiles)
{
	struct latency latency = { .all = 0 };
	unsigned int i;

	EXPECT_EQ(0U, latency_quantile(&latency, 500));
	for (i = 1; i <= 1000; i++)
		latency_add(&latency, i * 1000);
	EXPECT_EQ(1000U, latency.all);
	EXPECT_EQ(1000000U, latency.max);
	EXPECT_LE(500000U, latency_quantile(&latency, 500));
	EXPECT_GE(625000U, latency_quantile(&latency, 500));
	EXPECT_LE(990000U, latency_quantile(&latency, 990));
	EXPECT_EQ(1000000U, latency_quantile(&latency, 1000));
}

/* From nothing to for ever, each time falls into a bin that ends above it. */
TEST(bins)
{
	uint64_t ns;

	for (ns = 0; ns < 1ULL << 47; ns = ns * 2 + ns / 3 + 1) {
		struct latency latency = { .all = 0 };

		latency_add(&latency, ns);
		latency_add(&latency, UINT64_MAX);
		EXPECT_LT(ns, latency_quantile(&latency, 500));
		EXPECT_GE(ns + ns / 4 + 1, latency_quantile(&latency, 500));
	}
}

/* A time lies between the end of the bin before and that of its own. */
TEST(ends_of_bins)
{
	unsigned int bin;

	for (bin = 2 * LATENCY_STEPS + 1; bin < LATENCY_BINS - 1; bin++) {
		struct latency latency = { .all = 0 };

		ASSERT_LT(latency_bin_end(bin - 1), latency_bin_end(bin));
		latency_add(&latency, latency_bin_end(bin - 1));
		latency_add(&latency, latency_bin_end(bin) - 1);
		EXPECT_EQ(2U, latency.count[bin]);
		EXPECT_EQ(latency_bin_end(bin - 1) + latency_bin_end(bin) - 1, latency.ns[bin]);
	}
}

/* What is below a limit, and from it on: each in one of the two, with its own mean. */
TEST(latency_parts)
{
	struct latency latency = { .all = 0 };
	struct latency_part below, above;

	latency_add(&latency, 100);
	latency_add(&latency, 102);
	latency_add(&latency, 1 << 20);
	below = latency_part(&latency, 0, 1000);
	above = latency_part(&latency, 1000, UINT64_MAX);
	EXPECT_EQ(2UL, below.times);
	EXPECT_EQ(101, below.mean);
	EXPECT_EQ(1UL, above.times);
	EXPECT_EQ(1 << 20, above.mean);
	EXPECT_EQ(0UL, latency_part(&latency, 200, 1000).times);
	EXPECT_EQ(0, latency_part(&latency, 200, 1000).mean);
}

TEST_HARNESS_MAIN
