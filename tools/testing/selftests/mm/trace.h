/* SPDX-License-Identifier: GPL-2.0 */
/* The trace events of a collapse, counted. */
#ifndef TRACE_H
#define TRACE_H

#include <stddef.h>
#include <stdio.h>

#include "vm_util.h"

/* One trace of the events of include/trace/events/huge_memory.h. */
struct trace {
	char path[256];			/* of the trace instance */
	long succeeded[MAX_ORDERS];	/* mm_collapse_huge_page, by order */
	long failed[MAX_ORDERS];
	long exceed_swap[MAX_ORDERS];	/* of these, those for a swapped page */
	long swapin[MAX_ORDERS];	/* mm_collapse_huge_page_swapin */
	long isolated[MAX_ORDERS];	/* mm_collapse_huge_page_isolate that succeeded */
};

/* trace_start() - start to record the events in an instance of our own.
 * @missing: receives the reason to skip, a constant, where this machine cannot
 * Return: 0; -EOPNOTSUPP with @missing; another negative errno.
 */
int trace_start(struct trace *trace, const char **missing);

/* trace_stop() - stop, and count what was recorded.
 * Return: 0; -ENODATA when events were lost; another negative errno.
 */
int trace_stop(struct trace *trace);

/* trace_pipe() - a stream of one of these events, from now on, in the same instance.
 * @event: its name
 * Return: lines to read, and the end of file where no more have come yet; NULL where this
 * machine cannot.
 */
FILE *trace_pipe(const char *event);

#endif
