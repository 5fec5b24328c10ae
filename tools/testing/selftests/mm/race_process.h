/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a process meets while its memory is collapsed: a racer that now and then has a page
 * fault, maps and unmaps a page, and reads one that may be collapsed just now, and notes how
 * long each took.
 *
 * It sleeps in between: one that never does would wait for its next turn on the CPU more than
 * for any lock.
 */
#ifndef RACE_PROCESS_H
#define RACE_PROCESS_H

#include "race.h"
#include "race_latency.h"

enum process_act {
	ACT_TURN,	/* to be there when it is due; where that was missed, too */
	ACT_FAULT,
	ACT_MAP,
	ACT_READ,	/* of the range that is offered, if they are one by one */
	NR_ACTS,
};

extern const char *const process_act_names[NR_ACTS];

/* Without khugepaged, beside it. */
extern const char *const process_latency_names[2][NR_ACTS];

struct process {
	char *page;				/* of its own, and no other is in its VMA */
	unsigned long round;			/* that it is in */
	uint64_t turn;				/* the last that was due, nanoseconds */
	struct latency latency[2][NR_ACTS];	/* without khugepaged, beside it */
};

/* process_add() - let a race have such a racer.
 * @race: with no racers yet
 * Return: where the times are counted, for free(); NULL when there is no memory.
 */
struct process *process_add(struct race *race);

/* process_run() - measure without khugepaged, then beside it.
 * @race: all set
 * @alone: also without
 * Return: as race_run()
 */
enum check_verdict process_run(struct race *race, bool alone);

#endif
