/* SPDX-License-Identifier: GPL-2.0 */
/* Make a case that fails as small as it can be and still fail. Pure. */
#ifndef EXPLORE_SHRINK_H
#define EXPLORE_SHRINK_H

#include "explore_case.h"

/* explore_shrink() - look for the smallest case that fails.
 * @c: a case that fails; replaced by smaller ones that do
 * @fails: does a case fail? Ends the search with a negative number, say when time is up.
 * @arg: for @fails
 *
 * Each step to a smaller case takes away steps, sizes, PTEs or special states, see
 * explore_weight(), so that it comes to an end.
 *
 * Return: number of cases that were tried.
 */
unsigned int explore_shrink(struct explore_case *c,
			    int (*fails)(const struct explore_case *c, void *arg),
			    void *arg);

/* explore_weight() - how large a case is; what explore_shrink() makes smaller. */
unsigned long explore_weight(const struct explore_case *c);

#endif
