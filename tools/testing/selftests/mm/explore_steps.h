/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the steps of a case do to a PTE table, beside the collapses, which are the
 * model's. Pure: no I/O, no state.
 */
#ifndef EXPLORE_STEPS_H
#define EXPLORE_STEPS_H

#include "collapse_model.h"
#include "explore_case.h"

/* step_acts_on() - does a step change a PTE of its run?
 *
 * Where what the kernel does is no rule but chance, it does not: a write to a page of a
 * large folio after a fork copies it or not (mm/memory.c: wp_can_reuse_anon_folio()),
 * MADV_PAGEOUT and MADV_FREE of a part of a large folio split it or not (mm/madvise.c:
 * madvise_cold_or_pageout_pte_range(), madvise_free_pte_range()). Nor does it take away a
 * page of a large folio that a child maps: the folio would be shared, and no PTE show it.
 */
bool step_acts_on(enum step_kind kind, const struct pte *pte);

/* step_delta() - the PTEs that a step changes.
 * @table: as it is before the step
 * @delta: receives a table that is empty but for them: in the state that the step
 *         gives them; PTE_OTHER where it gives them back, PTE_PRESENT where it writes,
 *         PTE_ZERO where it looks
 * Return: how many there are.
 */
unsigned int step_delta(const struct explore_step *step, const struct pte_table *table,
			struct pte_table *delta);

/* step_predict() - do a step to a table.
 * @table: changed in place
 * @written: see struct range; changed in place
 */
void step_predict(const struct explore_step *step, struct pte_table *table,
		  uint8_t *written);

/* step_apply_settings() - of a step that is one; others change nothing.
 * @rules: changed in place
 */
void step_apply_settings(const struct explore_step *step, struct collapse_rules *rules);

/* steps_forget_absent() - a page that is gone takes its data along.
 * @table: as it is now
 * @written: see struct range; changed in place: where no page is now, the next one will
 *           read zero
 */
void steps_forget_absent(const struct pte_table *table, uint8_t *written);

#endif
