// SPDX-License-Identifier: GPL-2.0
/* What this process may do; see privileges.h. */
#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "kselftest.h"
#include "privileges.h"

#ifdef HAVE_LIBCAP
#include <sys/capability.h>

const bool privileges_have_libcap = true;

static const cap_value_t needed[] = { CAP_SYS_ADMIN, CAP_SYSLOG };

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

int privileges_drop(void)
{
	cap_t now = cap_get_proc(), keep = cap_init();
	int err = 0;
	size_t i;

	if (!now || !keep)
		err = -errno;
	for (i = 0; i < ARRAY_SIZE(needed) && !err; i++) {
		cap_flag_value_t set;

		if (cap_get_flag(now, needed[i], CAP_PERMITTED, &set))
			err = -errno;
		else if (set == CAP_SET &&
			 (cap_set_flag(keep, CAP_PERMITTED, 1, &needed[i], CAP_SET) ||
			  cap_set_flag(keep, CAP_EFFECTIVE, 1, &needed[i], CAP_SET)))
			err = -errno;
	}
	if (!err && cap_set_proc(keep))
		err = -errno;
	cap_free(now);
	cap_free(keep);
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

#endif
