// SPDX-License-Identifier: GPL-2.0
/* Folders in the kernel's own file systems; see resource_internal.h. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "knob.h"
#include "resource_internal.h"

/* Of a word in mountinfo: \040 is a blank. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (text[0] == '\\' && isdigit(text[1]) && isdigit(text[2]) && isdigit(text[3])) {
			*to++ = (text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0');
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

bool folder_find(const char *type, const char *file, char root[RESOURCE_PATH])
{
	char *line = NULL, seen[32], path[RESOURCE_PATH];
	bool found = false;
	size_t size = 0;
	FILE *mounts;

	mounts = fopen("/proc/self/mountinfo", "re");
	while (mounts && !found && getline(&line, &size, mounts) > 0) {
		const char *rest = strstr(line, " - ");

		if (!rest || sscanf(rest, " - %31s", seen) != 1 || strcmp(seen, type) ||
		    sscanf(line, "%*s %*s %*s %*s %191s", root) != 1)
			continue;
		unescape(root);
		found = snprintf(path, sizeof(path), "%s/%s", root, file) < (int)sizeof(path) &&
			!access(path, F_OK);
	}
	free(line);
	if (mounts)
		fclose(mounts);
	return found;
}

bool folder_has_form(const char *path)
{
	return *path == '/' && !strstr(path, "/.");
}

bool folder_has_our_name(const char *path)
{
	const char *last = strrchr(path, '/');

	return folder_has_form(path) && !strcmp(last + 1, RESOURCE_NAME);
}

bool folder_is_on(const char *path, unsigned long magic)
{
	struct statfs fs;

	return !statfs(path, &fs) && (unsigned long)fs.f_type == magic;
}

bool folder_is_reachable(const char *path, unsigned long magic)
{
	char parent[RESOURCE_PATH];

	snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(path, '/') - path), path);
	return folder_is_on(parent, magic);
}

int folder_write(const char *folder, const char *file, const char *word)
{
	char path[RESOURCE_PATH + 32];

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	return knob_write_always(path, word);
}

int folder_remove(const char *path)
{
	return rmdir(path) && errno != ENOENT ? -errno : 0;
}
