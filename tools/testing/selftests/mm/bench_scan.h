/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a scan costs that collapses nothing: because the first look at the PTEs ends it (no page
 * was referenced), or because no region is full, or because all has been collapsed already,
 * which is what khugepaged finds most of the time.
 */
#ifndef BENCH_SCAN_H
#define BENCH_SCAN_H

#define SCAN_SAMPLES	15	/* some of them are short */

/* The one size, where there is only one, is in the middle. */
enum scan_sizes { ONE_SIZE, ALL_SIZES, PMD_SIZE, NR_SCAN_SIZES };

static const char *const scan_sizes_names[NR_SCAN_SIZES] = {
	[ONE_SIZE] = "one_size", [ALL_SIZES] = "all_sizes", [PMD_SIZE] = "pmd_size",
};

static unsigned long scan_orders(enum scan_sizes sizes)
{
	unsigned long small = suite_mthp_orders();
	unsigned int order = suite.vm.pmd_order / 2;

	switch (sizes) {
	case ALL_SIZES:
		return suite_orders();
	case ONE_SIZE:
		return small & BIT(order) ?: small & -small;
	default:
		return BIT(suite.vm.pmd_order);
	}
}

enum occupancy { EMPTY, SPARSE, ALTERNATING, HALF, ONE_HOLE, FULL };

static const char *const occupancy_names[] = {
	[EMPTY] = "empty", [SPARSE] = "sparse", [ALTERNATING] = "alternating", [HALF] = "half",
	[ONE_HOLE] = "one_hole", [FULL] = "full",
};

/* Its pages are in @state; for free(). */
static struct pte_table *occupied(enum occupancy occupancy, enum pte_state state)
{
	unsigned int nr = suite.vm.nr, offset;
	struct pte_table *table;

	switch (occupancy) {
	case EMPTY:
		return table_of(state, 0, 0);
	case SPARSE:
		return table_of(state, 0, nr / 16 > 4 ? nr / 16 : 4);
	case ALTERNATING:
		return table_of(state, 0, 2);
	default:
		break;
	}
	table = table_of(state, 0, 1);
	/* The hole is where it leaves a region of each order. */
	for (offset = occupancy == HALF ? nr / 2 : nr - 1; table && offset < nr; offset++)
		if (occupancy != FULL)
			table->pte[offset].state = PTE_EMPTY;
	return table;
}

/* Scans that change nothing, of what lies there. */
static enum check_verdict sample_scans(struct bench *bench, struct figure *figure)
{
	const char *unit = bench_time_unit(&options.output);
	unsigned int i, heard = 0, nr = bench->nr_ranges;
	enum check_verdict verdict;
	struct bench_scan scan;

	for (i = 0; i < SCAN_SAMPLES; i++) {
		verdict = bench_scan(bench, &scan);
		if (verdict)
			return verdict;
		heard += scan.ns > bench->noise;
		if (bench_counts_ptes(bench)) {
			figure_add(figure, scan.ptes / nr, "PTEs/range");
			/* A scan that ends at once looks at one or none: no price of a PTE. */
			if (scan.ptes >= (double)nr * suite.vm.nr / 2)
				figure_add(figure, scan.ns / scan.ptes, "%s/PTE", unit);
		} else {
			figure_add(figure, scan.ns / nr / suite.vm.nr, "%s/PTE laid out", unit);
		}
		figure_add(figure, scan.ns / nr, "%s/range", unit);
		figure_add(figure, (double)scan.allocations / nr, "allocations/range");
	}
	return bench_hears(bench, heard, SCAN_SAMPLES);
}

/*
 * Lay out, let khugepaged do what it can, and measure scans after that.
 * @measure: that it is part of
 * @unreferenced: so that the scan ends after its look at the PTEs
 */
static enum check_verdict measure_scan(struct bench *bench, const char *measure,
				       enum occupancy occupancy, enum scan_sizes sizes,
				       bool unreferenced, unsigned int nr)
{
	enum pte_state state = unreferenced ? PTE_UNREFERENCED : PTE_PRESENT;
	struct pte_table *table = occupied(occupancy, state);
	/* So that a scan of unreferenced pages looks at them all. */
	struct thp_settings settings = bench_settings(scan_orders(sizes), unreferenced);
	struct figure figure = { .vm = &suite.vm, .measure = measure, .ranges = nr };
	struct bench_look look = { 0 };
	enum check_verdict verdict;

	if (!table) {
		check_print("no memory for a table");
		return CHECK_FAIL;
	}
	verdict = bench_begin(bench, &suite.vm, &settings) ?:
		  bench_lay_out(bench, table, nr) ?: bench_settle(bench) ?:
		  sample_scans(bench, &figure) ?: bench_look(bench, &look);
	if (!verdict && unreferenced && look.pages[0] != look.present) {
		check_printf("unreferenced pages were collapsed: %s", look.first);
		verdict = CHECK_FAIL;
	}
	snprintf(figure.what, sizeof(figure.what), "%s.%s.%s", occupancy_names[occupancy],
		 scan_sizes_names[sizes], unreferenced ? "unreferenced" : "settled");
	figure_left(&figure, &look);
	bench_end(bench);
	free(table);
	return verdict ?: print_figure(&figure);
}

FIXTURE(scan)
{
	struct collapse_check check;
	struct bench bench;
};

FIXTURE_VARIANT(scan)
{
	enum occupancy occupancy;
};

FIXTURE_VARIANT_ADD(scan, empty) { .occupancy = EMPTY };
FIXTURE_VARIANT_ADD(scan, sparse) { .occupancy = SPARSE };
FIXTURE_VARIANT_ADD(scan, alternating) { .occupancy = ALTERNATING };
FIXTURE_VARIANT_ADD(scan, half) { .occupancy = HALF };
FIXTURE_VARIANT_ADD(scan, one_hole) { .occupancy = ONE_HOLE };
FIXTURE_VARIANT_ADD(scan, full) { .occupancy = FULL };

FIXTURE_SETUP(scan)
{
	ASSERT_EQ(0, suite_check_begin(&self->check, _metadata->name));
}

FIXTURE_TEARDOWN_PARENT(scan)
{
	EXPECT_EQ(0, suite_complaints());
}

static unsigned int scan_ranges(void)
{
	return options.output.clock == CLOCK_INSTRUCTIONS ? DEFAULT_RANGES : TIMED_RANGES;
}

#define MEASURE_SCAN(sizes)							\
	do {									\
		unsigned int nr_ = nr_ranges(scan_ranges());			\
										\
		SKIP_WITHOUT_RANGES(nr_);						\
		if (variant->occupancy != EMPTY)				\
			MEASURE(&self->bench, measure_scan(&self->bench, "scan",	\
							   variant->occupancy, sizes, true, nr_)); \
		MEASURE(&self->bench, measure_scan(&self->bench, "scan",	\
						   variant->occupancy, sizes, false, nr_)); \
	} while (0)

/* One size on, in the middle. */
TEST_ROWS(scan, one_size, "")
{
	SKIP_WITHOUT_MTHP();
	MEASURE_SCAN(ONE_SIZE);
}

/* All sizes that this machine has. */
TEST_ROWS(scan, all_sizes, "")
{
	SKIP_WITHOUT_MTHP();
	MEASURE_SCAN(ALL_SIZES);
}

/* The PMD size, as it always was. */
TEST_ROWS(scan, pmd_size, "")
{
	MEASURE_SCAN(PMD_SIZE);
}

#endif
