/* SPDX-License-Identifier: GPL-2.0 */
/* What an exploration has to say. */
#ifndef EXPLORE_REPORT_H
#define EXPLORE_REPORT_H

#include <stdio.h>

#include "explore_run.h"

/* report_figures() - how much was done, how fast, where the time went. */
void report_figures(const struct explore_result *result);

/* report_tables() - draw the tables of case 0 of a batch: before, expected and seen. */
void report_tables(const struct explore_batch *batch);

/* report_case() - the command that runs a case again.
 * @model: the argument of --model, or NULL
 */
void report_case(const struct explore_case *c, const char *model);

/* report_notation_error() - a text, and where it is wrong.
 * @what: what the text is, as "--orders"
 */
void report_notation_error(FILE *to, const char *what, const char *text,
			   const struct notation_error *error);

#endif
