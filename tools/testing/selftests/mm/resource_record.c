// SPDX-License-Identifier: GPL-2.0
/* The file that names what tests make; see resource_internal.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "kselftest.h"
#include "resource_internal.h"
#include "vm_util.h"

#define LOCK_SECONDS	10	/* that a killed process may take to die */
#define RECORD_HEADER	RESOURCE_NAME " resources 1 "

const char *const record_refused = "what tests make cannot be recorded in /run";

static const struct resource_kind *const kinds[] = {
	&zram_kind, &loop_kind, &controller_kind, &cgroup_kind, &trace_kind, &ksm_kind,
};

static void read_header(char *text, size_t size)
{
	char boot[64];

	bool known = read_text("/proc/sys/kernel/random/boot_id", boot, sizeof(boot)) > 0;

	snprintf(text, size, RECORD_HEADER "%s\n", known ? boot : "unknown");
}

static bool parse_line(struct record *record, char *line)
{
	char *path = strchr(line, ' ');
	size_t i;

	if (!path || record->nr == ARRAY_SIZE(record->line))
		return false;
	*path++ = '\0';
	for (i = 0; i < ARRAY_SIZE(kinds) && strcmp(line, kinds[i]->name); i++)
		;
	if (i == ARRAY_SIZE(kinds) || strlen(path) >= RESOURCE_PATH || !kinds[i]->accepts(path))
		return false;
	record->line[record->nr].kind = kinds[i];
	memcpy(record->line[record->nr++].path, path, strlen(path) + 1);
	return true;
}

/*
 * The length of what counts, or -EINVAL. A line without an end was being written when its
 * writer was killed: nothing was made of it.
 */
static ssize_t parse_record(struct record *record, char *text)
{
	char header[128], *line, *end;

	read_header(header, sizeof(header));
	end = strchr(text, '\n');
	if (!end)
		return strncmp(text, header, strlen(text)) ? -EINVAL : 0;
	if (strncmp(text, RECORD_HEADER, strlen(RECORD_HEADER)))
		return -EINVAL;
	if (strncmp(text, header, strlen(header)))
		return 0;	/* of an earlier boot */
	for (line = end + 1; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (!parse_line(record, line))
			return -EINVAL;
	}
	return line - text;
}

/* Wait for another process that writes, as long as a killed one may take to die. */
static int lock_record(int fd)
{
	uint64_t deadline = now_ns() + LOCK_SECONDS * 1000000000ULL;

	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK || now_ns() > deadline)
			return -errno;
		resource_pause();
	}
	return 0;
}

static int load_record(struct record *record)
{
	ssize_t len, valid;
	char text[8192];
	int err;

	err = lock_record(record->fd);
	if (err)
		return err;
	len = pread(record->fd, text, sizeof(text) - 1, 0);
	if (len < 0)
		return -errno;
	if (len == sizeof(text) - 1 || memchr(text, '\0', len))
		return -EINVAL;
	text[len] = '\0';
	valid = parse_record(record, text);
	if (valid < 0)
		return valid;
	return valid < len && ftruncate(record->fd, valid) ? -errno : 0;
}

int record_open(struct record *record, int flags)
{
	int err;

	record->nr = 0;
	record->fd = open(RESOURCES_RECORD, O_RDWR | O_APPEND | O_CLOEXEC | flags, 0600);
	if (record->fd < 0)
		return -errno;
	err = load_record(record);
	if (err)
		close(record->fd);
	return err;
}

bool record_has(const struct record *record, const struct resource_kind *kind)
{
	unsigned int i;

	for (i = 0; i < record->nr; i++)
		if (record->line[i].kind == kind)
			return true;
	return false;
}

int record_add(struct record *record, const struct resource_kind *kind, const char *path,
	       off_t *before)
{
	char text[RESOURCE_PATH + 256] = "";
	ssize_t len, done;

	*before = lseek(record->fd, 0, SEEK_END);
	if (*before < 0)
		return -errno;
	/* What a release would not accept must not be made. */
	if (!kind->accepts(path) || strchr(path, '\n'))
		return -EINVAL;
	if (!*before)
		read_header(text, sizeof(text));
	len = strlen(text);
	len += snprintf(text + len, sizeof(text) - len, "%s %s\n", kind->name, path);
	done = write(record->fd, text, len);
	if (done == len)
		return 0;
	done = done < 0 ? -errno : -EIO;
	return ftruncate(record->fd, *before) ? -errno : done;
}

void record_drop(struct record *record, off_t before)
{
	/* If it stays, a release finds nothing there. */
	if (ftruncate(record->fd, before))
		return;
}
