/* SPDX-License-Identifier: GPL-2.0 */
/* What it costs to collapse a page: to each order, from base pages, from smaller folios, and
 * where nearly all is holes that are filled.
 */
#ifndef BENCH_COLLAPSE_H
#define BENCH_COLLAPSE_H

#include "suite_each_order.h"

#define COLLAPSE_SAMPLES	5
#define COUNTED_SAMPLES		2	/* counts repeat, and each sample is laid out anew */
#define BYTES_PER_MB		1e6

enum collapse_source { BASE_PAGES, SMALLER_FOLIOS, HOLES };

static const char *const source_names[] = {
	[BASE_PAGES] = "base_pages", [SMALLER_FOLIOS] = "smaller_folios", [HOLES] = "holes",
};

static struct pte_table *source_table(unsigned int order, enum collapse_source source)
{
	switch (source) {
	case SMALLER_FOLIOS:
		return table_of(PTE_PRESENT, order - 1, BIT(order - 1));
	case HOLES:
		return table_of(PTE_PRESENT, 0, BIT(order));
	default:
		return table_of(PTE_PRESENT, 0, 1);
	}
}

/* New ranges, one scan of them, and what came of it. */
static enum check_verdict sample_collapse(struct bench *bench, struct pte_table *table,
					  unsigned int order, unsigned int nr,
					  struct figure *figure, struct bench_look *look)
{
	const char *unit = bench_time_unit(&options.output);
	struct bench_scan scan;
	enum check_verdict verdict;
	double pages;

	verdict = bench_lay_out(bench, table, nr) ?: bench_scan(bench, &scan) ?:
		  bench_look(bench, look);
	bench_release(bench);
	if (verdict)
		return verdict;
	pages = look->pages[order];
	if (!pages) {
		check_printf("nothing was collapsed to order %u: %s", order, look->first);
		return CHECK_FAIL;
	}
	if (scan.ns <= bench->noise)
		return bench_hears(bench, 0, 1);
	figure_add(figure, scan.ns / pages, "%s/page", unit);
	if (options.output.clock == CLOCK_TIME)
		figure_add(figure, pages * suite.vm.page_size / BYTES_PER_MB /
			   (scan.ns / NS_PER_SECOND), "MB/s");
	figure_add(figure, scan.allocations * (double)BIT(order) / pages, "allocations/folio");
	figure_add(figure, pages / nr, "pages/range");
	return CHECK_PASS;
}

static enum check_verdict measure_collapse(struct bench *bench, const char *measure,
					   unsigned int order, enum collapse_source source,
					   unsigned int samples, unsigned int nr)
{
	struct thp_settings settings = bench_settings(BIT(order), source == HOLES);
	struct figure figure = { .vm = &suite.vm, .measure = measure, .ranges = nr };
	struct pte_table *table = source_table(order, source);
	enum check_verdict verdict = table ? CHECK_PASS : CHECK_FAIL;
	struct bench_look look = { 0 };
	unsigned int i;

	verdict = verdict ?: bench_begin(bench, &suite.vm, &settings);
	for (i = 0; i < samples && !verdict; i++)
		verdict = sample_collapse(bench, table, order, nr, &figure, &look);
	snprintf(figure.what, sizeof(figure.what), "order_%u.%s", order, source_names[source]);
	figure_left(&figure, &look);
	bench_end(bench);
	free(table);
	return verdict ?: print_figure(&figure);
}

static unsigned int collapse_samples(void)
{
	return options.output.clock == CLOCK_INSTRUCTIONS ? COUNTED_SAMPLES : COLLAPSE_SAMPLES;
}

#define MEASURE_COLLAPSE(source)						\
	do {									\
		unsigned int nr_ = nr_ranges(DEFAULT_RANGES);		\
		struct bench bench_ = { 0 };					\
										\
		SKIP_WITHOUT_RANGES(nr_);						\
		MEASURE(&bench_, measure_collapse(&bench_, "collapse", variant->order, \
						  source, collapse_samples(), nr_)); \
	} while (0)

/* A full range. */
TEST_ROWS(each_order, base_pages, "")
{
	MEASURE_COLLAPSE(BASE_PAGES);
}

/* A range full of folios of the next smaller order. */
TEST_ROWS(each_order, smaller_folios, "")
{
	SKIP_WITHOUT_MTHP();
	if (!(suite_orders() & BIT(variant->order - 1)))
		SKIP(return, "this machine has no anonymous folios of the next smaller order");
	MEASURE_COLLAPSE(SMALLER_FOLIOS);
}

/* One page in each region; the rest of it is filled. */
TEST_ROWS(each_order, holes, "")
{
	MEASURE_COLLAPSE(HOLES);
}

#endif
