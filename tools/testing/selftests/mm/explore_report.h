/* SPDX-License-Identifier: GPL-2.0 */
/* What an exploration has to say. */
#ifndef EXPLORE_REPORT_H
#define EXPLORE_REPORT_H

#include <stdio.h>

#include "explore_run.h"

/* report_figures() - how much was done, how fast, where the time went. */
void report_figures(const struct explore_result *result);

/* report_coverage() - a table of which rules of the model decided how often, by order. */
void report_coverage(const struct vm_geometry *vm, const struct batch_figures *figures);

/* report_unreached() - the rules that no table reached.
 * @vm: its orders are those that count
 * @states: bit mask of the states that could be drawn; rules about others do not count
 * @figures: of the run
 * Return: how many there are, each of which was printed.
 */
unsigned int report_unreached(const struct vm_geometry *vm, unsigned long states,
			      const struct batch_figures *figures);

/* report_tables() - draw the tables of case 0 of a batch: before, expected and seen. */
void report_tables(const struct explore_batch *batch);

/* report_case() - the command that runs a case again.
 * @model: the argument of --model, or NULL
 */
void report_case(const struct explore_case *c, const char *model);

/* report_notation_error() - a text, and where it is wrong. */
void report_notation_error(FILE *to, const char *text, const struct notation_error *error);

#endif
