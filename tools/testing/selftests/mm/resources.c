// SPDX-License-Identifier: GPL-2.0
/* What the tests' resources have in common, and their release; see resources.h. */
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "resource_internal.h"
#include "vm_util.h"

#define BUSY_SECONDS	10	/* that another may look at what is to go: udev does */

void resource_pause(void)
{
	struct timespec ts = { .tv_nsec = 5000000 };

	nanosleep(&ts, NULL);
}

int resource_while_busy(int (*act)(const char *what), const char *what)
{
	uint64_t deadline = now_ns() + BUSY_SECONDS * 1000000000ULL;
	int err;

	while ((err = act(what)) == -EBUSY && now_ns() < deadline)
		resource_pause();
	return err;
}

int resources_release(void (*removed)(const char *kind, const char *path, int err))
{
	struct record record;
	int err, done = 0;
	unsigned int i;

	err = record_open(&record, 0);
	if (err)
		return err;
	/* The last first: a cgroup goes before its controller is switched off. */
	for (i = record.nr; i--; ) {
		int one = record.line[i].kind->undo(record.line[i].path);

		if (one && removed)
			removed(record.line[i].kind->name, record.line[i].path, one < 0 ? one : 0);
		if (one < 0)
			err = -EBUSY;
		else
			done += one;
	}
	if (!err && unlink(RESOURCES_RECORD))
		err = -errno;
	close(record.fd);
	return err ?: done ? 0 : -ENOENT;
}
