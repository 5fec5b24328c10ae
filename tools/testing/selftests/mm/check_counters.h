/* SPDX-License-Identifier: GPL-2.0 */
/* The counters of a collapse, against what the model says. */
#ifndef CHECK_COUNTERS_H
#define CHECK_COUNTERS_H

#include "collapse_check.h"

/* check_count() - lay out, collapse, and judge what the counters did.
 * @check: with its cases; is measured
 * @wrong: looks at @check->moved, prints what is wrong, returns how much
 *
 * The counters are system-wide, only khugepaged/pages_collapsed and those in vmstat
 * have no form for each size: when they are wrong, other processes may have moved
 * them. So once more; and if there are others that do, no verdict.
 *
 * Return: as check_collapse(); CHECK_SKIP too when other processes move the counters.
 */
enum check_verdict check_count(struct collapse_check *check,
			       int (*wrong)(const struct collapse_check *check));

/* check_wrong_counters() - for check_count(): all that the model predicts. */
int check_wrong_counters(const struct collapse_check *check);

#endif
