/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules of a collapse: a PTE table and the settings in, a table out.
 *
 * Pure: no I/O, no state. The only place in the suite that knows the rules.
 * They are those of mm/khugepaged.c: collapse_scan_pmd() (the scan and its
 * vetoes), mthp_collapse() (which order where), __collapse_huge_page_isolate()
 * (the second look at a region, under the lock).
 */
#ifndef COLLAPSE_MODEL_H
#define COLLAPSE_MODEL_H

#include <stdbool.h>

#include "pte_table.h"
#include "vm_util.h"

/* Kinds of khugepaged that there are or were. */
enum generation {
	GEN_NONE,	/* up to 7.1: to the PMD order only */
	GEN_MAINLINE,	/* 7.2 and later */
	GEN_V10,	/* the series of August 2025: chunks of four, scaled limits */
	NR_GENERATIONS,
};

extern const char *const generation_names[NR_GENERATIONS];

/* Branches of the model, so that a run can tell which of them its tables reached. */
enum collapse_rule {
	/* Before the scan. */
	RULE_NOT_SCANNED,
	/* The scan: vetoes. */
	RULE_PMD_MAPPED,
	RULE_PINNED,
	RULE_UFFD_WP,
	RULE_SWAPPED_UFFD_WP,
	RULE_LAZYFREE,
	/* The scan: limits, at which it goes on, and beyond which it does not. */
	RULE_NONE_AT_LIMIT,
	RULE_NONE_BEYOND,
	RULE_SWAP_AT_LIMIT,
	RULE_SWAP_BEYOND,
	RULE_SHARED_AT_LIMIT,
	RULE_SHARED_BEYOND,
	RULE_GUARD_IS_SWAPPED,
	RULE_NONE_REFERENCED,
	RULE_HALF_REFERENCED,		/* at least, beside swapped PTEs */
	RULE_LESS_REFERENCED,
	RULE_FORCED,
	/* The walk over the regions, of each order. */
	RULE_JUST_ENOUGH,		/* occupied PTEs */
	RULE_ONE_TOO_FEW,
	/* The try of a region, of each order. */
	RULE_COLLAPSED,
	RULE_HOLES_FILLED,
	RULE_LEFT_ALONE,		/* it has a folio of the order */
	RULE_TRY_ARMED_HOLE,
	RULE_TRY_SHARED,
	RULE_TRY_SWAPPED,
	RULE_TRY_NOT_REFERENCED,
	/* The same, of the PMD order. */
	RULE_SWAPPED_IN,
	NR_COLLAPSE_RULES,
};

/* Defects of kernels that are known, see docs/findings; the model is without them. */
enum known_defect {
	DEFECT_NO_SMALLER_AFTER_TRY	= BIT(0),
	DEFECT_GUARD_STOPS_SMALLER	= BIT(1),
};

/* Everything but the table that decides a collapse. */
struct collapse_rules {
	enum generation generation;
	bool forced;			/* MADV_COLLAPSE, not khugepaged */
	bool one_vma;			/* one VMA spans the range */
	bool refused;			/* by MADV_NOHUGEPAGE */
	bool no_table;			/* there is no PTE table to be scanned */
	unsigned long orders;		/* sizes on for the VMA */
	unsigned long always_orders;	/* of these, the ones set to "always" */
	unsigned long no_block_orders;	/* no free block of these orders is to be had */
	unsigned int max_ptes_none;
	unsigned int max_ptes_swap;
	unsigned int max_ptes_shared;
};

/* What one pass over a range does to the counters. */
struct collapse_counts {
	long alloc[MAX_ORDERS];		/* folios allocated: tries */
	long alloc_failed[MAX_ORDERS];
	long collapsed[MAX_ORDERS];	/* of these, the successful ones */
	long exceed_none[MAX_ORDERS];
	long exceed_swap[MAX_ORDERS];
	long exceed_shared[MAX_ORDERS];
	long swapin[MAX_ORDERS];	/* looks for swapped pages, before a try goes on */
	long filled;			/* holes that got memory, in pages */
	long swapped_in;		/* pages */
	long ranges;			/* 1 if anything was collapsed */
	unsigned int defects;		/* bit mask of enum known_defect that it may meet */
	bool *excused;			/* set for the PTEs that may stay as they are because of
					 * them; may be NULL
					 */
	unsigned long rules[NR_COLLAPSE_RULES][MAX_ORDERS];	/* that decided; by order */
};

/* collapse_model() - what one complete pass makes of a table.
 * @table: the range; changed in place
 * @rules: the rules
 * @counts: the pass is added to it; may be NULL
 */
void collapse_model(struct pte_table *table, const struct collapse_rules *rules,
		    struct collapse_counts *counts);

#endif
