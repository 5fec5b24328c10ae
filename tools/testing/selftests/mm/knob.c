// SPDX-License-Identifier: GPL-2.0
/* One setting in a file; see knob.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "knob.h"
#include "vm_util.h"

static bool is_number(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

/* A module's parameter of type bool, as the kernel shows it. */
static bool is_switch(const char *text)
{
	return !strcmp(text, "Y") || !strcmp(text, "N");
}

int knob_read(const char *path, char value[KNOB_VALUE])
{
	char text[256], *start = text, *end;
	ssize_t len;

	len = read_text(path, text, sizeof(text));
	if (len < 0)
		return len;
	end = text + len;
	if (strchr(text, '[')) {
		start = strchr(text, '[') + 1;
		end = strchr(start, ']');
	} else if (!is_number(text) && !is_switch(text)) {
		return -EINVAL;
	}
	if (!end || end == start || end - start >= KNOB_VALUE)
		return -EINVAL;
	memcpy(value, start, end - start);
	value[end - start] = '\0';
	return 0;
}

int knob_write_always(const char *path, const char *value)
{
	ssize_t len = strlen(value), done;
	int fd;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	done = write(fd, value, len);
	if (done < 0)
		done = -errno;
	close(fd);
	return done < 0 ? done : done == len ? 0 : -EIO;
}

int knob_write(const char *path, const char *value)
{
	char seen[KNOB_VALUE];
	int err;

	err = knob_read(path, seen);
	if (err || !strcmp(seen, value))
		return err;
	err = knob_write_always(path, value);
	if (!err)
		err = knob_read(path, seen);
	return err ?: strcmp(seen, value) ? -EIO : 0;
}
