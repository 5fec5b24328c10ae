// SPDX-License-Identifier: GPL-2.0
/*
 * khugepaged against everything that may touch a range meanwhile.
 *
 * Each test is a race (race.h): khugepaged collapses, racers do one thing over and over, and
 * an invariant must hold that the comment above names. Four variants: the smallest size,
 * several at once, the PMD size alone, and MADV_COLLAPSE in khugepaged's place.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "suite_harness.h"

#include "pte_read.h"
#include "race.h"
#include "race_latency.h"

#define DEFAULT_SECONDS	10	/* of each race, if it did not hit its window often enough before */
#define PATIENCE	5	/* times that, to hit it often enough to say anything */
#define LATE_SECONDS	1	/* of each race, once half of the time of all is over */
#define MAX_SECONDS	86400
#define NR_RANGES	2
#define MAX_MEMORY	(64UL << 20)	/* bytes of a race, unless a range alone is larger */

static struct {
	double seconds;
	bool time_given;
	unsigned long seed;
	const char *latency;
} options = { .seconds = DEFAULT_SECONDS };

/* So much longer may each test take, and all together; --timeout has the last word. */
static void allow_seconds(unsigned int seconds)
{
	const struct __fixture_variant_metadata *v;
	const struct __fixture_metadata *f;
	struct __test_metadata *t;

	for (f = __fixture_list; f; f = f->next) {
		for (t = f->tests; t; t = t->next) {
			t->timeout = TEST_SECONDS + PATIENCE * seconds;
			for (v = f->variant; v && !suite.timeout_given; v = v->next)
				suite.timeout += PATIENCE * seconds;
		}
	}
}

static bool parse_time(const char *text)
{
	char *end;

	options.seconds = strtod(text, &end);
	options.time_given = true;
	if (*text >= '0' && *text <= '9' && !*end && options.seconds > 0 &&
	    options.seconds <= MAX_SECONDS) {
		allow_seconds(options.seconds);
		return true;
	}
	fprintf(stderr, "--time %s: not a number of seconds above 0, up to %u\n", text,
		MAX_SECONDS);
	return false;
}

static bool parse_seed(const char *text)
{
	char *end;

	errno = 0;
	options.seed = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno)
		return true;
	fprintf(stderr, "--seed %s: not a number from 0 to %lu\n", text, ULONG_MAX);
	return false;
}

/* Tried at once, not when it has been measured. */
static bool set_latency(const char *path)
{
	int err = strcmp(path, "-") ? latency_csv_begin(path) : 0;

	options.latency = path;
	if (err)
		fprintf(stderr, "--latency %s: %s\n", path, strerror(-err));
	return !err;
}

static const struct suite_option own[] = {
	{
		"latency",
		"      --latency FILE   add histograms of what it costs, as CSV; - prints them as\n"
		"                       diagnostics, as out of a guest\n",
		set_latency,
	},
	{
		"time",
		"      --time S         seconds for each race, as 0.5, and five times that where\n"
		"                       its window was hit rarely (default 10, or until it was\n"
		"                       hit often)\n",
		parse_time,
	},
	{
		"seed",
		"      --seed N         what the racers do, and when (default 0)\n",
		parse_seed,
	},
};

FIXTURE(race)
{
	struct collapse_check check;
	struct race race;
	unsigned long row_hits;
};

FIXTURE_VARIANT(race)
{
	const char *name;
	bool smallest;
	bool mixed;
	bool forced;
	unsigned long row_hits;	/* of all races of a row, without --time */
	unsigned long min_hits;	/* of a race */
};

FIXTURE_VARIANT_ADD(race, smallest_size)
{
	.name = "smallest_size",
	.smallest = true,
	.row_hits = 850,
	.min_hits = 50,
};

FIXTURE_VARIANT_ADD(race, several_sizes)
{
	.name = "several_sizes",
	.mixed = true,
	.row_hits = 150,
	.min_hits = 30,
};

FIXTURE_VARIANT_ADD(race, pmd_size)
{
	.name = "pmd_size",
	.row_hits = 8,
	.min_hits = 8,
};

FIXTURE_VARIANT_ADD(race, madv_collapse)
{
	.name = "madv_collapse",
	.forced = true,
	.row_hits = 8,
	.min_hits = 8,
};

/* As many as a race has, or as memory allows. */
static unsigned int ranges_that_fit(void)
{
	size_t available = meminfo_bytes("MemAvailable") / 4;
	unsigned int nr;

	for (nr = NR_RANGES; nr > 1 && nr * suite.vm.pmd_size > MAX_MEMORY; nr--)
		;
	while (nr && nr * suite.vm.pmd_size > available)
		nr--;
	return nr;
}

/* On a slow machine: rather no hits in the last races than no end in time. */
static bool is_late(void)
{
	return !options.time_given &&
	       now_ns() - suite.start > suite.timeout / 2 * NS_PER_SECOND;
}

static void race_share(struct race *race, unsigned long row_hits, unsigned int percent)
{
	race->enough_hits = row_hits * percent / 100;
	if (race->enough_hits < race->min_hits)
		race->enough_hits = race->min_hits;
	if (options.time_given)
		race->enough_hits = 0;
}

FIXTURE_SETUP(race)
{
	unsigned long orders = BIT(suite.vm.pmd_order), small = suite_mthp_orders();
	char name[160];

	if (variant->smallest || variant->mixed) {
		SKIP_WITHOUT_MTHP();
		orders = variant->mixed ? small : small & -small;
	}
	if (!ranges_that_fit())
		SKIP(return, "not enough memory for a race");
	snprintf(name, sizeof(name), "race.%s.%s --seed %lu", variant->name, _metadata->name,
		 options.seed);
	ASSERT_EQ(0, suite_check_begin(&self->check, name));
	ASSERT_EQ(CHECK_PASS, (int)race_begin(&self->race, &suite.vm, suite.generation, orders,
					      ranges_that_fit(), options.seed));
	self->race.mixed = variant->mixed;
	self->race.forced = variant->forced;
	self->race.needs_proof = variant->smallest;
	self->race.duration_ns = options.seconds * NS_PER_SECOND;
	self->race.patience = PATIENCE;
	if (is_late()) {
		self->race.duration_ns = LATE_SECONDS * NS_PER_SECOND;
		self->race.patience = 1;
	}
	self->race.min_hits = variant->min_hits;
	self->row_hits = variant->row_hits;
	race_share(&self->race, self->row_hits, 100 / rows_nr_of(_metadata->name));
}

FIXTURE_TEARDOWN_PARENT(race)
{
	EXPECT_EQ(0, suite_complaints());
}

/* SHARE() - this race's part of the hits that are wanted of its row, in percent. Without, all
 * have the same; a race that is slow to hit its window has less.
 */
#define SHARE(percent)	race_share(&self->race, self->row_hits, percent)

/* RACE() - run a race; end the test if it does not pass. */
#define RACE(race)								\
	do {									\
		int verdict_ = race_run(race);			\
										\
		if (verdict_ == CHECK_SKIP)					\
			SKIP(return, "%s", (race)->skip_reason);		\
		if (verdict_ == CHECK_FAIL)					\
			check_print_replay(&self->check);			\
		ASSERT_EQ(CHECK_PASS, verdict_)					\
			TH_LOG("see the lines above");				\
	} while (0)

#include "race_write.h"
#include "race_map.h"
#include "race_device.h"
#include "race_walk.h"
#include "race_uffd.h"
#include "race_end.h"
#include "race_cost.h"

SUITE_MAIN_WITH(own)
