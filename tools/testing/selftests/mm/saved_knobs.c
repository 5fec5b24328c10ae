// SPDX-License-Identifier: GPL-2.0
/* The values of all knobs at one moment; see saved_knobs.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"
#include "saved_knobs.h"
#include "thp_settings.h"

#define HEADER	"mthp_khugepaged settings 1\n"
#define FOOTER	"end\n"

#define KSM_ADVISOR	KSM_SYSFS "/advisor_mode"
#define KSM_PAGES	KSM_SYSFS "/pages_to_scan"
#define KSM_RUN		KSM_SYSFS "/run"
#define KSM_SHARING	KSM_SYSFS "/max_page_sharing"

struct search {
	const char *path;
	bool found;
};

static void compare_path(const char *path, bool essential, void *arg)
{
	struct search *search = arg;

	(void)essential;
	search->found |= !strcmp(search->path, path);
}

/* Only what thp_knobs() lists is ever written from a file. */
static bool is_ours(const struct vm_geometry *vm, const char *path)
{
	struct search search = { .path = path };

	thp_knobs(vm, compare_path, &search);
	return search.found;
}

struct reading {
	struct saved_knobs *saved;
	char *error;
	size_t size;
	int err;
};

static void read_one(const char *path, bool essential, void *arg)
{
	struct reading *reading = arg;
	struct saved_knobs *saved = reading->saved;
	const char *why = NULL;
	int err;

	if (reading->err)
		return;
	if (saved->nr == ARRAY_SIZE(saved->knob)) {
		snprintf(reading->error, reading->size, "%s: too many settings", path);
		reading->err = -E2BIG;
		return;
	}
	err = knob_read(path, saved->knob[saved->nr].value);
	if (err == -EINVAL)
		why = "holds neither a number nor a choice";
	else if (!err && access(path, W_OK))
		err = -errno;
	if (err && !essential)
		return;
	if (err) {
		snprintf(reading->error, reading->size, "%s: %s", path, why ?: strerror(-err));
		reading->err = err;
		return;
	}
	snprintf(saved->knob[saved->nr].path, sizeof(saved->knob[0].path), "%s", path);
	saved->nr++;
}

static const char *saved_value(const struct saved_knobs *saved, const char *path)
{
	unsigned int i;

	for (i = 0; i < saved->nr; i++)
		if (!strcmp(saved->knob[i].path, path))
			return saved->knob[i].value;
	return NULL;
}

static void leave_out(struct saved_knobs *saved, const char *path)
{
	unsigned int from, to = 0;

	for (from = 0; from < saved->nr; from++)
		if (strcmp(saved->knob[from].path, path))
			saved->knob[to++] = saved->knob[from];
	saved->nr = to;
}

int saved_knobs_read(const struct vm_geometry *vm, struct saved_knobs *saved,
		     char *error, size_t size)
{
	struct reading reading = { .saved = saved, .error = error, .size = size };
	const char *advisor;

	saved->nr = 0;
	thp_knobs(vm, read_one, &reading);
	/* Where there is an advisor, it is its output; mm/ksm.c: pages_to_scan_store(). */
	advisor = saved_value(saved, KSM_ADVISOR);
	if (advisor && strcmp(advisor, "none"))
		leave_out(saved, KSM_PAGES);
	return reading.err;
}

int saved_knobs_store(const struct saved_knobs *saved, const char *path)
{
	char temporary[256];
	unsigned int i;
	FILE *file;
	int err = 0;

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	file = fopen(temporary, "we");
	if (!file)
		return -errno;
	fputs(HEADER, file);
	for (i = 0; i < saved->nr; i++)
		fprintf(file, "%s %s\n", saved->knob[i].path, saved->knob[i].value);
	fputs(FOOTER, file);
	if (fflush(file) || fsync(fileno(file)))
		err = -errno;
	if (fclose(file) && !err)
		err = -errno;
	if (!err && rename(temporary, path))
		err = -errno;
	if (err)
		unlink(temporary);
	return err;
}

int saved_knobs_load(const struct vm_geometry *vm, struct saved_knobs *saved,
		     const char *path)
{
	char line[256] = "";
	int err = -EINVAL;
	FILE *file;

	saved->nr = 0;
	file = fopen(path, "re");
	if (!file)
		return -errno;
	if (!fgets(line, sizeof(line), file) || strcmp(line, HEADER))
		goto out;
	while (fgets(line, sizeof(line), file) && strcmp(line, FOOTER)) {
		if (saved->nr == ARRAY_SIZE(saved->knob) ||
		    sscanf(line, "%127s %31s", saved->knob[saved->nr].path,
			   saved->knob[saved->nr].value) != 2 ||
		    !is_ours(vm, saved->knob[saved->nr].path))
			goto out;
		saved->nr++;
	}
	if (!strcmp(line, FOOTER) && !fgets(line, sizeof(line), file))
		err = 0;
out:
	fclose(file);
	return err;
}

/* Restoring goes in passes, see saved_knobs_restore(). */
enum restore_pass { PASS_ON, PASS_OFF, PASS_NO_ADVISOR, PASS_REST, PASS_ADVISOR, NR_PASSES };

static enum restore_pass pass_of(const char *path, const char *value)
{
	if (!strcmp(path, KSM_ADVISOR))
		return strcmp(value, "none") ? PASS_ADVISOR : PASS_NO_ADVISOR;
	if (strncmp(path, THP_SYSFS "/", strlen(THP_SYSFS "/")))
		return PASS_REST;
	return strcmp(value, "never") ? PASS_ON : PASS_OFF;
}

/*
 * max_page_sharing cannot be changed while anything is merged. A test could, so what is
 * merged now are the tests' remains. KSM_RUN comes after it.
 */
static int write_back(const char *path, const char *value)
{
	int err = knob_write(path, value);

	if (err == -EBUSY && !strcmp(path, KSM_SHARING))
		err = knob_write(KSM_RUN, "2") ?: knob_write(path, value);
	return err;
}

static int restore_pass(const struct saved_knobs *saved, enum restore_pass pass,
			void (*changed)(const char *path, const char *value, int err))
{
	char seen[KNOB_VALUE];
	unsigned int i;
	int err = 0;

	for (i = 0; i < saved->nr; i++) {
		const char *path = saved->knob[i].path, *value = saved->knob[i].value;
		int one;

		if (pass_of(path, value) != pass)
			continue;
		if (!knob_read(path, seen) && !strcmp(seen, value))
			continue;
		one = write_back(path, value);
		if (changed)
			changed(path, value, one);
		err = one ?: err;
	}
	return err;
}

int saved_knobs_restore(const struct saved_knobs *saved,
			void (*changed)(const char *path, const char *value, int err))
{
	/*
	 * Sizes on before sizes off, so that the khugepaged thread lives. KSM's numbers
	 * are written while no advisor owns them; switching it off resets one. What the
	 * kernel changes with the sizes by itself (min_free_kbytes) comes last, and only
	 * if the kernel did not change it back: writing it makes it the user's.
	 */
	enum restore_pass pass;
	int err = 0;

	for (pass = PASS_ON; pass < NR_PASSES; pass++)
		err = restore_pass(saved, pass, changed) ?: err;
	return err;
}
