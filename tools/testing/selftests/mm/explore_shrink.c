// SPDX-License-Identifier: GPL-2.0
/* Make a case that fails smaller; see explore_shrink.h. */
#include <string.h>

#include "explore_shrink.h"

struct search {
	struct explore_case *best;
	struct explore_case *attempt;
	int (*fails)(const struct explore_case *c, void *arg);
	void *arg;
	unsigned int tried;
	bool over;
};

static unsigned long weight_of_pte(const struct pte *pte)
{
	if (pte->state == PTE_EMPTY)
		return 0;
	return 1 + (pte->state != PTE_PRESENT) + !!pte->order;
}

/* Behind the last of equal PTEs. */
static unsigned int end_of_run(const struct pte_table *table, unsigned int from)
{
	const struct pte *pte = &table->pte[from];
	unsigned int to = from + 1;

	while (to < table->nr && table->pte[to].state == pte->state &&
	       table->pte[to].order == pte->order)
		to++;
	return to;
}

/* What one has to read. */
static unsigned long count_runs(const struct pte_table *table)
{
	unsigned long runs = 0;
	unsigned int i;

	for (i = 0; i < table->nr; i = end_of_run(table, i))
		runs++;
	return runs;
}

unsigned long explore_weight(const struct explore_case *c)
{
	unsigned long weight = (count_runs(c->start) + !!c->start->vma) * c->start->nr;
	unsigned int i;

	for (i = 0; i < c->start->nr; i++)
		weight += weight_of_pte(&c->start->pte[i]);
	for (i = 0; i < c->nr_steps; i++) {
		const struct explore_step *step = &c->steps[i];

		weight += 8 * c->start->nr + step->to - step->from;
		weight += step->kind == STEP_SIZES ? __builtin_popcountl(step->value) :
						     step->value;
	}
	return weight;
}

/* Keep the attempt if it is smaller and still fails. */
static bool keep(struct search *s)
{
	int verdict;

	if (s->over || explore_weight(s->attempt) >= explore_weight(s->best) ||
	    !explore_case_is_sound(s->attempt))
		return false;
	verdict = s->fails(s->attempt, s->arg);
	s->tried++;
	s->over = verdict < 0;
	if (verdict > 0)
		explore_case_copy(s->best, s->attempt);
	return verdict > 0;
}

static struct explore_case *attempt(struct search *s)
{
	explore_case_copy(s->attempt, s->best);
	return s->attempt;
}

/* Drop steps @from up to @from + @nr. */
static bool drop_steps(struct search *s, unsigned int from, unsigned int nr)
{
	struct explore_case *c = attempt(s);

	memmove(&c->steps[from], &c->steps[from + nr],
		(c->nr_steps - from - nr) * sizeof(c->steps[0]));
	c->nr_steps -= nr;
	return keep(s);
}

static bool shrink_steps(struct search *s)
{
	bool any = false;
	unsigned int i, nr;

	for (nr = s->best->nr_steps; nr && !s->over; nr /= 2)
		for (i = 0; i + nr <= s->best->nr_steps && !s->over; )
			if (drop_steps(s, i, nr))
				any = true;
			else
				i++;
	return any;
}

/* A step with a smaller run, fewer sizes or a smaller limit. */
static bool shrink_step(struct search *s, unsigned int i)
{
	const struct explore_step *step = &s->best->steps[i];
	unsigned int length = step->to - step->from, cut, order;
	bool any = false;

	for (cut = length / 2; cut && !s->over; cut /= 2) {
		while (step->to - step->from > cut) {
			attempt(s)->steps[i].from += cut;
			if (!keep(s))
				break;
			any = true;
		}
		while (step->to - step->from > cut) {
			attempt(s)->steps[i].to -= cut;
			if (!keep(s))
				break;
			any = true;
		}
	}
	for (order = 0; step->kind == STEP_SIZES && order <= s->best->start->order; order++) {
		if (!(step->value & BIT(order)) || step->value == BIT(order))
			continue;
		attempt(s)->steps[i].value &= ~BIT(order);
		any |= keep(s);
	}
	if (step->kind != STEP_SIZES && step->value) {
		attempt(s)->steps[i].value = 0;
		any |= keep(s);
	}
	return any;
}

/* All that is there, by something simpler. */
static void replace(struct explore_case *c, unsigned int from, unsigned int to,
		    enum pte_state state)
{
	for (; from < to; from++)
		if (c->start->pte[from].state != PTE_EMPTY)
			c->start->pte[from] = (struct pte){ .state = state };
}

static bool shrink_table(struct search *s, enum pte_state state)
{
	unsigned int from, to, size, nr = s->best->start->nr;
	bool any = false;

	for (from = 0; from < nr && !s->over; from = to) {
		to = end_of_run(s->best->start, from);
		replace(attempt(s), from, to, state);
		any |= keep(s);
	}
	for (size = nr; size && !s->over; size /= 2) {
		for (from = 0; from < nr && !s->over; from += size) {
			replace(attempt(s), from, from + size, state);
			any |= keep(s);
		}
	}
	return any;
}

/* A plain VMA, if no PTE needs another. */
static bool shrink_vma(struct search *s)
{
	if (!s->best->start->vma)
		return false;
	attempt(s)->start->vma = 0;
	if (pte_table_count(s->attempt->start, BIT(PTE_UFFD_WP) | BIT(PTE_SWAPPED_UFFD_WP)))
		return false;
	return keep(s);
}

unsigned int explore_shrink(struct explore_case *c,
			    int (*fails)(const struct explore_case *c, void *arg),
			    void *arg)
{
	struct search s = {
		.best = c,
		.attempt = explore_case_alloc(c->start->order),
		.fails = fails,
		.arg = arg,
	};
	unsigned int i;
	bool any = s.attempt;

	while (any && !s.over) {
		any = shrink_steps(&s);
		any |= shrink_table(&s, PTE_EMPTY);
		any |= shrink_table(&s, PTE_PRESENT);
		for (i = 0; i < c->nr_steps && !s.over; i++)
			any |= shrink_step(&s, i);
		any |= shrink_vma(&s);
	}
	explore_case_free(s.attempt);
	return s.tried;
}
