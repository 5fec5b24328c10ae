/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A case of the explorer: a PTE table, and what is done to it one after the other.
 *
 * Notation: the table (pte_table.h), then the steps, separated by ';'.
 *
 *   case   := table { ';' step }
 *   step   := 'sizes' order { ',' order }     these sizes on, from here on
 *           | 'none' limit | 'swap' limit | 'shared' limit
 *           | 'collapse'                      one complete scan of khugepaged
 *           | 'force'                         MADV_COLLAPSE
 *           | 'punch' run                     given back: MADV_DONTNEED
 *           | 'touch' run                     written to
 *           | 'read' run                      looked at
 *           | 'pageout' run                   swapped out
 *           | 'free' run                      MADV_FREE
 *           | 'guard' run                     made a guard region
 *           | 'share' [run]                   a child is forked that maps just these
 *           | 'exit'                          of that child
 *           | 'split'                         a PMD is split, its folio is not
 *           | 'move'                          mremap to another place
 *   order  := number | 'M' | 'M-' number      M is this machine's PMD order
 *   limit  := number | 'max'                  max is one less than a range has PTEs
 *   run    := first ['-' last]                PTEs
 *
 * Before any step all sizes are on, and the limits are the kernel's defaults.
 *
 * "p*16 .~; sizes 2,4; none 0; collapse; punch 3-7; collapse". A step passes by the PTEs
 * of its run that it does not apply to, see step_acts_on().
 */
#ifndef EXPLORE_CASE_H
#define EXPLORE_CASE_H

#include "pte_table.h"

#define CASE_MAX_STEPS	256	/* the canary has more than the others */
#define CASE_TEXT	16384	/* bytes that the notation of a case may take */

enum step_kind {
	STEP_SIZES,
	STEP_NONE,
	STEP_SWAP,
	STEP_SHARED,
	STEP_COLLAPSE,
	STEP_FORCE,
	STEP_PUNCH,
	STEP_TOUCH,
	STEP_READ,
	STEP_PAGEOUT,
	STEP_FREE,
	STEP_GUARD,
	STEP_SHARE,
	STEP_EXIT,
	STEP_SPLIT,
	STEP_MOVE,
	NR_STEP_KINDS,
};

extern const char *const step_names[NR_STEP_KINDS];

/* Steps that are the same for all ranges of a process, or of the machine. */
#define STEP_COMMON								\
	(BIT(STEP_SIZES) | BIT(STEP_NONE) | BIT(STEP_SWAP) | BIT(STEP_SHARED) |	\
	 BIT(STEP_COLLAPSE) | BIT(STEP_FORCE) | BIT(STEP_SHARE) | BIT(STEP_EXIT))

#define STEP_COLLAPSES	(BIT(STEP_COLLAPSE) | BIT(STEP_FORCE))

struct explore_step {
	enum step_kind kind;
	unsigned int from;	/* first PTE of the run */
	unsigned int to;	/* behind the last; @from where there is no run */
	unsigned long value;	/* bit mask of orders, or the limit */
};

struct explore_case {
	struct pte_table *start;
	unsigned int nr_steps;
	struct explore_step steps[CASE_MAX_STEPS];
};

/* explore_case_alloc() - an empty table and no steps.
 * @order: of the range
 * Return: the case, for explore_case_free(); NULL when out of memory.
 */
struct explore_case *explore_case_alloc(unsigned int order);
void explore_case_free(struct explore_case *c);

/* explore_case_copy() - make @to equal to @from; both have the same order. */
void explore_case_copy(struct explore_case *to, const struct explore_case *from);

/* explore_case_add() - one more step; false if there is no room for it. */
bool explore_case_add(struct explore_case *c, struct explore_step step);

/* explore_case_is_sound() - can all steps be done, one after the other?
 * Not a second child that shares pages; and none that accesses memory in a VMA that is not
 * a plain one.
 */
bool explore_case_is_sound(const struct explore_case *c);

/* explore_case_canary() - a case that goes along with another one.
 * @c: the other one
 * @orders: bit mask of all sizes that khugepaged of this kernel collapses to
 * @canary: receives a range with a full region at its start, made anew before each
 *          collapse, and the steps that all cases do at once: something to be collapsed
 *          every time, so that a khugepaged that never came by is noticed
 * Return: false if that takes too many steps.
 */
bool explore_case_canary(const struct explore_case *c, unsigned long orders,
			 struct explore_case *canary);

/* explore_case_parse() - read a case from its notation.
 * @c: receives the result; the order of its table says how many PTEs there must be
 * @text: the notation
 * @error: where to say what is wrong with @text
 * Return: 0, or -EINVAL with @error set and @c undefined.
 */
int explore_case_parse(struct explore_case *c, const char *text,
		       struct notation_error *error);

/* explore_case_format() - write the notation of a case.
 * @buf: receives a string that explore_case_parse() reads back as @c
 * @size: of @buf in bytes
 * Return: its length; like snprintf(), @size or more if it was cut short.
 */
size_t explore_case_format(const struct explore_case *c, char *buf, size_t size);

/* explore_orders_parse() - a list of orders, "2,4,M".
 * @text: the list; advanced to what follows it
 * @pmd_order: the largest that there may be
 * @orders: receives a bit mask
 * @why: receives what is wrong
 * Return: 0, or -EINVAL with @text where it is wrong.
 */
int explore_orders_parse(const char **text, unsigned int pmd_order, unsigned long *orders,
			 const char **why);

#endif
