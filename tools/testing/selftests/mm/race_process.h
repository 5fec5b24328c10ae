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

enum process_act { ACT_FAULT, ACT_MAP, ACT_READ, NR_ACTS };

extern const char *const process_act_names[NR_ACTS];

/* Without khugepaged, beside it. */
extern const char *const process_latency_names[2][NR_ACTS];

struct process {
	char *page;				/* of its own, and no other is in its VMA */
	uint64_t turn;				/* when it did something last, nanoseconds */
	struct latency latency[2][NR_ACTS];	/* without khugepaged, beside it */
};

/* process_add() - let a race have such a racer.
 * @race: with no racers yet
 * Return: where the times are counted, for free(); NULL when there is no memory.
 */
struct process *process_add(struct race *race);

/* process_run() - measure without khugepaged, then beside it.
 * @race: all set
 * @idle_ns: how long without it; 0: not at all
 * Return: as race_run()
 */
enum check_verdict process_run(struct race *race, uint64_t idle_ns);

#endif
