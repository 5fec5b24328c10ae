/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cases that go through the kernel side by side: set up, changed, collapsed, compared.
 *
 * What needs the settings of the machine to itself, and khugepaged, is in functions of
 * its own, "a turn"; the rest may run while another process has its turn.
 */
#ifndef EXPLORE_BATCH_H
#define EXPLORE_BATCH_H

#include "collapse_compare.h"
#include "collapse_model.h"
#include "explore_case.h"
#include "khugepaged_ctl.h"
#include "range.h"
#include "thp_settings.h"

#define BATCH_MAX	48

/* How a batch is getting on. */
enum batch_state {
	BATCH_GOES_ON,		/* a turn is needed: batch_collapse() */
	BATCH_DONE,
	BATCH_AGAIN,		/* from its beginning, see struct wrong_counter */
	BATCH_FAILED,		/* see struct batch_failure */
};

/* What kind of thing went wrong. */
enum batch_trouble {
	TROUBLE_MACHINE,	/* something could not be done */
	TROUBLE_SET_UP,		/* the memory was not as wanted before a collapse */
	TROUBLE_TABLE,		/* not what the model says */
	TROUBLE_DATA,		/* of a page */
	TROUBLE_PAGES,		/* other ones than had to be, or MADV_COLLAPSE said so */
	TROUBLE_RSS,
	TROUBLE_COUNTERS,	/* which other processes may move, too */
};

/*
 * A page that was busy may have ended the scan of a range in which nothing was to be collapsed
 * anyway: only a counter that is wrong in the same way twice is a failure.
 */
struct wrong_counter {
	unsigned int at;		/* step */
	unsigned int order;
	struct counter_pair pair;
};

/* What went wrong with which case. */
struct batch_failure {
	enum batch_trouble trouble;
	int nr;				/* the case; -1: none of them in particular */
	const char *missing;		/* what this machine lacks, a constant; else NULL */
	char what[400];
};

/* What batches add up to. */
struct batch_figures {
	unsigned long tables;		/* verified after a collapse; without the canaries */
	unsigned long cases;
	unsigned long late;		/* needed one more scan, as a page was busy */
	unsigned long defects[2];	/* met a known defect: of each bit of enum known_defect */
	unsigned long counted;		/* collapses whose counters were compared */
	unsigned long uncounted;	/* that could not be */
	unsigned long recounted;	/* batches laid out again, as a counter was wrong */
	uint64_t scan_ns;		/* waiting for khugepaged */
	unsigned long rules[NR_COLLAPSE_RULES][MAX_ORDERS];
};

struct explore_batch {
	const struct vm_geometry *vm;
	enum generation generation;
	unsigned long orders;		/* bit mask of all sizes that khugepaged collapses to */
	struct explore_case *cases[BATCH_MAX];
	unsigned int nr;

	struct pte_table *now[BATCH_MAX];	/* as the kernel has it */
	struct pte_table *before[BATCH_MAX];	/* the last collapse */
	struct pte_table *expected[BATCH_MAX];
	struct pte_table *seen[BATCH_MAX];
	uint8_t *written[BATCH_MAX];		/* see struct range */
	uint64_t *pfns[BATCH_MAX];		/* before the last collapse, 0: none */
	bool has_table[BATCH_MAX];	/* the range has a page table, maybe an empty one */
	bool was_written[BATCH_MAX];	/* the VMA has an anon_vma */
	bool *excused[BATCH_MAX];	/* see struct collapse_counts */
	struct collapse_counts predicted[BATCH_MAX];	/* of the next collapse */
	bool forced[BATCH_MAX];		/* MADV_COLLAPSE said that it succeeded */
	unsigned int at[BATCH_MAX];	/* next step */
	bool away[BATCH_MAX];		/* in the second of its two places */
	struct range ranges[BATCH_MAX];
	struct range_area area;

	struct collapse_rules rules;
	struct khugepaged khugepaged;
	unsigned int scans;		/* since the last change */
	bool changed;			/* by a step, since the tables were read back */
	bool settled;			/* the last collapse is being made sure of */
	struct collapse_counts counts;	/* of all cases */
	long tries[MAX_ORDERS];		/* of the first scan since the last change */
	bool countable;			/* no case may meet a defect, or is still to come */
	struct wrong_counter wrong;	/* that ended the last attempt at this batch */
	unsigned int attempts;		/* at this batch that a wrong counter ended */
	bool no_folios;			/* page faults got none of some size, at the set-up */
	bool lacked_blocks;		/* nor did khugepaged, and there were not enough */
	bool pages_moved;		/* pages of the machine, during the last scan */
	struct thp_counters counters;	/* as seen */
	struct disturbances disturbances;	/* before the page frames were read */
	struct batch_failure failure;
	struct batch_figures *figures;
	/* Called after each collapse was read back; may be NULL. */
	void (*show)(const struct explore_batch *batch);
};

/* batch_alloc() - an empty batch.
 * @generation: whose rules hold
 * @nr: number of cases, BATCH_MAX at most
 * @figures: where to add up
 * Return: the batch, its cases to be filled in; NULL when out of memory.
 */
struct explore_batch *batch_alloc(const struct vm_geometry *vm, enum generation generation,
				  unsigned int nr, struct batch_figures *figures);
void batch_free(struct explore_batch *batch);

/* batch_begin() - the cases are filled in; room for them, and their large folios.
 * In a turn: changes the settings. Memory of an earlier batch is not touched.
 * Return: BATCH_GOES_ON or BATCH_FAILED.
 */
enum batch_state batch_begin(struct explore_batch *batch);

/* batch_set_up() - the rest of the set-up, read back to see that it took. */
enum batch_state batch_set_up(struct explore_batch *batch);

/* batch_advance() - do the steps up to the next collapse. */
enum batch_state batch_advance(struct explore_batch *batch);

/* batch_collapse() - apply the settings and let the memory be collapsed. In a turn. */
enum batch_state batch_collapse(struct explore_batch *batch);

/* batch_judge() - compare tables, data, Rss and counters with what the model says. */
enum batch_state batch_judge(struct explore_batch *batch);

/* batch_end() - give all memory back. */
enum batch_state batch_end(struct explore_batch *batch);

/* batch_settings() - the settings that are on at the next collapse. */
struct thp_settings batch_settings(const struct explore_batch *batch);

#endif
