// SPDX-License-Identifier: GPL-2.0
/* May a test switch KSM on, and what it had merged; see resources.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "knob.h"
#include "resource_internal.h"
#include "thp_settings.h"
#include "vm_util.h"

static const char no_ksm[] = "no KSM";
static const char ksm_stopped[] = "KSM is stopped with pages merged, and they are not ours";

static bool is_ksm(const char *path)
{
	return !strcmp(path, KSM_SYSFS "/run");
}

/* What tests had merged stays so after their end while ksmd rests. */
static int undo_ksm(const char *path)
{
	unsigned long shared = 0, zero = 0;
	int err;

	read_ulong(KSM_SYSFS "/pages_shared", &shared);
	read_ulong(KSM_SYSFS "/ksm_zero_pages", &zero);
	if (!shared && !zero)
		return 0;
	err = knob_write_always(path, "2") ?: knob_write_always(path, "0");
	return err ?: 1;
}

const struct resource_kind ksm_kind = { "ksm", is_ksm, undo_ksm };

static bool read_ksm(unsigned long *run, unsigned long *shared)
{
	return !read_ulong(KSM_SYSFS "/run", run) &&
	       !read_ulong(KSM_SYSFS "/pages_shared", shared);
}

const char *resource_ksm_probe(void)
{
	unsigned long run, shared;

	if (!read_ksm(&run, &shared))
		return no_ksm;
	return !run && shared ? ksm_stopped : "yes";
}

const char *resource_ksm(void)
{
	unsigned long run, shared;
	struct record record;
	off_t before;
	int err;

	if (!read_ksm(&run, &shared))
		return no_ksm;
	if (run)
		return NULL;
	err = record_open(&record, O_CREAT);
	if (err)
		return record_refused;
	/* Once it is ours, what is merged is ours too: it was not there before. */
	if (!record_has(&record, &ksm_kind))
		err = shared ? -EBUSY : record_add(&record, &ksm_kind, KSM_SYSFS "/run", &before);
	close(record.fd);
	return err == -EBUSY ? ksm_stopped : err ? record_refused : NULL;
}
