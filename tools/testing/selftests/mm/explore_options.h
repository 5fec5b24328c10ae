/* SPDX-License-Identifier: GPL-2.0 */
/* The command line of the explorer. */
#ifndef EXPLORE_OPTIONS_H
#define EXPLORE_OPTIONS_H

#include "explore_run.h"

struct explore_options {
	const char *notation;	/* of the one case to be run, with a collapse; or NULL */
	const char *corpus;	/* folder of the cases that are run first */
	const char *failures;	/* folder for a case that failed */
	size_t memory;		/* bytes that a run may take */
	unsigned long seconds;	/* of a run; 0: no limit */
	char arguments[1024];	/* the options but for the seed, for a replay */
	bool restricted;	/* not everything may be drawn, or for less than usual */
	struct explore_plan plan;
};

/* explore_parse_options() - fill in what is to be done; suite_begin() comes first.
 * @explore: receives it
 * @code: receives the exit code where there is nothing to do
 * Return: true when there is something to run; false after a request as --help was served,
 * or a mistake was explained.
 */
bool explore_parse_options(int argc, char **argv, struct explore_options *explore, int *code);

#endif
