// SPDX-License-Identifier: GPL-2.0
/* What the steps of a case do to a PTE table; see explore_steps.h. */
#include "explore_steps.h"
#include "range.h"

/* What a step makes of a PTE. */
struct effect {
	unsigned long on;	/* states that it changes, of any folio */
	unsigned long on_base;	/* states that it changes, of base pages only */
	enum pte_state mark;	/* in step_delta() */
};

static const struct effect effects[NR_STEP_KINDS] = {
	[STEP_PUNCH] = {
		.on = ~(BIT(PTE_EMPTY) | BIT(PTE_GUARD) | BIT(PTE_OTHER) | BIT(PTE_SHARED)),
		.on_base = BIT(PTE_SHARED),
		.mark = PTE_OTHER,
	},
	[STEP_TOUCH] = {
		.on = BIT(PTE_EMPTY) | BIT(PTE_ZERO) | BIT(PTE_SWAPPED),
		.on_base = BIT(PTE_PRESENT) | BIT(PTE_UNREFERENCED) | BIT(PTE_LAZYFREE) |
			   BIT(PTE_REDIRTIED) | BIT(PTE_SHARED),
		.mark = PTE_PRESENT,
	},
	[STEP_READ] = {
		.on = BIT(PTE_EMPTY) | BIT(PTE_SWAPPED),
		.mark = PTE_ZERO,
	},
	[STEP_PAGEOUT] = { .on_base = BIT(PTE_PRESENT), .mark = PTE_SWAPPED },
	[STEP_FREE] = { .on_base = BIT(PTE_PRESENT), .mark = PTE_LAZYFREE },
	[STEP_GUARD] = {
		.on = ~(BIT(PTE_GUARD) | BIT(PTE_OTHER) | BIT(PTE_SHARED)),
		.on_base = BIT(PTE_SHARED),
		.mark = PTE_GUARD,
	},
	[STEP_SHARE] = { .on = BIT(PTE_PRESENT), .mark = PTE_SHARED },
};

bool step_acts_on(enum step_kind kind, const struct pte *pte)
{
	return pte_is(pte, effects[kind].on) ||
	       (!pte->order && pte_is(pte, effects[kind].on_base));
}

unsigned int step_delta(const struct explore_step *step, const struct pte_table *table,
			struct pte_table *delta)
{
	unsigned int i, nr = 0;

	delta->vma = 0;
	for (i = 0; i < table->nr; i++) {
		bool acts = i >= step->from && i < step->to &&
			    step_acts_on(step->kind, &table->pte[i]);

		delta->pte[i] = (struct pte){ .state = PTE_EMPTY };
		if (!acts)
			continue;
		if (step->kind == STEP_SHARE)
			delta->pte[i] = table->pte[i];
		delta->pte[i].state = effects[step->kind].mark;
		nr++;
	}
	return nr;
}

/* The folio stays, mapped by PTEs. */
static void split_pmd(struct pte_table *table)
{
	if (table->pte[0].state == PTE_PMD_MAPPED)
		pte_table_set_folio(table, 0, PTE_PRESENT, table->order, 0, table->nr);
}

static void change(const struct explore_step *step, struct pte *pte, uint8_t *written)
{
	static const struct pte empty = { .state = PTE_EMPTY };

	switch (step->kind) {
	case STEP_PUNCH:
		*pte = empty;
		break;
	case STEP_GUARD:
		*pte = (struct pte){ .state = PTE_GUARD };
		break;
	case STEP_TOUCH:
		*pte = (struct pte){ .state = pte->state == PTE_LAZYFREE ||
					      pte->state == PTE_REDIRTIED ?
					      PTE_REDIRTIED : PTE_PRESENT };
		*written = (*written + 1) & RANGE_WRITES;
		break;
	case STEP_READ:
		*pte = (struct pte){ .state = pte->state == PTE_EMPTY ? PTE_ZERO :
									PTE_PRESENT };
		break;
	default:
		pte->state = effects[step->kind].mark;
	}
}

void step_predict(const struct explore_step *step, struct pte_table *table, uint8_t *written)
{
	unsigned int i, changed = 0;

	for (i = step->from; i < step->to; i++)
		changed += step_acts_on(step->kind, &table->pte[i]);
	if (step->kind == STEP_SPLIT || changed)
		split_pmd(table);
	for (i = step->from; i < step->to; i++)
		if (step_acts_on(step->kind, &table->pte[i]))
			change(step, &table->pte[i], &written[i]);
	for (i = 0; step->kind == STEP_EXIT && i < table->nr; i++)
		if (table->pte[i].state == PTE_SHARED)
			table->pte[i].state = PTE_PRESENT;
	steps_forget_absent(table, written);
}

void step_apply_settings(const struct explore_step *step, struct collapse_rules *rules)
{
	switch (step->kind) {
	case STEP_SIZES:
		rules->orders = step->value;
		break;
	case STEP_NONE:
		rules->max_ptes_none = step->value;
		break;
	case STEP_SWAP:
		rules->max_ptes_swap = step->value;
		break;
	case STEP_SHARED:
		rules->max_ptes_shared = step->value;
		break;
	default:
		break;
	}
}

void steps_forget_absent(const struct pte_table *table, uint8_t *written)
{
	unsigned int i;

	for (i = 0; i < table->nr; i++)
		if (!pte_is(&table->pte[i], PTE_DATA_STATES))
			written[i] |= RANGE_READS_ZERO;
}
