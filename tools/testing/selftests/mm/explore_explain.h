/* SPDX-License-Identifier: GPL-2.0 */
/* What is done with a case that fails: made small, drawn, written down. */
#ifndef EXPLORE_EXPLAIN_H
#define EXPLORE_EXPLAIN_H

#include "explore_run.h"

/* explain_new_case() - as explore_case_alloc() for this machine; ends the program when out
 * of memory.
 */
struct explore_case *explain_new_case(void);

/* explain_try() - run a case, as explore_one(). */
enum explore_verdict explain_try(const struct explore_case *c, struct batch_failure *failure,
				 void (*show)(const struct explore_batch *batch));

/* explain_model() - the argument of --model, NULL if there was none. */
const char *explain_model(void);

/* explain_wrong() - one line that says what went wrong with a case, or its canary. */
void explain_wrong(const struct batch_failure *failure);

/* explain_case() - run a case that failed once more, draw its tables, say what is wrong and
 * how to replay it.
 */
void explain_case(const struct explore_case *c);

/* explain_failure() - find the smallest case that fails as a run did, and write it down.
 * @plan: the run
 * @failed: what it met
 * @folder: where to write the file with the case
 */
void explain_failure(const struct explore_plan *plan, const struct explore_failed *failed,
		     const char *folder);

#endif
