/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A race: khugepaged collapses memory while racers do something to it, round after round.
 *
 * In each round the memory is new, base pages with data in them (race_memory.h). Then the
 * racers are let go, each a thread that does its step over and over, and khugepaged scans as
 * long as it is kept from collapsing all of it. The racers stop, and the memory is looked at
 * as a whole. The first thing that anybody finds wrong ends the race.
 *
 * The window is from the scan of a range to the end of the try. How often it was hit is the
 * number of collapses and refusals in a scan, or of things that racers did to the memory in it
 * (of the kind that did the fewest), where that is less. That both happened at the same place
 * and moment is proven by tries that were refused for what the racers did, where the scan would
 * have refused it before. A race in which hits or proofs were rare goes on for longer, and in
 * the end says nothing.
 *
 * Racers that never sleep would take most of every CPU: where there are several, the first is
 * left to khugepaged. And a racer that is always there would keep it from beginning anything:
 * how long it waits, racer_waits(), is counted in tries, so that it fits every machine.
 */
#ifndef RACE_H
#define RACE_H

#include <pthread.h>

#include "collapse_check.h"
#include "race_leaks.h"
#include "race_memory.h"
#include "race_tries.h"

#define RACE_MAX_RACERS	8

struct race;

/* A thread that does one thing over and over. */
struct racer {
	struct race *race;
	const char *name;		/* what it does, "writes" */
	bool (*step)(struct racer *racer);	/* true: it did something */
	unsigned int index;		/* among those that do the same */
	unsigned int nr;		/* how many do the same */
	uint64_t seed;
	uint64_t next;			/* number of the random number that comes next */
	atomic_ulong did;		/* so many things to the memory */
	void *own;			/* for the step */
	pthread_t thread;
};

struct race_figures {
	unsigned long rounds;
	unsigned long scans;
	unsigned long hits;
	uint64_t paced_ns;		/* that ranges were offered at a rate */
	struct tries tries;
};

struct race {
	/* Set by race_begin(), to be changed before race_run(). */
	unsigned long orders;		/* sizes to be on */
	unsigned long other_orders;	/* and these, tries of which do not count */
	bool mixed;			/* only some of @orders, others in each round */
	unsigned int max_ptes_none;	/* 0 */
	unsigned int max_ptes_shared;	/* the kernel's default */
	bool forced;			/* by MADV_COLLAPSE, not by khugepaged */
	bool childs_own;		/* all memory is that of children, which racers fork */
	bool idle;			/* without khugepaged, to compare with */
	uint64_t period_ns;		/* between ranges that are offered; 0: all at once */
	unsigned int max_offered;	/* of the first ranges; 0: all */
	atomic_uint offered;		/* the range that is just now */
	const char *proof;		/* a result that only a racer in the window brings */
	bool needs_proof;		/* without one it says nothing */
	bool proof_is_hit;		/* and nothing else is a hit */
	uint64_t seed;			/* fixes what the racers do */
	uint64_t duration_ns;
	unsigned long max_rounds;	/* to end before its time; 0: as many as there are */
	unsigned int patience;		/* times its duration, to hit the window often enough */
	unsigned long min_hits;		/* of the window, or the race says nothing */
	unsigned long enough_hits;	/* to end before its time; 0: whatever they are */
	/* Called when a round begins, before the racers run; may be NULL. */
	void (*prepare)(struct race *race);
	/* Called when the racers of a round have stopped, instead of race_check_all(). */
	void (*judge)(struct race *race);
	/* Called again and again; NULL or the reason, a constant, why it says nothing yet. */
	const char *(*vacuous)(struct race *race);

	const struct vm_geometry *vm;
	enum generation generation;
	struct thp_settings settings;	/* of this round */
	struct race_memory memory;
	struct khugepaged khugepaged;
	struct racer racers[RACE_MAX_RACERS];
	unsigned int nr_racers;
	pthread_barrier_t line;		/* all racers and the one who starts them */
	uint64_t start;			/* nanoseconds */
	atomic_uint try_us;		/* that a try takes, about */
	atomic_uint scan_tries;		/* that a scan makes, about */
	struct race_leaks leaks;
	struct try_counter counter;
	atomic_bool round_over;
	atomic_bool over;		/* no round begins any more */
	atomic_bool finished;		/* the racers may go */
	atomic_flag failed;
	bool has_failed;
	const char *skip_reason;	/* a constant */
	struct race_figures figures;
};

/* race_begin() - a race without racers.
 * @vm: the machine
 * @generation: of khugepaged
 * @orders: bit mask of the sizes that are on
 * @nr_ranges: how much memory
 * @seed: of all that is random
 * Return: CHECK_PASS; CHECK_FAIL with a diagnostic when there is no memory.
 */
enum check_verdict race_begin(struct race *race, const struct vm_geometry *vm,
			      enum generation generation, unsigned long orders,
			      unsigned int nr_ranges, uint64_t seed);

/* race_nr_busy() - how many racers that never sleep a race may have: one for each CPU that is
 * not khugepaged's.
 * @most: of them
 */
unsigned int race_nr_busy(unsigned int most);

/* race_nr_owners() - how many racers may have whole ranges as their share: two if there are. */
unsigned int race_nr_owners(const struct race *race);

/* race_add() - some racers that do the same.
 * @name: what they do
 * @step: called over and over, in a thread of each racer's own
 * @nr: how many
 */
void race_add(struct race *race, const char *name, bool (*step)(struct racer *racer),
	      unsigned int nr);

/* race_run() - all of it; prints what came of it.
 * Return: CHECK_PASS; CHECK_FAIL; CHECK_SKIP with @skip_reason when the window was not hit
 * often enough to say anything.
 */
enum check_verdict race_run(struct race *race);

/* For the steps. */

/* race_failed() - something is wrong: print it, and end the race. Return: false. */
bool race_failed(struct race *race, const char *format, ...) __printf(2, 3);

/* race_impossible() - this machine cannot do that; ends the race.
 * @reason: a constant
 * Return: false
 */
bool race_impossible(struct race *race, const char *reason);

/* racer_did() - a step has done one thing to the memory, and will do another. */
void racer_did(struct racer *racer);

/* racer_below() - a random number below @limit. */
unsigned int racer_below(struct racer *racer, unsigned int limit);

/* racer_pages() - random pages in a row that this racer owns, of those that do the same.
 * @nr: how many
 * Return: number of the first
 */
unsigned int racer_pages(struct racer *racer, unsigned int nr);

/* racer_waits() - for a random time, so that khugepaged is in the middle of something.
 * @tries: that it makes meanwhile, at most
 */
void racer_waits(struct racer *racer, double tries);

/* racer_waits_in_scan() - the same, up to the end of a scan. */
void racer_waits_in_scan(struct racer *racer);

/* race_fork() - fork a child that ends when its parent does. Return: as fork(2). */
pid_t race_fork(struct race *race);

/* race_count_memory() - memory of all ranges that is there or in swap.
 * Return: pages; -1 when smaps cannot be read
 */
long race_count_memory(const struct race *race);

/* race_check_all() - every page has the last version of its owner. */
void race_check_all(struct race *race);

/* race_size() - bytes of its memory. */
size_t race_size(const struct race *race);

/* racer_writes() - a step that several races have: the next version of a page of its own,
 * then a look at any page.
 */
bool racer_writes(struct racer *racer);

#endif
