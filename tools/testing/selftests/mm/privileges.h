/* SPDX-License-Identifier: GPL-2.0 */
/* What this process may do, and giving up what it does not need. */
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include <stdbool.h>

/* Whether this was built with libcap. */
extern const bool privileges_have_libcap;

/* privileges_missing() - the capability that is missing for the tests.
 * Return: a constant reason to skip, or NULL when nothing is missing. Built
 * without libcap, only the user id is looked at.
 */
const char *privileges_missing(void);

/* privileges_drop() - keep only the capabilities that the tests need.
 * CAP_SYS_ADMIN for page frame numbers, CAP_SYSLOG for the kernel log; and, without
 * effect until privileges_override_modes(), CAP_DAC_OVERRIDE. Instead of CAP_IPC_LOCK, as
 * much memory may be locked as the process may ask for.
 * Return: 0; -EOPNOTSUPP when built without libcap; another negative errno.
 */
int privileges_drop(void);

/* privileges_override_modes() - may root write where the mode of a folder says no?
 * @on: from now on; else no longer
 * For what lies in the root of cgroup v2, which nobody may write: there it takes
 * CAP_DAC_OVERRIDE to make a folder.
 * Return: 0, also when built without libcap: then nothing was dropped; -EPERM when the
 * process never had it; another negative errno.
 */
int privileges_override_modes(bool on);

#endif
