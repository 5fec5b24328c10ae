// SPDX-License-Identifier: GPL-2.0
/* Random cases; see explore_draw.h. */
#include <stdlib.h>
#include <string.h>

#include "kselftest.h"

#include "explore_draw.h"
#include "explore_steps.h"
#include "random.h"

const char *const family_names[NR_FAMILIES] = {
	[FAMILY_PMD_ALONE] = "pmd_alone",
	[FAMILY_ONE_SIZE] = "one_size",
	[FAMILY_SOME_SIZES] = "some_sizes",
	[FAMILY_PMD_AND_SOME] = "pmd_and_some",
	[FAMILY_ALL_SIZES] = "all_sizes",
};

static const struct {
	const char *name;
	enum pte_state state;
} state_names[] = {
	{ "empty", PTE_EMPTY }, { "present", PTE_PRESENT }, { "zero", PTE_ZERO },
	{ "swapped", PTE_SWAPPED }, { "shared", PTE_SHARED }, { "pinned", PTE_PINNED },
	{ "unreferenced", PTE_UNREFERENCED }, { "lazyfree", PTE_LAZYFREE },
	{ "redirtied", PTE_REDIRTIED }, { "guard", PTE_GUARD }, { "uffd-wp", PTE_UFFD_WP },
	{ "swapped-uffd-wp", PTE_SWAPPED_UFFD_WP },
};

enum pte_state draw_state(const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(state_names); i++)
		if (strlen(state_names[i].name) == length &&
		    !strncmp(state_names[i].name, name, length))
			return state_names[i].state;
	return NR_PTE_STATES;
}

const char *draw_state_name(enum pte_state state)
{
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(state_names) && state_names[i].state != state)
		i++;
	return state_names[i].name;
}

const char *draw_state_names(void)
{
	static char names[256];
	size_t i;

	names[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(state_names); i++) {
		if (i)
			strcat(names, " ");
		strcat(names, state_names[i].name);
	}
	return names;
}

/* A try may fail because of them in the middle; see docs/findings. */
#define DEFECT_STATES	(BIT(PTE_SHARED) | BIT(PTE_UNREFERENCED) | BIT(PTE_GUARD) |	\
			 BIT(PTE_UFFD_WP) | BIT(PTE_SWAPPED_UFFD_WP))

#define CHEAP_TRIES	8	/* of regions of one table, by khugepaged */

/* All that drawing needs; @next is the only thing that changes from draw to draw. */
struct draw {
	const struct draw_options *options;
	uint64_t seed;
	uint64_t next;
	uint64_t turn;		/* see draw_batch() */
	unsigned int nr;	/* PTEs of a range */
	unsigned long possible;	/* states beside present, empty and zero, for this batch */
	unsigned long special;	/* of these, for this table */
	struct collapse_rules rules;	/* of the collapse to come */
};

static unsigned int below(struct draw *d, unsigned int limit)
{
	return limit ? (random_of(d->seed, d->next++) >> 16) % limit : 0;
}

static bool one_in(struct draw *d, unsigned int n)
{
	return !below(d, n);
}

/* One of the bits of a mask. */
static unsigned int pick_bit(struct draw *d, unsigned long mask)
{
	unsigned int n = below(d, __builtin_popcountl(mask));

	while (n--)
		mask &= mask - 1;
	return __builtin_ctzl(mask);
}

static unsigned long some_bits(struct draw *d, unsigned long mask)
{
	unsigned long some = 0;

	if (!mask)
		return 0;
	while (!some)
		some = mask & random_of(d->seed, d->next++);
	return some;
}

static bool may(const struct draw *d, enum pte_state state)
{
	return d->options->states & BIT(state);
}

static unsigned long without_pmd(const struct draw_options *options)
{
	return options->orders & ~BIT(options->pmd_order);
}

unsigned int draw_families(const struct draw_options *options)
{
	unsigned long small = without_pmd(options);
	bool pmd = options->orders & BIT(options->pmd_order), several = small & (small - 1);

	return (pmd ? BIT(FAMILY_PMD_ALONE) : 0) | (small ? BIT(FAMILY_ONE_SIZE) : 0) |
	       (several ? BIT(FAMILY_SOME_SIZES) : 0) |
	       (small && pmd ? BIT(FAMILY_PMD_AND_SOME) : 0) | BIT(FAMILY_ALL_SIZES);
}

static unsigned long draw_sizes(struct draw *d, enum draw_family family)
{
	unsigned long small = without_pmd(d->options), pmd = BIT(d->options->pmd_order);
	unsigned long sizes;

	switch (family) {
	case FAMILY_PMD_ALONE:
		return pmd;
	case FAMILY_ONE_SIZE:
		return BIT(pick_bit(d, small));
	case FAMILY_SOME_SIZES:
		do {
			sizes = some_bits(d, small);
		} while (!(sizes & (sizes - 1)));
		return sizes;
	case FAMILY_PMD_AND_SOME:
		return some_bits(d, small) | pmd;
	default:
		return d->options->orders;
	}
}

/*
 * 0 and the maximum decide most; then the values beside them, and any. With the PMD size on
 * the maximum makes a huge page of everything, which shows little and takes long; without
 * it, most tables are drawn for it. With the PMD size alone, most are for a limit that PTEs
 * can be counted up to; with others on, some, as only the PMD order may heed it.
 */
static unsigned int draw_none(struct draw *d, unsigned long sizes, bool first)
{
	bool pmd = sizes & BIT(d->options->pmd_order), alone = sizes == BIT(d->options->pmd_order);
	unsigned int max = d->nr - 1, kind = below(d, 8);
	unsigned int nth = d->turn / NR_FAMILIES + d->turn % NR_FAMILIES;

	if (d->options->max_ptes_none != DRAW_ANY_LIMIT)
		return d->options->max_ptes_none;
	if (first && !pmd && nth % 3 < 2)
		return max;
	if (first && (alone ? nth % 3 : nth % 3 == 2 && one_in(d, 2)))
		return below(d, max);
	if (kind < 4)
		return 0;
	if (kind < (pmd ? 5 : 6))
		return max;
	if (kind < 7)
		return one_in(d, 2) ? 1 : max - 1;
	return below(d, max);
}

static unsigned int draw_limit(struct draw *d, unsigned int usual)
{
	switch (below(d, 8)) {
	case 0:
		return 0;
	case 1:
		return 1 + below(d, 4);
	case 2:
		return d->nr - 1;
	case 3:
		return below(d, 2 * usual);
	default:
		return usual;
	}
}

/* A run of PTEs: a whole region, all but one of its PTEs, one of them, or anything. */
static void draw_run(struct draw *d, unsigned int *from, unsigned int *to)
{
	unsigned int order = below(d, 4) ? 2 + below(d, d->options->pmd_order - 1) : 0;
	unsigned int size = BIT(order), regions = d->nr / size;
	unsigned int region = one_in(d, 4) ? 0 : one_in(d, 4) ? regions - 1 : below(d, regions);

	*from = region * size;
	*to = *from + size;
	if (one_in(d, 4) && size > 1)
		*from += 1;
	else if (one_in(d, 4) && size > 1)
		*to -= 1;
	else if (one_in(d, 4))
		*to = *from + 1;
}

static void set_state(struct pte_table *table, unsigned int offset, enum pte_state state)
{
	if (offset < table->nr)
		table->pte[offset] = (struct pte){ .state = state };
}

static void fill(struct pte_table *table, unsigned int from, unsigned int to,
		 enum pte_state state)
{
	for (; from < to; from++)
		set_state(table, from, state);
}

/* A PTE that is not an ordinary page; most often a hole. */
static enum pte_state draw_exception(struct draw *d)
{
	if (d->special && one_in(d, 3))
		return pick_bit(d, d->special);
	if (may(d, PTE_ZERO) && one_in(d, 3))
		return PTE_ZERO;
	return PTE_EMPTY;
}

/* Folios of @order over a region, whole, or only some pages of some of them. */
static void draw_folios(struct draw *d, struct pte_table *table, unsigned int from,
			unsigned int to, unsigned int order)
{
	unsigned int size = BIT(order), i;

	for (; from + size <= to; from += size) {
		unsigned int first = 0, nr = size;

		if (one_in(d, 4)) {
			first = one_in(d, 2) ? 0 : below(d, size);
			nr = one_in(d, 2) ? 1 : 1 + below(d, size - first);
		}
		pte_table_set_folio(table, from + first, PTE_PRESENT, order, first, nr);
		/* The rest is holes or base pages. */
		for (i = 0; one_in(d, 2) && i < size; i++)
			if (i < first || i >= first + nr)
				set_state(table, from + i, PTE_PRESENT);
	}
}

/* A region of an order that is on, just enough for it or just not. */
static void draw_region(struct draw *d, struct pte_table *table)
{
	unsigned long sizes = d->rules.orders & ~BIT(table->order);
	unsigned int order = sizes && below(d, 4) ? pick_bit(d, sizes) :
						    2 + below(d, table->order - 2);
	unsigned int size = BIT(order), regions = table->nr / size, from, to;
	unsigned int region = one_in(d, 4) ? 0 : one_in(d, 4) ? regions - 1 : below(d, regions);
	unsigned long smaller = d->options->folio_orders & (BIT(order + 1) - 1);

	from = region * size;
	to = from + size;
	switch (d->special & BIT(PTE_UNREFERENCED) ? below(d, 2) : below(d, 6)) {
	case 0:
		fill(table, from, to, d->special & BIT(PTE_UNREFERENCED) ? PTE_UNREFERENCED :
									  PTE_PRESENT);
		break;
	case 1: case 2:
		fill(table, from, to, PTE_PRESENT);
		set_state(table, one_in(d, 3) ? from : one_in(d, 2) ? to - 1 :
			  from + below(d, size), draw_exception(d));
		break;
	case 3:
		set_state(table, from + below(d, size), PTE_PRESENT);
		if (may(d, PTE_ZERO) && one_in(d, 2))
			set_state(table, from + below(d, size), PTE_ZERO);
		break;
	default:
		if (smaller)
			draw_folios(d, table, from, to, smaller & BIT(order) && one_in(d, 2) ?
				    order : pick_bit(d, smaller));
	}
	/* Beside it, what must not matter, or must. */
	if (one_in(d, 3))
		set_state(table, from ? from - 1 : to, draw_exception(d));
}

/* A full range with as many exceptions as some limit allows, or one more or less. */
static void draw_full(struct draw *d, struct pte_table *table)
{
	enum pte_state state = draw_exception(d);
	unsigned int limit = 1 + below(d, 2);

	fill(table, 0, table->nr, PTE_PRESENT);
	if (one_in(d, 2))
		limit = state == PTE_SWAPPED ? d->rules.max_ptes_swap :
			state == PTE_SHARED ? d->rules.max_ptes_shared :
			state == PTE_EMPTY || state == PTE_ZERO ? d->rules.max_ptes_none : 1;
	limit += below(d, 3);
	for (limit -= !!limit; limit; limit--)
		set_state(table, below(d, table->nr), state);
}

/*
 * Shared PTEs, of base pages and of large folios: of each of those a child maps one page, and
 * that makes all its PTEs shared.
 */
static void fill_shared(struct draw *d, struct pte_table *table, unsigned int from,
			unsigned int to)
{
	unsigned long orders = d->options->folio_orders | BIT(0);

	while (from < to) {
		unsigned int order = __builtin_ctz(from | d->nr);

		while (BIT(order) > to - from || !(orders & BIT(order)))
			order--;
		if (order)
			pte_table_set_folio(table, from, PTE_PRESENT, order, 0, BIT(order));
		table->pte[from + below(d, BIT(order))].state = PTE_SHARED;
		from += BIT(order);
	}
}

/* A limit, or one more or less. */
static unsigned int draw_near(struct draw *d, unsigned int limit)
{
	if (one_in(d, 2))
		limit += one_in(d, 2) || !limit ? 1 : -1;
	return limit < d->nr ? limit : d->nr;
}

static void draw_none_threshold(struct draw *d, struct pte_table *table)
{
	unsigned int nr = draw_near(d, d->rules.max_ptes_none), at = below(d, d->nr - nr + 1);

	fill(table, at, at + nr, PTE_EMPTY);
}

static void draw_shared_threshold(struct draw *d, struct pte_table *table)
{
	unsigned int nr = draw_near(d, d->rules.max_ptes_shared), at = below(d, d->nr - nr + 1);
	unsigned int largest = nr ? BIT(31 - __builtin_clz(nr)) : 0;

	if (nr && below(d, 3))
		fill_shared(d, table, at & -largest, (at & -largest) + nr);
	else
		fill(table, at, at + nr, PTE_SHARED);
}

/*
 * Beside them all is present, or just half of the range, or all but the holes that the PMD
 * order allows: swapped PTEs count as occupied there.
 */
static void draw_swap_threshold(struct draw *d, struct pte_table *table)
{
	unsigned int nr = draw_near(d, d->rules.max_ptes_swap), left = d->nr - nr, holes, at;

	switch (below(d, 5)) {
	case 0:
		holes = 0;
		break;
	case 1: case 2:
		holes = left - (d->nr / 2 - below(d, 2));
		break;
	default:
		holes = draw_near(d, d->rules.max_ptes_none);
	}
	if (holes > left)
		holes = left;
	at = below(d, left - holes + 1);
	if (one_in(d, 2)) {
		fill(table, d->nr - holes, d->nr, PTE_EMPTY);
	} else {
		fill(table, 0, holes, PTE_EMPTY);
		at += holes;
	}
	fill(table, at, at + nr, PTE_SWAPPED);
}

/* As many exceptions in one row as some limit allows, or one more or less. */
static void draw_threshold(struct draw *d, struct pte_table *table)
{
	/* Many swapped pages take long. */
	bool swapped = d->possible & BIT(PTE_SWAPPED) && d->rules.max_ptes_swap <= d->nr / 4;
	bool shared = d->possible & BIT(PTE_SHARED);

	fill(table, 0, table->nr, PTE_PRESENT);
	if (shared && one_in(d, 2))
		draw_shared_threshold(d, table);
	else if (swapped && below(d, 3))
		draw_swap_threshold(d, table);
	else
		draw_none_threshold(d, table);
}

/* Runs of anything. */
static void draw_runs(struct draw *d, struct pte_table *table)
{
	unsigned int offset = 0;

	while (offset < table->nr) {
		unsigned int left = table->nr - offset, nr = 1 + below(d, 40);
		unsigned int order = pick_bit(d, d->options->folio_orders ?: 1);

		if (nr > left)
			nr = left;
		if (order > 1 && one_in(d, 3) && offset % BIT(order) == 0 && BIT(order) <= left) {
			nr = BIT(order);
			draw_folios(d, table, offset, offset + nr, order);
		} else if (one_in(d, 2)) {
			fill(table, offset, offset + nr, PTE_PRESENT);
		} else {
			if (d->special && one_in(d, 4))
				nr = 1 + below(d, nr < 3 ? nr : 3);
			fill(table, offset, offset + nr, draw_exception(d));
		}
		offset += nr;
	}
}

static void draw_noise(struct draw *d, struct pte_table *table)
{
	unsigned int density = 1 + below(d, 15), from, to, i;

	draw_run(d, &from, &to);
	for (i = from; i < to; i++)
		if (below(d, 16) < density)
			set_state(table, i, PTE_PRESENT);
	if (d->special && from < to)
		set_state(table, from + below(d, to - from), draw_exception(d));
}

/* A folio of the PMD order: by the PMD, or by PTEs, all or some. */
static void draw_pmd_folio(struct draw *d, struct pte_table *table)
{
	unsigned int from, to;

	if (one_in(d, 2)) {
		pte_table_set_folio(table, 0, PTE_PMD_MAPPED, table->order, 0, table->nr);
		return;
	}
	pte_table_set_folio(table, 0, PTE_PRESENT, table->order, 0, table->nr);
	draw_run(d, &from, &to);
	if (to - from < table->nr)
		fill(table, from, to, one_in(d, 2) ? PTE_PRESENT : PTE_EMPTY);
}

/* All of a mapping moved by some pages: no folio is aligned any more. */
static void shift_table(struct draw *d, struct pte_table *table)
{
	unsigned int by = one_in(d, 2) ? 1 : 1 + below(d, 8), i;

	if (table->pte[0].state == PTE_PMD_MAPPED)
		return;
	for (i = table->nr; i-- > by; )
		table->pte[i] = table->pte[i - by];
	fill(table, 0, by, one_in(d, 2) ? PTE_PRESENT : PTE_EMPTY);
}

/*
 * Of two folios that were drawn over each other the first one stays: the other would need
 * the same addresses.
 */
static void drop_overlaps(struct pte_table *table)
{
	unsigned int offset, end = 0, start = 0, order = 0;

	for (offset = 0; offset < table->nr; offset++) {
		struct pte *pte = &table->pte[offset];

		if (!pte->order || (pte->order == order && offset - pte->index == start))
			continue;
		if (offset - end > offset || pte->index > offset - end) {
			*pte = (struct pte){ .state = PTE_PRESENT };
			continue;
		}
		order = pte->order;
		start = offset - pte->index;
		end = start + BIT(order);
	}
}

/* What its pages may be beside ordinary: nothing, one thing, or anything. */
static void draw_theme(struct draw *d, struct pte_table *table)
{
	const unsigned long uffd = BIT(PTE_UFFD_WP) | BIT(PTE_SWAPPED_UFFD_WP);

	d->special = 0;
	if (d->possible && below(d, 3))
		d->special = one_in(d, 8) ? d->possible & ~uffd : BIT(pick_bit(d, d->possible));
	table->vma = d->special & uffd ? VMA_ARMED : 0;
}

/* A region that the walk tries, and in which the try meets what ends it. */
static void draw_spoiled(struct draw *d, struct pte_table *table)
{
	unsigned long sizes = d->rules.orders & ~BIT(table->order);
	unsigned int order = sizes ? pick_bit(d, sizes) : 2 + below(d, table->order - 2);
	unsigned int size = BIT(order), from = below(d, d->nr / size) * size;
	unsigned int at = from + below(d, size), half = from < d->nr / 2 ? d->nr / 2 : 0;
	bool filling = d->rules.max_ptes_none == d->nr - 1;
	enum pte_state state = pick_bit(d, BIT(filling ? PTE_EMPTY : PTE_PRESENT) |
					(d->possible & BIT(PTE_SHARED)));

	if (d->possible & BIT(PTE_UNREFERENCED) && one_in(d, 2))
		state = PTE_UNREFERENCED;
	/* Only where holes are filled are regions tried that are not full. */
	if (filling && d->possible & BIT(PTE_SWAPPED) && one_in(d, 2))
		state = PTE_SWAPPED;
	table->vma = state == PTE_EMPTY && d->possible & BIT(PTE_UFFD_WP) ? VMA_ARMED : 0;
	fill(table, from, from + size, state == PTE_UNREFERENCED ? state : PTE_PRESENT);
	/* What lets the scan go on: half of the range, or one page. */
	if (state == PTE_SWAPPED)
		fill(table, half, half + d->nr / 2, PTE_PRESENT);
	else if (state == PTE_UNREFERENCED && below(d, 4))
		set_state(table, half, PTE_PRESENT);
	set_state(table, at, state);
}

static void draw_any_table(struct draw *d, struct pte_table *table)
{
	bool pmd_alone = d->rules.orders == BIT(table->order);
	unsigned int regions, style = pmd_alone && one_in(d, 3) ? 8 : below(d, 16);

	draw_theme(d, table);
	fill(table, 0, table->nr, PTE_EMPTY);
	if (style < 5) {
		for (regions = 1 + below(d, 8); regions; regions--)
			draw_region(d, table);
	} else if (style < 9) {
		draw_threshold(d, table);
	} else if (style < 10) {
		draw_full(d, table);
	} else if (style < 13) {
		draw_spoiled(d, table);
	} else if (style < 14) {
		draw_runs(d, table);
	} else if (style < 15 || !(d->options->folio_orders & BIT(table->order))) {
		draw_noise(d, table);
	} else {
		draw_pmd_folio(d, table);
	}
	drop_overlaps(table);
	if (one_in(d, 24))
		shift_table(d, table);
}

/* How many regions khugepaged will try: each costs a folio, and nearly all of its time. */
static unsigned int count_tries(const struct draw *d, const struct pte_table *table,
				struct pte_table *scratch)
{
	struct collapse_counts counts = { 0 };
	unsigned int order, tries = 0;

	pte_table_copy(scratch, table);
	collapse_model(scratch, &d->rules, &counts);
	for (order = 0; order < MAX_ORDERS; order++)
		tries += counts.alloc[order];
	return tries;
}

/* Tables with many tries are rare: one shows what a hundred would. */
static void draw_table(struct draw *d, struct pte_table *table, struct pte_table *scratch)
{
	unsigned int attempt;

	for (attempt = 0; attempt < 8; attempt++) {
		draw_any_table(d, table);
		if (count_tries(d, table, scratch) <= CHEAP_TRIES || one_in(d, 16))
			return;
	}
}

static void add_to_all(struct explore_case *const *cases, unsigned int nr,
		       struct explore_step step)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		explore_case_add(cases[i], step);
}

/* The settings of the next collapse. */
static void add_settings(struct draw *d, enum draw_family family, bool first,
			 struct explore_case *const *cases, unsigned int nr)
{
	unsigned long sizes = draw_sizes(d, family);
	struct explore_step steps[] = {
		{ .kind = STEP_SIZES, .value = sizes },
		{ .kind = STEP_NONE, .value = draw_none(d, sizes, first) },
		{ .kind = STEP_SWAP, .value = draw_limit(d, d->nr / 8) },
		{ .kind = STEP_SHARED, .value = draw_limit(d, d->nr / 2) },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		if (!first && one_in(d, 4))
			continue;
		step_apply_settings(&steps[i], &d->rules);
		add_to_all(cases, nr, steps[i]);
	}
}

/* What the process does between two collapses. */
static void add_changes(struct draw *d, struct explore_case *c)
{
	static const enum step_kind kinds[] = {
		STEP_PUNCH, STEP_PUNCH, STEP_PUNCH, STEP_TOUCH, STEP_TOUCH, STEP_TOUCH,
		STEP_READ, STEP_PAGEOUT, STEP_FREE, STEP_GUARD, STEP_SPLIT, STEP_MOVE,
	};
	static const enum pte_state makes[NR_STEP_KINDS] = {
		[STEP_READ] = PTE_ZERO, [STEP_PAGEOUT] = PTE_SWAPPED,
		[STEP_FREE] = PTE_LAZYFREE, [STEP_GUARD] = PTE_GUARD,
	};
	unsigned int count;

	/* A hole in an armed VMA would wait for somebody to fill it. */
	for (count = c->start->vma & VMA_ARMED ? 0 : below(d, 4); count; count--) {
		struct explore_step step = {
			.kind = kinds[below(d, ARRAY_SIZE(kinds))],
		};

		if (!may(d, makes[step.kind]) ||
		    (BIT(makes[step.kind]) & DEFECT_STATES & ~d->possible))
			continue;
		if (step.kind != STEP_SPLIT && step.kind != STEP_MOVE)
			draw_run(d, &step.from, &step.to);
		explore_case_add(c, step);
	}
}

/* A child comes or goes, at the same moment for all. */
static void add_child(struct draw *cases_draw, struct explore_case *const *cases,
		      unsigned int nr, enum step_kind kind)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct explore_step step = { .kind = kind };

		if (kind == STEP_SHARE && !(cases[i]->start->vma & VMA_ARMED))
			draw_run(&cases_draw[i], &step.from, &step.to);
		explore_case_add(cases[i], step);
	}
}

/*
 * What is common to all cases is drawn from the seed of the batch, what is a case's own
 * from one of its own: how many cases there are changes none of them.
 */
struct batch_draw {
	struct draw common;
	struct draw *cases;	/* one each */
	struct pte_table *scratch;
	bool child;		/* there is one that shares pages, or may be */
};

static void draw_start(struct batch_draw *b, enum draw_family family,
		       struct explore_case *const *cases, unsigned int nr)
{
	const struct draw_options *options = b->common.options;
	unsigned int i;

	add_settings(&b->common, family, true, cases, nr);
	b->common.possible = options->states &
			     ~(BIT(PTE_EMPTY) | BIT(PTE_PRESENT) | BIT(PTE_ZERO));
	/* Without what meets a known defect, so that the counters can be compared. */
	if (b->common.turn % 2)
		b->common.possible &= ~DEFECT_STATES;
	b->child = b->common.possible & BIT(PTE_SHARED);
	for (i = 0; i < nr; i++) {
		b->cases[i] = b->common;
		b->cases[i].seed = random_of(b->common.seed, i + 1);
		b->cases[i].next = 0;
		draw_table(&b->cases[i], cases[i]->start, b->scratch);
	}
}

static void draw_round(struct batch_draw *b, enum draw_family family, bool first,
		       enum step_kind kind, struct explore_case *const *cases, unsigned int nr)
{
	enum step_kind child = b->child ? STEP_EXIT : STEP_SHARE;
	struct draw *common = &b->common;
	unsigned int i;

	if (!first) {
		add_settings(common, family, false, cases, nr);
		for (i = 0; i < nr; i++)
			add_changes(&b->cases[i], cases[i]);
	}
	if (!first && common->possible & BIT(PTE_SHARED) && one_in(common, 2)) {
		add_child(b->cases, cases, nr, child);
		b->child = !b->child;
	}
	add_to_all(cases, nr, (struct explore_step){ .kind = kind });
}

bool draw_batch(uint64_t seed, uint64_t turn, const struct draw_options *options,
		enum draw_family family, struct explore_case *const *cases, unsigned int nr)
{
	struct batch_draw b = {
		.common = {
			.options = options, .seed = seed, .turn = turn,
			.nr = BIT(options->pmd_order),
			.rules = { .generation = GEN_MAINLINE, .one_vma = true },
		},
		.cases = calloc(nr, sizeof(*b.cases)),
		.scratch = pte_table_alloc(options->pmd_order),
	};
	unsigned int i, round, forced, rounds = 1 + below(&b.common, options->rounds);
	uint64_t nth = turn / NR_FAMILIES;
	bool drawn = b.cases && b.scratch;

	for (i = 0; i < nr; i++)
		cases[i]->nr_steps = 0;
	if (drawn)
		draw_start(&b, family, cases, nr);
	/* A third of each family, and not always beside the same limits; see draw_none(). */
	forced = (nth + nth / 3 + family) % 3 ? rounds : below(&b.common, rounds);
	for (round = 0; round < rounds && drawn; round++)
		draw_round(&b, family, !round, round == forced ? STEP_FORCE : STEP_COLLAPSE,
			   cases, nr);
	free(b.cases);
	free(b.scratch);
	return drawn;
}
