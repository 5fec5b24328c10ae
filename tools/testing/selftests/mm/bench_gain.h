/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a collapse gives: how long it takes to read what there was before, page by page in a
 * random order and one after the other, before and after; and what it costs in memory.
 */
#ifndef BENCH_GAIN_H
#define BENCH_GAIN_H

#include "bench_reads.h"

#define GAIN_SAMPLES	3

/* Counted in instructions a read is one, whatever the TLB has to do for it. */
static bool reads_tell(void)
{
	return options.output.clock != CLOCK_INSTRUCTIONS;
}

#define SKIP_WITHOUT_READS()							\
	do {									\
		if (!reads_tell())						\
			SKIP(return, "counted in instructions all reads are the same");	\
	} while (0)

/* Before the collapse or after it. */
static enum check_verdict sample_reads(struct reads *reads, struct figure *figure,
				       const char *when)
{
	const char *unit = bench_time_unit(&options.output);
	struct read_cost cost;
	bool intact = true;
	unsigned int i;

	for (i = 0; i < GAIN_SAMPLES && intact; i++) {
		intact = reads_chase(reads, &cost);
		figure_add(figure, cost.ns / reads->nr, "%s/chase %s", unit, when);
		if (cost.misses >= 0)
			figure_add(figure, cost.misses / reads->nr, "dTLB/chase %s", when);
		intact = intact && reads_in_order(reads, &cost);
		figure_add(figure, cost.ns / reads->nr, "%s/page %s", unit, when);
	}
	if (intact)
		return CHECK_PASS;
	check_print("a page does not hold what was written to it");
	return CHECK_FAIL;
}

/* @occupancy: what are holes is filled by the collapse, and costs memory. */
static enum check_verdict measure_gain(struct bench *bench, const char *measure,
				       unsigned int order, enum occupancy occupancy,
				       unsigned int nr)
{
	struct thp_settings settings = bench_settings(BIT(order), occupancy != FULL);
	struct figure figure = { .vm = &suite.vm, .measure = measure, .ranges = nr };
	struct pte_table *table = occupied(occupancy, PTE_PRESENT);
	struct bench_look before, after = { 0 };
	enum check_verdict verdict = CHECK_FAIL;
	struct reads reads = { .counter = -1 };

	if (table)
		verdict = bench_begin(bench, &suite.vm, &settings) ?:
			  bench_lay_out(bench, table, nr) ?: bench_look(bench, &before);
	if (!verdict && reads_tell() && reads_begin(&reads, bench)) {
		bench->skip_reason = "not enough memory for the order of reads";
		verdict = CHECK_SKIP;
	}
	if (!verdict && reads_tell())
		verdict = sample_reads(&reads, &figure, "before");
	verdict = verdict ?: bench_settle(bench);
	if (!verdict && reads_tell())
		verdict = sample_reads(&reads, &figure, "after");
	verdict = verdict ?: bench_look(bench, &after);
	if (!verdict && !after.pages[order]) {
		check_printf("nothing was collapsed to order %u: %s", order, after.first);
		verdict = CHECK_FAIL;
	}
	if (!verdict)
		figure_add(&figure, 100.0 * after.present / before.present - 100, "%% more memory");
	snprintf(figure.what, sizeof(figure.what), "order_%u.%s", order,
		 occupancy_names[occupancy]);
	figure_left(&figure, &after);
	reads_end(&reads);
	bench_end(bench);
	free(table);
	return verdict ?: print_figure(&figure);
}

#define MEASURE_GAIN(occupancy)						\
	do {									\
		unsigned int nr_ = nr_ranges(DEFAULT_RANGES);			\
		struct bench bench_ = { 0 };					\
										\
		SKIP_WITHOUT_RANGES(nr_);						\
		MEASURE(&bench_, measure_gain(&bench_, "gain", variant->order, \
					    occupancy, nr_)); \
	} while (0)

/* Of a full range: it costs no memory. */
TEST_ROWS(each_order, gain_full, "")
{
	SKIP_WITHOUT_READS();
	MEASURE_GAIN(FULL);
}

/* Every other page is a hole, and is filled. */
TEST_ROWS(each_order, gain_alternating, "")
{
	MEASURE_GAIN(ALTERNATING);
}

FIXTURE(machine)
{
};

FIXTURE_SETUP(machine)
{
}

FIXTURE_TEARDOWN(machine)
{
}

/* Where this is skipped, no gain has dTLB misses. */
TEST_ROWS(machine, dtlb_is_counted, "")
{
	int counter = read_counter_open();

	if (counter < 0)
		SKIP(return, "no counter of dTLB misses");
	close(counter);
}

#endif
