/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random cases, with a bias to where bugs live. Pure: the same seed and options give the
 * same cases on every machine with the same PMD order.
 */
#ifndef EXPLORE_DRAW_H
#define EXPLORE_DRAW_H

#include "collapse_model.h"
#include "explore_case.h"

/* Kinds of settings; each is reported as a test of its own. */
enum draw_family {
	FAMILY_PMD_ALONE,
	FAMILY_ONE_SIZE,
	FAMILY_SOME_SIZES,
	FAMILY_PMD_AND_SOME,
	FAMILY_ALL_SIZES,
	NR_FAMILIES,
};

extern const char *const family_names[NR_FAMILIES];

#define DRAW_ANY_LIMIT	(~0UL)
#define DRAW_MAX_ROUNDS	16	/* with CASE_MAX_STEPS */

/* States that can be drawn. */
#define DRAW_STATES							\
	(BIT(PTE_EMPTY) | BIT(PTE_ZERO) | BIT(PTE_PRESENT) |		\
	 BIT(PTE_SWAPPED) | BIT(PTE_SHARED) | BIT(PTE_PINNED) |		\
	 BIT(PTE_UNREFERENCED) | BIT(PTE_LAZYFREE) | BIT(PTE_REDIRTIED) |	\
	 BIT(PTE_GUARD) | BIT(PTE_UFFD_WP) | BIT(PTE_SWAPPED_UFFD_WP))

struct draw_options {
	unsigned int pmd_order;
	unsigned long orders;		/* bit mask of the sizes that may be on */
	unsigned long folio_orders;	/* bit mask of the folios that can be set up */
	unsigned long max_ptes_none;	/* or DRAW_ANY_LIMIT */
	unsigned long states;		/* bit mask of BIT(enum pte_state) */
	unsigned int rounds;		/* collapses in a case, DRAW_MAX_ROUNDS at most */
};

/* draw_families() - bit mask of the families that some options leave. */
unsigned int draw_families(const struct draw_options *options);

/* draw_batch() - cases that can go through the explorer side by side.
 * @seed: decides everything, but for
 * @turn: of batches with numbers in a row, each gets its share of what is common to a whole
 *        batch and rare
 * @options: what may be drawn
 * @family: of all settings
 * @cases: receives the cases
 * @nr: number of cases
 * Return: false when out of memory.
 */
bool draw_batch(uint64_t seed, uint64_t turn, const struct draw_options *options,
		enum draw_family family, struct explore_case *const *cases, unsigned int nr);

/* draw_state() - the state of a name, as "swapped".
 * Return: the state, or NR_PTE_STATES when there is none of that name that can be drawn.
 */
enum pte_state draw_state(const char *name, size_t length);

/* draw_state_name() - the name of a state that can be drawn. */
const char *draw_state_name(enum pte_state state);

/* draw_state_names() - all of them, separated by blanks. */
const char *draw_state_names(void);

#endif
