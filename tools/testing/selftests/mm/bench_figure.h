/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What was measured of one case: named values, with all their samples.
 *
 * A figure is printed as a diagnostic for people, and for programs as a line of JSON, to a file
 * or as one more diagnostic. The clock that times are taken from decides what they are called.
 */
#ifndef BENCH_FIGURE_H
#define BENCH_FIGURE_H

#include <stdbool.h>

#include "race_latency.h"
#include "vm_util.h"

#define FIGURE_SAMPLES	16
#define FIGURE_VALUES	24
#define FIGURE_LATENCIES 8

enum bench_clock {
	CLOCK_TIME,		/* a real one */
	CLOCK_EMULATED,		/* of an emulator: says nothing in itself */
	CLOCK_INSTRUCTIONS,	/* of an emulator that gives each instruction a nanosecond */
	NR_CLOCKS,
};

extern const char *const bench_clock_names[NR_CLOCKS];

/* One value: the same thing, measured several times. */
struct bench_value {
	char unit[48];		/* as "ns/PTE" */
	double sample[FIGURE_SAMPLES];
	unsigned int nr;
};

struct figure {
	const struct vm_geometry *vm;
	const char *measure;		/* as "scan" */
	char what[64];			/* the case: "half.all_sizes.settled" */
	unsigned int ranges;
	const char *left;		/* what all ranges were in the end; or NULL */
	uint64_t left_hash;		/* of all their PTEs */
	bool left_folios;		/* were there any that are larger than a page? */
	struct bench_value values[FIGURE_VALUES];
	unsigned int nr_values;
	struct {
		const char *name;
		const struct latency *latency;
	} latencies[FIGURE_LATENCIES];
	unsigned int nr_latencies;
};

/* Where figures go, and what their clock is. */
struct bench_output {
	enum bench_clock clock;
	FILE *json;		/* open to be added to; stdout: as diagnostics; or NULL */
};

/* bench_time_unit() - what a nanosecond of this clock is called: "ns" or "instructions". */
const char *bench_time_unit(const struct bench_output *output);

/* figure_add() - one more sample.
 * @unit: names the value; the first time also what it is, in the order of printing
 */
void figure_add(struct figure *figure, double sample, const char *unit, ...)
	__attribute__((format(printf, 3, 4)));

/* figure_add_latency() - a histogram; has to stay until the figure is printed. */
void figure_add_latency(struct figure *figure, const char *name,
			const struct latency *latency);

/* figure_print() - to stdout as a diagnostic, and as JSON where @output says so.
 * Return: 0, or a negative errno of writing the file.
 */
int figure_print(const struct figure *figure, const struct bench_output *output);

#endif
