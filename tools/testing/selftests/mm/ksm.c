// SPDX-License-Identifier: GPL-2.0
/* Let KSM merge pages, now; see ksm.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "knob.h"
#include "ksm.h"

#define LIMIT_NS	10000000000ULL
#define MIN_PAUSE_NS	500000L
#define MAX_PAUSE_NS	8000000L

bool ksm_has_zero_pages(void)
{
	return !access(KSM_SYSFS "/use_zero_pages", W_OK) && ksm_zero_pages() >= 0;
}

/* A knob that this kernel may not have. */
static int set_if_there(const char *path, const char *value)
{
	return access(path, F_OK) ? 0 : knob_write(path, value);
}

int ksm_configure(const char *pages, const char *sleep_ms, const char *zero_pages)
{
	/* An advisor would set the number of pages itself; smart_scan leaves pages out. */
	return set_if_there(KSM_SYSFS "/advisor_mode", "none") ?:
	       set_if_there(KSM_SYSFS "/smart_scan", "0") ?:
	       set_if_there(KSM_SYSFS "/use_zero_pages", zero_pages) ?:
	       knob_write(KSM_SYSFS "/pages_to_scan", pages) ?:
	       knob_write(KSM_SYSFS "/sleep_millisecs", sleep_ms);
}

int ksm_merge(int (*merged)(void *arg), void *arg)
{
	struct timespec pause = { .tv_nsec = MIN_PAUSE_NS };
	uint64_t deadline = now_ns() + LIMIT_NS;
	int err = ksm_configure("100000", "0", "1"), stop, all = 0;

	err = err ?: knob_write_always(KSM_SYSFS "/run", "1");
	while (!err && !all) {
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < MAX_PAUSE_NS)
			pause.tv_nsec *= 2;
		all = merged(arg);
		if (all < 0)
			err = all;
		else if (!all && now_ns() > deadline)
			err = -ETIMEDOUT;
	}
	/* Returns when ksmd is out of its scan. */
	stop = knob_write_always(KSM_SYSFS "/run", "0");
	return err ?: stop;
}

long ksm_zero_pages(void)
{
	char text[1024], *line;

	if (read_text("/proc/self/ksm_stat", text, sizeof(text)) < 0)
		return -1;
	line = strstr(text, "ksm_zero_pages ");
	return line ? strtol(line + strlen("ksm_zero_pages "), NULL, 10) : -1;
}
