// SPDX-License-Identifier: GPL-2.0
/*
 * What khugepaged's collapse costs, and what it gives: measurements, no verdicts.
 *
 * Each test measures one case and prints it as a figure (bench_figure.h). It fails where
 * nothing was measured: the set-up did not take, khugepaged did not come, nothing was collapsed.
 * The first four measures are made of the same number of ranges; the last of more and more of
 * them, to see what does not stay the same for each.
 */
#include <errno.h>
#include <stdlib.h>

#define SUITE_PURPOSE	"Measures what khugepaged's collapse of anonymous memory costs and gives."
#include "suite_harness.h"

#include "bench.h"
#include "bench_figure.h"
#include "race_process.h"

#define DEFAULT_RANGES	16
#define TIMED_RANGES	128		/* of scans, where they must stand out from the noise */
#define PROCESS_RANGES	16		/* that are collapsed beside a process, of however many */
#define MAX_RANGES	65536
#define MAX_MEMORY	(256UL << 20)	/* bytes of them, without --ranges */
#define DEFAULT_RATE	50		/* ranges a second */
#define MAX_RATE	1000000

static struct {
	unsigned int ranges;	/* 0: the defaults */
	unsigned int rate;
	struct bench_output output;
} options = { .rate = DEFAULT_RATE };

static bool parse_number(const char *option, const char *text, unsigned int most,
			 unsigned int *number)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || !value || value > most) {
		fprintf(stderr, "--%s %s: not a number from 1 to %u\n", option, text, most);
		return false;
	}
	*number = value;
	return true;
}

static bool parse_ranges(const char *text)
{
	return parse_number("ranges", text, MAX_RANGES, &options.ranges);
}

static bool parse_rate(const char *text)
{
	return parse_number("rate", text, MAX_RATE, &options.rate);
}

static bool parse_clock(const char *name)
{
	enum bench_clock clock;

	for (clock = 0; clock < NR_CLOCKS; clock++) {
		if (strcmp(name, bench_clock_names[clock]))
			continue;
		options.output.clock = clock;
		return true;
	}
	fprintf(stderr, "--clock %s: there are time, emulated and instructions\n", name);
	return false;
}

/* For the whole run: in it, modes of files bind root too. */
static bool set_json(const char *path)
{
	options.output.json = strcmp(path, "-") ? fopen(path, "ae") : stdout;
	if (!options.output.json)
		fprintf(stderr, "--json %s: %s\n", path, strerror(errno));
	return options.output.json;
}

static const struct suite_option own[] = {
	{
		"ranges",
		"      --ranges N       of so many ranges of the PMD size (default 16, for scan 128\n"
		"                       unless instructions are counted; fewer where they are large\n"
		"                       or memory is short; growth has its own)\n",
		parse_ranges,
	},
	{
		"rate",
		"      --rate N         ranges a second that are collapsed beside a process\n"
		"                       (default 50)\n",
		parse_rate,
	},
	{
		"clock",
		"      --clock NAME     what a nanosecond is here: time (default), emulated, or\n"
		"                       instructions, of an emulator that counts them\n",
		parse_clock,
	},
	{
		"json",
		"      --json FILE      add each figure, as a line of JSON; - prints them as\n"
		"                       diagnostics, as out of a guest\n",
		set_json,
	},
};

/*
 * How many a measurement has: as many as were asked for, or none.
 * @nr: the default; fewer where memory is short
 */
static unsigned int nr_ranges(unsigned int nr)
{
	const struct vm_geometry *vm = &suite.vm;

	if (options.ranges)
		return bench_fitting(vm, options.ranges) == options.ranges ? options.ranges : 0;
	while (nr > 1 && nr * vm->pmd_size > MAX_MEMORY)
		nr /= 2;
	return bench_fitting(vm, nr);
}

/* MEASURE() - do a step of a measurement; end the test if it does not pass. */
#define MEASURE(bench, step)							\
	do {									\
		int verdict_ = (step);					\
										\
		if (verdict_ == CHECK_SKIP)					\
			SKIP(return, "%s", (bench)->skip_reason);		\
		ASSERT_EQ(CHECK_PASS, verdict_)					\
			TH_LOG("see the lines above");				\
	} while (0)

#define SKIP_WITHOUT_RANGES(nr)							\
	do {									\
		if (!(nr))							\
			SKIP(return, "not enough memory for the ranges");	\
	} while (0)

static enum check_verdict print_figure(const struct figure *figure)
{
	int err = figure_print(figure, &options.output);

	if (err)
		check_printf("--json: %s", strerror(-err));
	return err ? CHECK_FAIL : CHECK_PASS;
}

/* What became of the ranges. */
static void figure_left(struct figure *figure, const struct bench_look *look)
{
	figure->left = look->alike ? look->first : "ranges that differ";
	figure->left_hash = look->hash;
	figure->left_folios = look->present > look->pages[0];
}

/* Sizes of the scans, and whether holes are filled. */
static struct thp_settings bench_settings(unsigned long orders, bool fill_holes)
{
	struct thp_settings settings = thp_settings_of(&suite.vm, orders, THP_MADVISE);

	settings.max_ptes_none = fill_holes ? suite.vm.nr - 1 : 0;
	return settings;
}

/*
 * Every @apart'th PTE maps a page of a folio of @order; the others are empty, or all if it is 0.
 * Return: a table for free(); NULL without memory.
 */
static struct pte_table *table_of(enum pte_state state, unsigned int order, unsigned int apart)
{
	struct pte_table *table = pte_table_alloc(suite.vm.pmd_order);
	unsigned int offset;

	for (offset = 0; table && apart && offset < table->nr; offset += apart)
		pte_table_set_folio(table, offset, state, order, 0, BIT(order));
	return table;
}

#include "bench_scan.h"
#include "bench_collapse.h"
#include "bench_process.h"
#include "bench_gain.h"
#include "bench_growth.h"

SUITE_MAIN_WITH(own)
