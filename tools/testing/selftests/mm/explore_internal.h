/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of a batch; others include explore_batch.h. */
#ifndef EXPLORE_INTERNAL_H
#define EXPLORE_INTERNAL_H

#include "explore_batch.h"

/* explore_batch.c */

/* batch_failed() - say what went wrong.
 * @nr: of the case; -1: none of them in particular
 * Return: BATCH_FAILED
 */
enum batch_state batch_failed(struct explore_batch *batch, enum batch_trouble trouble, int nr,
			      const char *format, ...) __printf(4, 5);

/* batch_failed_setup() - the same, with what @error says, or that the machine lacks it. */
enum batch_state batch_failed_setup(struct explore_batch *batch,
				    const struct setup_error *error, const char *what);

/* batch_failed_missing() - this machine cannot do a case.
 * @missing: what it lacks, a constant
 */
enum batch_state batch_failed_missing(struct explore_batch *batch, int nr, const char *missing);

/* batch_unshare() - end the child that shares pages, if there is one. */
enum batch_state batch_unshare(struct explore_batch *batch);

/* batch_predict() - what must come of the next scan. Return: BATCH_GOES_ON or BATCH_FAILED. */
enum batch_state batch_predict(struct explore_batch *batch);

/* explore_change.c */

/* batch_common_step() - the next step of a case if it is one of all cases, else NULL. */
const struct explore_step *batch_common_step(const struct explore_batch *batch,
					     unsigned int nr);

/* batch_change() - do the steps of all cases up to the next collapse, or to the end. */
enum batch_state batch_change(struct explore_batch *batch);

/* explore_judge.c */

/* batch_compare() - what came of the last scan.
 * Return: BATCH_DONE: all is as expected; BATCH_GOES_ON: another scan is needed to tell;
 * BATCH_FAILED.
 */
enum batch_state batch_compare(struct explore_batch *batch);

#endif
