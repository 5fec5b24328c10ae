/* SPDX-License-Identifier: GPL-2.0 */
/* What khugepaged costs the process meanwhile: a measurement, no verdict. */
#ifndef RACE_COST_H
#define RACE_COST_H

#include "race_process.h"
#include "suite_each_order.h"

#define COST_SECONDS	0.2	/* without --time; twice */

static void print_latency(const struct latency *latency, const char *name, bool with)
{
	check_printf("%-14s %s: %lu times, p50 %llu us, p99 %llu us, max %llu us", name,
		     with ? "beside khugepaged" : "alone", latency->all,
		     (unsigned long long)latency_quantile(latency, 500) / 1000,
		     (unsigned long long)latency_quantile(latency, 990) / 1000,
		     (unsigned long long)latency->max / 1000);
}

/* Lines of LATENCY_COLUMNS, to a file that latency_csv_begin() made, or "-". */
static void write_latencies(const struct process *process, const char *order, const char *path)
{
	bool printed = !strcmp(path, "-");
	FILE *file = printed ? fdopen(dup(STDOUT_FILENO), "w") : fopen(path, "ae");
	unsigned int act, with;
	char name[96];

	if (printed)
		check_print(LATENCY_COLUMNS);
	for (act = 0; file && act < NR_ACTS; act++) {
		for (with = 0; with < 2; with++) {
			snprintf(name, sizeof(name), "%s%s,%s,%u", printed ? "# " : "", order,
				 process_act_names[act], with);
			latency_csv(&process->latency[with][act], name, file);
		}
	}
	if (!file || fclose(file))
		check_printf("%s: %s", path, strerror(errno));
}

/*
 * How long a page fault, mmap() and munmap(), and a read of a page that may be collapsed take:
 * first with nothing to be collapsed, then with khugepaged at work. However few collapses there
 * were, that is no reason to skip it.
 */
TEST_ROWS(each_order, what_it_costs, "")
{
	struct race *race = calloc(1, sizeof(*race));
	struct process *process;
	unsigned int act, with;
	char name[16];

	ASSERT_NE(NULL, race);
	if (!ranges_that_fit())
		SKIP(return, "not enough memory for a race");
	ASSERT_EQ(CHECK_PASS, (int)race_begin(race, &suite.vm, suite.generation,
					      BIT(variant->order), ranges_that_fit(),
					      options.seed));
	process = process_add(race);
	ASSERT_NE(NULL, process);
	race->duration_ns = NS_PER_SECOND *
			    (options.time_given ? options.seconds / 2 : COST_SECONDS);
	ASSERT_EQ(CHECK_PASS, (int)process_run(race, true))
		TH_LOG("see the lines above");
	for (act = 0; act < NR_ACTS; act++)
		for (with = 0; with < 2; with++)
			print_latency(&process->latency[with][act], process_act_names[act], with);
	if (options.latency) {
		snprintf(name, sizeof(name), "order_%u", variant->order);
		write_latencies(process, name, options.latency);
	}
}

#endif
