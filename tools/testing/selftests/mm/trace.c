// SPDX-License-Identifier: GPL-2.0
/* The trace events of a collapse, counted; see trace.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "knob.h"
#include "kselftest.h"
#include "resources.h"
#include "trace.h"

#define TRACE_FILE	384	/* bytes of the path of one of its files */

static void file_path(const struct trace *trace, const char *file, char path[TRACE_FILE])
{
	snprintf(path, TRACE_FILE, "%s/%s", trace->path, file);
}

static int set(const struct trace *trace, const char *file, const char *value)
{
	char path[TRACE_FILE];

	file_path(trace, file, path);
	return knob_write_always(path, value);
}

static int set_once(const struct trace *trace, const char *file, const char *value)
{
	char path[TRACE_FILE];

	file_path(trace, file, path);
	return knob_write(path, value);
}

int trace_start(struct trace *trace, const char **missing)
{
	static const char *const events[] = {
		"events/huge_memory/mm_collapse_huge_page/enable",
		"events/huge_memory/mm_collapse_huge_page_isolate/enable",
		"events/huge_memory/mm_collapse_huge_page_swapin/enable",
	};
	size_t i;
	int err;

	memset(trace, 0, sizeof(*trace));
	*missing = resource_trace(trace->path, sizeof(trace->path), false);
	if (*missing)
		return -EOPNOTSUPP;
	for (i = 0; i < ARRAY_SIZE(events); i++) {
		err = set(trace, events[i], "1");
		if (err)
			return err;
	}
	return set(trace, "tracing_on", "1");
}

/*
 * The first event that is switched on changes the code of the scheduler (kernel/trace/
 * trace_sched_switch.c), which not every emulator survives each time: so it stays on, for
 * the next caller.
 */
FILE *trace_pipe(const char *event)
{
	char path[TRACE_FILE], enable[128], line[256];
	struct trace trace;
	FILE *pipe;
	int fd;

	if (resource_trace(trace.path, sizeof(trace.path), true))
		return NULL;
	snprintf(enable, sizeof(enable), "events/huge_memory/%s/enable", event);
	if (set_once(&trace, enable, "1") || set_once(&trace, "tracing_on", "1"))
		return NULL;
	file_path(&trace, "trace_pipe", path);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	pipe = fd < 0 ? NULL : fdopen(fd, "r");
	while (pipe && fgets(line, sizeof(line), pipe))
		;
	return pipe;
}

/* The number behind "order=", or MAX_ORDERS. */
static unsigned long order_of(const char *line)
{
	const char *order = strstr(line, "order=");
	unsigned long value = order ? strtoul(order + strlen("order="), NULL, 10) : MAX_ORDERS;

	return value < MAX_ORDERS ? value : MAX_ORDERS;
}

static void count_line(struct trace *trace, const char *line)
{
	bool succeeded = strstr(line, "status=succeeded");
	bool isolated = strstr(line, " isolated=1,");
	unsigned long order = order_of(line);

	if (order == MAX_ORDERS)
		return;
	if (strstr(line, " mm_collapse_huge_page: ")) {
		/* Both fields say whether it was collapsed. */
		trace->succeeded[order] += succeeded && isolated;
		trace->failed[order] += !succeeded && !isolated;
		trace->exceed_swap[order] += !!strstr(line, "status=exceed_swap_pte");
	} else if (strstr(line, " mm_collapse_huge_page_isolate: ")) {
		trace->isolated[order] += succeeded;
	} else if (strstr(line, " mm_collapse_huge_page_swapin: ")) {
		trace->swapin[order]++;
	}
}

/* "# entries-in-buffer/entries-written: 12/12   #P:2": fewer than were written. */
static bool tells_of_loss(const char *line)
{
	unsigned long kept, written;

	return sscanf(line, "# entries-in-buffer/entries-written: %lu/%lu", &kept, &written) == 2 &&
	       kept != written;
}

int trace_stop(struct trace *trace)
{
	char path[TRACE_FILE], line[1024];
	bool lost = false;
	FILE *file;
	int err;

	err = set(trace, "tracing_on", "0");
	if (err)
		return err;
	file_path(trace, "trace", path);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		lost |= tells_of_loss(line);
		count_line(trace, line);
	}
	fclose(file);
	return lost ? -ENODATA : 0;
}
