/* SPDX-License-Identifier: GPL-2.0 */
/* What khugepaged costs the process meanwhile: a measurement, no verdict. */
#ifndef RACE_COST_H
#define RACE_COST_H

#include <sys/mman.h>

#include "race.h"
#include "race_latency.h"
#include "suite_each_order.h"

#define COST_SECONDS	0.2	/* without --time; twice */

/* What one thread measures: without khugepaged, and with it. */
struct cost {
	char *page;			/* of its own */
	struct latency latency[2];
};

static struct latency *latency_of(struct racer *racer)
{
	struct cost *cost = racer->own;

	return &cost->latency[!racer->race->idle];
}

static bool racer_faults(struct racer *racer)
{
	struct cost *cost = racer->own;
	uint64_t start;

	madvise(cost->page, racer->race->vm->page_size, MADV_DONTNEED);
	start = now_ns();
	touch_page(cost->page);
	latency_add(latency_of(racer), now_ns() - start);
	return true;
}

static bool racer_maps(struct racer *racer)
{
	size_t size = racer->race->vm->page_size;
	uint64_t start = now_ns();
	char *map;

	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(map, size);
	latency_add(latency_of(racer), now_ns() - start);
	return true;
}

static bool racer_times_reads(struct racer *racer)
{
	const struct race_memory *memory = &racer->race->memory;
	unsigned int page = racer_below(racer, memory->nr);
	uint64_t start = now_ns();

	*(volatile char *)race_page(memory, page);
	latency_add(latency_of(racer), now_ns() - start);
	return true;
}

static void print_latency(const struct latency *latency, const char *name, bool with)
{
	check_printf("%-14s %s: %lu times, p50 %llu us, p99 %llu us, max %llu us", name,
		     with ? "beside khugepaged" : "alone", latency->all,
		     (unsigned long long)latency_quantile(latency, 500) / 1000,
		     (unsigned long long)latency_quantile(latency, 990) / 1000,
		     (unsigned long long)latency->max / 1000);
}

/* Lines of LATENCY_COLUMNS, to a file that latency_csv_begin() made, or "-". */
static void write_latencies(const struct race *race, const char *order, const char *path)
{
	bool printed = !strcmp(path, "-");
	FILE *file = printed ? fdopen(dup(STDOUT_FILENO), "w") : fopen(path, "ae");
	unsigned int i, with;
	char name[96];

	if (printed)
		check_print(LATENCY_COLUMNS);
	for (i = 0; file && i < race->nr_racers; i++) {
		const struct cost *cost = race->racers[i].own;

		for (with = 0; with < 2; with++) {
			snprintf(name, sizeof(name), "%s%s,%s,%u", printed ? "# " : "", order,
				 race->racers[i].name, with);
			latency_csv(&cost->latency[with], name, file);
		}
	}
	if (!file || fclose(file))
		check_printf("%s: %s", path, strerror(errno));
}

/*
 * The longest page fault, mmap() and munmap(), and read of a page that is being collapsed:
 * first with nothing to be collapsed, then with khugepaged at work. However few collapses there
 * were, that is no reason to skip it.
 */
TEST_ROWS(each_order, what_it_costs, "")
{
	struct race *race = calloc(1, sizeof(*race));
	unsigned int i, with;
	char name[16];

	ASSERT_NE(NULL, race);
	if (!ranges_that_fit())
		SKIP(return, "not enough memory for a race");
	ASSERT_EQ(CHECK_PASS, (int)race_begin(race, &suite.vm, suite.generation,
					      BIT(variant->order), ranges_that_fit(),
					      options.seed));
	race_add(race, "page fault", racer_faults, 1);
	race_add(race, "mmap+munmap", racer_maps, 1);
	race_add(race, "read", racer_times_reads, 1);
	for (i = 0; i < race->nr_racers; i++) {
		struct cost *cost = calloc(1, sizeof(*cost));

		ASSERT_NE(NULL, cost);
		cost->page = mmap(NULL, suite.vm.page_size, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ASSERT_NE(MAP_FAILED, cost->page);
		race->racers[i].own = cost;
	}
	race->duration_ns = NS_PER_SECOND *
			    (options.time_given ? options.seconds / 2 : COST_SECONDS);
	race->idle = true;
	ASSERT_EQ(CHECK_PASS, (int)race_run(race));
	race->idle = false;
	RACE(race);
	for (i = 0; i < race->nr_racers; i++)
		for (with = 0; with < 2; with++)
			print_latency(&((struct cost *)race->racers[i].own)->latency[with],
				      race->racers[i].name, with);
	if (options.latency) {
		snprintf(name, sizeof(name), "order_%u", variant->order);
		write_latencies(race, name, options.latency);
	}
}

#endif
