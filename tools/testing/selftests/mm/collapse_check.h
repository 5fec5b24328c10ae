/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The flow of a test: tables set up, collapsed, read back and compared.
 *
 *     notation -> wanted -> kernel -> seen     = ?
 *                   \-----> model  -> expected
 *
 * Ranges that share their settings go through it together. A last range, the
 * canary, is full and above all others: khugepaged works upwards, so when the
 * canary was collapsed, khugepaged was here and saw the others too. For a further
 * collapse of the same ranges it is made anew.
 */
#ifndef COLLAPSE_CHECK_H
#define COLLAPSE_CHECK_H

#include <stdatomic.h>

#include "kselftest.h"

#include "collapse_compare.h"
#include "collapse_model.h"
#include "khugepaged_ctl.h"
#include "pte_table.h"
#include "range.h"
#include "thp_settings.h"
#include "vm_util.h"

#define CHECK_MAX_CASES	64
#define CHECK_TEXTS	4
#define CHECK_TEXT_SIZE	1024

/* The verdict of a step; as the exit codes of kselftest.h. */
enum check_verdict {
	CHECK_PASS = 0,
	CHECK_FAIL = 1,
	CHECK_SKIP = 4,
};

/* What the VMA of a case is told before the collapse. */
enum check_advice {
	ADVISE_HUGEPAGE,
	ADVISE_NOTHING,
	ADVISE_NOHUGEPAGE,
};

/* One range, what it is made of and what is to become of it. */
struct check_case {
	char *notation;
	char *literal;			/* what the test says; NULL: the model alone */
	struct pte_table *wanted;
	struct pte_table *expected;
	struct pte_table *alternative;	/* as right as @expected; NULL: there is none */
	bool took_alternative;
	struct pte_table *before;	/* the collapse */
	struct pte_table *seen;
	uint64_t *pfns;			/* page frames before the collapse; 0: none */
	enum check_advice advice;
	int forced_errno;		/* of MADV_COLLAPSE; 0: it succeeds */
	unsigned long no_block_orders;	/* see struct collapse_rules */
	enum pin_kind pin_kind;		/* see struct range */
	enum range_shape shape;
	bool table_exists;		/* see struct range */
};

enum check_time {
	TIME_TOTAL,		/* in checks */
	TIME_KHUGEPAGED,	/* of this, waiting for khugepaged */
	NR_CHECK_TIMES,
};

/* What a run of the suite took; in memory that all its processes share. */
struct check_figures {
	atomic_ulong ranges;	/* verified */
	atomic_ullong ns[NR_CHECK_TIMES];
};

struct collapse_check {
	/* Set by check_begin(), to be changed by a test before it lays out. */
	struct vm_geometry vm;
	enum generation generation;
	struct thp_settings settings;
	unsigned int passes;		/* complete scans a collapse waits for */
	bool forced;			/* MADV_COLLAPSE instead of khugepaged */
	bool every_byte;		/* compare all data, not a word a cache line */
	bool measure;			/* fill in @moved and @grown */
	/* Called when all is set up and verified, to change what no table tells. */
	enum check_verdict (*after_lay_out)(struct collapse_check *check);

	/* Results. */
	struct collapse_counts counts;	/* as the model predicts them, of all passes */
	struct thp_counters moved;	/* what the collapse added to the counters */
	struct rss grown;		/* what it added to the memory of the process */
	const char *skip_reason;	/* a constant, after CHECK_SKIP */
	bool pages_moved;		/* some of the machine were, while it was collapsed */
	bool only_less;			/* after CHECK_FAIL: too little was collapsed, no more */

	struct check_case cases[CHECK_MAX_CASES];
	unsigned int nr_cases;
	struct range ranges[CHECK_MAX_CASES];
	struct range_area area;
	unsigned int first;		/* case that ranges[0] belongs to */
	unsigned int nr_ranges;		/* laid out, with the canary */
	struct khugepaged khugepaged;
	char test[192];			/* options that run it alone */
	uint64_t stamp;			/* of its data, so that KSM finds them nowhere else */
	const char *broken;		/* the last thing that went wrong in building cases */
	struct check_figures *figures;	/* where to add up, or NULL */
	char texts[CHECK_TEXTS][CHECK_TEXT_SIZE];
	unsigned int next_text;
};

/* generation_detect() - what kind of khugepaged this kernel has.
 * By what the kernel shows: a kernel that counts collapse_exceed_none_pte for
 * each size collapses to each size.
 */
enum generation generation_detect(const struct vm_geometry *vm);

/* check_begin() - settings of the machine aside, khugepaged asleep, nothing on.
 * @check: receives all of the above
 * @vm: the machine
 * @generation: whose rules hold
 * @test: options that run this test alone, for the replay command
 * @figures: where to add up what the check took; may be NULL
 * Return: CHECK_PASS, or CHECK_FAIL with a diagnostic printed.
 */
enum check_verdict check_begin(struct collapse_check *check, const struct vm_geometry *vm,
			       enum generation generation, const char *test,
			       struct check_figures *figures);

/* check_apply() - apply settings. Return: CHECK_PASS, or CHECK_FAIL with a diagnostic. */
enum check_verdict check_apply(const struct vm_geometry *vm, const struct thp_settings *settings);

/* check_text() - a formatted string, valid until CHECK_TEXTS more were made. */
const char *check_text(struct collapse_check *check, const char *format, ...)
	__printf(2, 3);

/* check_case() - add a range to the batch.
 * @notation: what to set up
 * @literal: what must become of it; NULL for what the model says
 * Return: the case, advised and of ordinary shape, to be changed. Bad notation is
 * reported by the next step.
 */
struct check_case *check_case(struct collapse_check *check, const char *notation,
			      const char *literal);

/* check_sizes() - exactly these orders on, for memory with MADV_HUGEPAGE. */
void check_sizes(struct collapse_check *check, unsigned long orders);

/* check_lay_out() - set all cases up, and see that they are what was wanted.
 * Return: CHECK_PASS; CHECK_SKIP when there is not enough memory for all cases at
 * once, or the machine lacks something that they need; CHECK_FAIL with a diagnostic
 * printed.
 */
enum check_verdict check_lay_out(struct collapse_check *check);

/* check_read_back() - look at the tables again, after a test changed something itself. */
enum check_verdict check_read_back(struct collapse_check *check);

/* check_seen() - does a case look like this now, after a test changed something itself?
 * @nr: which case
 * @notation: what it must look like
 */
enum check_verdict check_seen(struct collapse_check *check, unsigned int nr,
			      const char *notation);

/* check_data() - are all bytes of a case as they were set up, where it has pages now? */
enum check_verdict check_data(struct collapse_check *check, unsigned int nr);

/* check_collapse() - apply the settings, let the memory be collapsed, compare.
 *
 * Compares the tables, the data, the page frames of what had to be left alone, what
 * the kernel counts as memory of the process, and the settings, which nobody may
 * have changed. Can be called again: the next round starts from what there is. With
 * more than one pass, what was left out while pages of the machine were moved gets another
 * scan, until one passes in which none are, or it were many.
 *
 * Return: CHECK_PASS; CHECK_FAIL with a diagnostic printed; CHECK_SKIP when less was
 * collapsed than expected, the kernel found no free block for a folio meanwhile, and there
 * were not clearly enough.
 */
enum check_verdict check_collapse(struct collapse_check *check);

/* check_literal() - what must become of a case in the next check_collapse(). */
void check_literal(struct collapse_check *check, unsigned int nr, const char *literal);

/* check_write_shared() - write to memory that a child shares, after a collapse.
 *
 * In each of the smallest regions with such a page one gets other data. The child must not
 * see them, as it would through a PTE that came back writable; check_unmap() asks it. The
 * data of this process are no more as they were set up.
 */
void check_write_shared(struct collapse_check *check);

/* check_unmap() - give all memory of the cases back; CHECK_FAIL if the child that shares
 * pages did not find its data in them.
 */
enum check_verdict check_unmap(struct collapse_check *check);

/* check_alternative() - what may become of a case instead, in all check_collapse(). */
void check_alternative(struct collapse_check *check, unsigned int nr, const char *notation);

/* check_run() - all of it for any number of cases, as many at a time as fit. */
enum check_verdict check_run(struct collapse_check *check);

/* check_print_cases() - what was set up, under which settings, and how to replay it. */
void check_print_cases(const struct collapse_check *check);

/* check_print_replay() - how to run this test alone. */
void check_print_replay(const struct collapse_check *check);

/* check_print() - a line of diagnostics. */
void check_print(const char *line);
void check_printf(const char *format, ...) __printf(1, 2);

#endif
