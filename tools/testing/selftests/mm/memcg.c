// SPDX-License-Identifier: GPL-2.0
/* A memory cgroup of a test's own; see memcg.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "knob.h"
#include "memcg.h"
#include "vm_util.h"

#define TIGHT_ATTEMPTS	10
#define MEMCG_FILE	(RESOURCE_PATH + 64)	/* bytes of the path of one of its files */

static void file_path(const struct memcg *memcg, const char *file, char path[MEMCG_FILE])
{
	snprintf(path, MEMCG_FILE, "%s/%s", memcg->path, file);
}

const char *memcg_make(struct memcg *memcg)
{
	return resource_memcg(memcg->path, sizeof(memcg->path));
}

int memcg_join(const struct memcg *memcg)
{
	return memcg_set(memcg, "cgroup.procs", "0");
}

const char *memcg_enter(struct memcg *memcg)
{
	const char *missing = memcg_make(memcg);

	if (missing)
		return missing;
	return memcg_join(memcg) ? "the memory cgroup cannot be entered" : NULL;
}

bool memcg_has(const struct memcg *memcg, const char *file)
{
	char path[MEMCG_FILE];

	file_path(memcg, file, path);
	return !access(path, W_OK);
}

int memcg_set(const struct memcg *memcg, const char *file, const char *value)
{
	char path[MEMCG_FILE];

	file_path(memcg, file, path);
	return knob_write_always(path, value);
}

long memcg_value(const struct memcg *memcg, const char *file, const char *key)
{
	char path[MEMCG_FILE], text[16384], *at = text;
	size_t len = key ? strlen(key) : 0;

	file_path(memcg, file, path);
	if (read_text(path, text, sizeof(text)) < 0)
		return -1;
	if (!key)
		return strtol(text, NULL, 10);
	for (; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (!strncmp(at, key, len) && at[len] == ' ')
			return strtol(at + len, NULL, 10);
	}
	return -1;
}

int memcg_set_tight(const struct memcg *memcg)
{
	unsigned int attempt;
	char value[KNOB_VALUE];
	long bytes;
	int err = 0;

	/* Not there without swap. */
	if (memcg_has(memcg, "memory.swap.max"))
		err = memcg_set(memcg, "memory.swap.max", "0");
	for (attempt = 0; attempt < TIGHT_ATTEMPTS && !err; attempt++) {
		err = memcg_set(memcg, "memory.high", "0") ?:
		      memcg_set(memcg, "memory.high", "max");
		bytes = memcg_value(memcg, "memory.current", NULL);
		snprintf(value, sizeof(value), "%ld", bytes);
		err = err ?: memcg_set(memcg, "memory.max", value);
		if (!err && memcg_value(memcg, "memory.current", NULL) == bytes)
			return 0;
	}
	return err ?: -EAGAIN;
}
