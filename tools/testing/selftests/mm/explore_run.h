/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Many batches of random cases, three processes in turns: while khugepaged works on the
 * memory of one, the others look at what came of their last batches and make the next.
 */
#ifndef EXPLORE_RUN_H
#define EXPLORE_RUN_H

#include "explore_batch.h"
#include "explore_draw.h"

#define EXPLORE_WORKERS	3	/* two leave khugepaged waiting for a quarter of the time */
#define EXPLORE_TEXT	2048	/* bytes of a table in words */

struct explore_plan {
	const struct vm_geometry *vm;
	enum generation generation;
	struct draw_options options;
	uint64_t seed;
	unsigned int batch_size;	/* cases */
	uint64_t duration_ns;		/* no batch begins after that; 0: no limit */
	uint64_t patience_ns;		/* but so much later while there is not enough() */
	unsigned long max_tables;	/* no batch begins after so many, with the cases that were
					 * given up; 0: no limit
					 */
	/* Called now and then while it runs, with what it came to so far. May be NULL. */
	bool (*enough)(const struct batch_figures *figures);
};

/* The first failure of a run; what a worker saw, in words. */
struct explore_failed {
	uint64_t number;		/* of the batch */
	enum draw_family family;
	enum batch_trouble trouble;
	int nr;				/* of the case; -1: it is not known which */
	char what[400];
	char text[CASE_TEXT];		/* the case */
	char expected[EXPLORE_TEXT];
	char seen[EXPLORE_TEXT];
};

struct explore_result {
	struct batch_figures figures;
	unsigned long tables[NR_FAMILIES];
	unsigned long given_up[NR_FAMILIES];	/* cases, as the machine lacked something */
	unsigned long all_given_up;
	uint64_t ns;			/* that it took */
	long rss_kb;			/* peak, of all workers together */
	int died;			/* wait status of a worker that did; 0: none */
	bool failed;
	struct explore_failed failure;
	const char *missing;		/* why cases were given up, a constant; NULL: none was */
};

/* explore_batch_size() - how many cases of a batch fit.
 * @memory: bytes that all workers together may take
 * Return: 0 when not even one with its canary does.
 */
unsigned int explore_batch_size(const struct vm_geometry *vm, size_t memory);

/* explore_draw_batch() - the cases of a batch of a run.
 * @plan: the run
 * @number: of the batch, from 0
 * @batch: receives them, with the canary at the end
 * Return: the family that its settings are of.
 */
enum draw_family explore_draw_batch(const struct explore_plan *plan, uint64_t number,
				    struct explore_batch *batch);

/* explore_run() - draw, collapse and compare, until time or number are reached.
 * @result: receives what came of it
 * Return: 0; a negative errno when it could not be run.
 */
int explore_run(const struct explore_plan *plan, struct explore_result *result);

/* What comes of one case. */
enum explore_verdict {
	EXPLORE_AS_EXPECTED,
	EXPLORE_FAILED,
	EXPLORE_MISSING,	/* the machine lacks what it needs; see failure.missing */
};

/* explore_one() - run one case, with a canary beside it.
 * @c: the case
 * @figures: where to add up
 * @failure: receives what was wrong
 * @show: called after each collapse, with the tables before, expected and seen of case 0
 *        in the batch; may be NULL
 */
enum explore_verdict explore_one(const struct vm_geometry *vm, enum generation generation,
				 const struct explore_case *c,
				 struct batch_figures *figures,
				 struct batch_failure *failure,
				 void (*show)(const struct explore_batch *batch));

#endif
