// SPDX-License-Identifier: GPL-2.0
/* What this process may do; see privileges.h. */
#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "kselftest.h"
#include "privileges.h"

#ifdef HAVE_LIBCAP
#include <sys/capability.h>
#include <sys/resource.h>

const bool privileges_have_libcap = true;

/* Kept, and whether it works at once or only when it is raised. */
static const struct {
	cap_value_t cap;
	bool effective;
} needed[] = {
	{ CAP_SYS_ADMIN, true },
	{ CAP_SYSLOG, true },
	{ CAP_DAC_OVERRIDE, false },
};

const char *privileges_missing(void)
{
	cap_flag_value_t set = CAP_CLEAR;
	cap_t caps = cap_get_proc();

	if (caps) {
		cap_get_flag(caps, CAP_SYS_ADMIN, CAP_EFFECTIVE, &set);
		cap_free(caps);
	}
	if (geteuid())
		return "needs root";
	return set == CAP_SET ? NULL : "needs CAP_SYS_ADMIN, page frame numbers are hidden without";
}

/* The limit counts as soon as CAP_IPC_LOCK is gone; a large range is above the usual one. */
static void lift_memlock_limit(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	if (setrlimit(RLIMIT_MEMLOCK, &limit) && !getrlimit(RLIMIT_MEMLOCK, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_MEMLOCK, &limit);
	}
}

int privileges_drop(void)
{
	cap_t now = cap_get_proc(), keep = cap_init();
	int err = 0;
	size_t i;

	if (!now || !keep)
		err = -errno;
	for (i = 0; i < ARRAY_SIZE(needed) && !err; i++) {
		cap_flag_value_t set;

		if (cap_get_flag(now, needed[i].cap, CAP_PERMITTED, &set))
			err = -errno;
		else if (set == CAP_SET &&
			 (cap_set_flag(keep, CAP_PERMITTED, 1, &needed[i].cap, CAP_SET) ||
			  cap_set_flag(keep, CAP_EFFECTIVE, 1, &needed[i].cap,
				       needed[i].effective ? CAP_SET : CAP_CLEAR)))
			err = -errno;
	}
	lift_memlock_limit();
	if (!err && cap_set_proc(keep))
		err = -errno;
	cap_free(now);
	cap_free(keep);
	return err;
}

int privileges_override_modes(bool on)
{
	static const cap_value_t cap = CAP_DAC_OVERRIDE;
	cap_t caps = cap_get_proc();
	int err = 0;

	if (!caps || cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, on ? CAP_SET : CAP_CLEAR) ||
	    cap_set_proc(caps))
		err = -errno;
	cap_free(caps);
	return err;
}

#else

const bool privileges_have_libcap;

const char *privileges_missing(void)
{
	return geteuid() ? "needs root" : NULL;
}

int privileges_drop(void)
{
	return -EOPNOTSUPP;
}

int privileges_override_modes(bool on)
{
	(void)on;
	return 0;
}

#endif
