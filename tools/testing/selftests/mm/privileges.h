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
 * CAP_SYS_ADMIN for page frame numbers, CAP_SYSLOG for the kernel log.
 * Return: 0; -EOPNOTSUPP when built without libcap; another negative errno.
 */
int privileges_drop(void);

#endif
