// SPDX-License-Identifier: GPL-2.0
/* A trace instance for tests; see resources.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resource_internal.h"

#define TRACE_KB	"1024"	/* for each CPU */

static const char no_tracefs[] = "no tracefs is mounted";
static const char trace_refused[] = "a trace instance cannot be made";

static int undo_trace(const char *path)
{
	if (!folder_is_reachable(path, TRACEFS_MAGIC))
		return -ENODEV;
	if (access(path, F_OK))
		return 0;
	return resource_while_busy(folder_remove, path) ?: 1;
}

const struct resource_kind trace_kind = { "trace-instance", folder_has_our_name, undo_trace };

static bool copy_path(char *path, size_t size, const char *from)
{
	return snprintf(path, size, "%s", from) < (int)size;
}

static bool find_trace(char instances[RESOURCE_PATH])
{
	char root[RESOURCE_PATH];
	const char *below;

	if (folder_find("tracefs", "instances", root))
		below = "/instances";
	else if (folder_find("debugfs", "tracing/instances", root))
		below = "/tracing/instances";
	else
		return false;
	return snprintf(instances, RESOURCE_PATH, "%s%s", root, below) < RESOURCE_PATH;
}

const char *resource_trace_probe(void)
{
	char instances[RESOURCE_PATH];

	return find_trace(instances) ? "yes" : no_tracefs;
}

static int make_instance(struct record *record, const char *path, bool keep)
{
	bool recorded = record_has(record, &trace_kind);
	off_t before;
	int err;

	if (recorded && keep && !access(path, F_OK))
		return 0;
	if (recorded && rmdir(path) && errno != ENOENT)
		return -errno;
	if (!recorded) {
		if (!access(path, F_OK))
			return -EEXIST;
		err = record_add(record, &trace_kind, path, &before);
		if (err)
			return err;
	}
	if (!mkdir(path, 0700))
		return folder_write(path, "buffer_size_kb", TRACE_KB);
	err = -errno;
	if (!recorded)
		record_drop(record, before);
	return err;
}

const char *resource_trace(char *path, size_t size, bool keep)
{
	char instances[RESOURCE_PATH], instance[RESOURCE_PATH];
	struct record record;
	int err;

	if (!find_trace(instances)) {
		errno = ENODEV;
		return no_tracefs;
	}
	if (snprintf(instance, sizeof(instance), "%s/" RESOURCE_NAME, instances) >=
	    (int)sizeof(instance) ||
	    !copy_path(path, size, instance)) {
		errno = ENAMETOOLONG;
		return trace_refused;
	}
	err = record_open(&record, O_CREAT);
	if (err) {
		errno = -err;
		return record_refused;
	}
	err = make_instance(&record, instance, keep);
	close(record.fd);
	errno = -err;
	return err ? trace_refused : NULL;
}
