/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What came of the tries to collapse a region, by their results.
 *
 * The trace event mm_collapse_huge_page tells it at the end of each try. Where there is no
 * tracefs, only the number of tries is known, and all are taken for collapses.
 */
#ifndef RACE_TRIES_H
#define RACE_TRIES_H

#include <stdbool.h>
#include <stdio.h>

#include "collapse_model.h"
#include "vm_util.h"

#define MAX_RESULTS	32	/* that the kernel has names for */

struct try_result {
	char name[32];		/* "succeeded" or why not, in the kernel's words */
	unsigned long times;
};

/* Of some tries. */
struct tries {
	unsigned long collapsed;
	unsigned long refused;	/* of what the scan had accepted */
	unsigned long settled;	/* had a folio of that order already, or none was to be had */
};

struct try_counter {
	const struct vm_geometry *vm;
	enum generation generation;
	unsigned long orders;	/* bit mask of those that count */
	FILE *pipe;		/* of the trace; NULL where there is none */
	long counter;		/* then: the kernel's, when it was read last */
	struct try_result results[MAX_RESULTS];	/* of all so far */
	unsigned int nr_results;
};

/* try_counter_start() - count from now on.
 * @orders: bit mask of the orders whose tries are to be counted
 */
void try_counter_start(struct try_counter *counter, const struct vm_geometry *vm,
		       enum generation generation, unsigned long orders);

/* try_counter_read() - what was tried since it was last read.
 * @tries: receives it
 */
void try_counter_read(struct try_counter *counter, struct tries *tries);

/* try_counter_times() - how often a result was met so far.
 * @name: in the kernel's words (include/trace/events/huge_memory.h: SCAN_STATUS)
 * Return: the number, 0 where it cannot be told
 */
unsigned long try_counter_times(const struct try_counter *counter, const char *name);

/* try_counter_stop() - close it, and print how often each result was met. */
void try_counter_stop(struct try_counter *counter);

#endif
