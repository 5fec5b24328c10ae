// SPDX-License-Identifier: GPL-2.0
/* Memory cgroups for tests; see resources.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "privileges.h"
#include "resource_internal.h"
#include "vm_util.h"

static const char no_memcg[] = "no cgroup v2 with the memory controller";
static const char memcg_refused[] = "a cgroup with the memory controller cannot be made";

static int read_words(const char *folder, const char *file, char *text, size_t size)
{
	char path[RESOURCE_PATH + 32];

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	return read_text(path, text, size);
}

static bool has_word(const char *folder, const char *file, const char *word)
{
	size_t len = strlen(word);
	char text[1024], *at = text;

	if (read_words(folder, file, text, sizeof(text)) < 0)
		return false;
	for (; (at = strstr(at, word)); at += len)
		if ((at == text || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
	return false;
}

/* A cgroup and all below it, with their processes. */
static int remove_cgroup(const char *path)
{
	struct dirent *entry;
	int err = 0;
	DIR *dir;

	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(dir)) && !err) {
		char below[RESOURCE_PATH + 256];

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if (snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) <
		    (int)sizeof(below))
			err = remove_cgroup(below);
	}
	closedir(dir);
	return err ?: resource_while_busy(folder_remove, path);
}

static int undo_cgroup(const char *path)
{
	if (!folder_is_reachable(path, CGROUP2_SUPER_MAGIC))
		return -ENODEV;
	if (access(path, F_OK))
		return 0;
	/* Those that cannot be killed keep the folder busy, that will be told. */
	folder_write(path, "cgroup.kill", "1");
	return remove_cgroup(path) ?: 1;
}

/* Busy: another came to use it in the meantime, then it stays. */
static int undo_controller(const char *path)
{
	int err;

	if (!folder_is_on(path, CGROUP2_SUPER_MAGIC))
		return -ENODEV;
	if (!has_word(path, "cgroup.subtree_control", "memory"))
		return 0;
	err = folder_write(path, "cgroup.subtree_control", "-memory");
	return err == -EBUSY ? 0 : err ?: 1;
}

const struct resource_kind controller_kind = {
	"memory-controller", folder_has_form, undo_controller
};

const struct resource_kind cgroup_kind = { "cgroup", folder_has_our_name, undo_cgroup };

static bool find_memcg(char root[RESOURCE_PATH])
{
	return folder_find("cgroup2", "cgroup.controllers", root) &&
	       has_word(root, "cgroup.controllers", "memory");
}

const char *resource_memcg_probe(void)
{
	char root[RESOURCE_PATH];

	return find_memcg(root) ? "yes" : no_memcg;
}

static int switch_on_controller(struct record *record, const char *root)
{
	off_t before;
	int err;

	if (has_word(root, "cgroup.subtree_control", "memory"))
		return 0;
	err = record_add(record, &controller_kind, root, &before);
	if (err)
		return err;
	err = folder_write(root, "cgroup.subtree_control", "+memory");
	if (err)
		record_drop(record, before);
	return err;
}

/* The root of cgroup v2 has a mode that lets nobody write. */
static int make_folder_in_root(const char *path)
{
	bool override = !privileges_override_modes(true);
	int err;

	err = mkdir(path, 0755) ? -errno : 0;
	if (override)
		privileges_override_modes(false);
	return err;
}

/* The one below which all others are, once a run. A folder that we did not make is not ours. */
static int make_parent(struct record *record, const char *parent)
{
	off_t before;
	int err;

	if (record_has(record, &cgroup_kind))
		return 0;
	if (!access(parent, F_OK))
		return -EEXIST;
	err = record_add(record, &cgroup_kind, parent, &before);
	if (err)
		return err;
	err = make_folder_in_root(parent);
	if (err)
		record_drop(record, before);
	return err;
}

static int make_child(const char *parent, char *path, size_t size)
{
	unsigned int number;

	for (number = 0; ; number++) {
		if (snprintf(path, size, "%s/%u", parent, number) >= (int)size)
			return -ENAMETOOLONG;
		if (!mkdir(path, 0755))
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
}

const char *resource_memcg(char *path, size_t size)
{
	char root[RESOURCE_PATH], parent[RESOURCE_PATH];
	struct record record;
	int err;

	if (!find_memcg(root)) {
		errno = ENODEV;
		return no_memcg;
	}
	if (snprintf(parent, sizeof(parent), "%s/" RESOURCE_NAME, root) >= (int)sizeof(parent)) {
		errno = ENAMETOOLONG;
		return memcg_refused;
	}
	err = record_open(&record, O_CREAT);
	if (err) {
		errno = -err;
		return record_refused;
	}
	err = switch_on_controller(&record, root) ?: make_parent(&record, parent) ?:
	      folder_write(parent, "cgroup.subtree_control", "+memory") ?:
	      make_child(parent, path, size);
	close(record.fd);
	errno = -err;
	return err ? memcg_refused : NULL;
}
