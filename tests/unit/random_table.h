/* SPDX-License-Identifier: GPL-2.0 */
/* Random tables and settings, the same for the same seed. */
#ifndef RANDOM_TABLE_H
#define RANDOM_TABLE_H

#include "collapse_model.h"
#include "pte_table.h"

static inline uint32_t random_below(uint64_t *seed, uint32_t limit)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*seed >> 33) % limit;
}

/* Runs of one state, folios at their alignment; some shared where @shared. */
static inline void random_table(uint64_t *seed, struct pte_table *table, bool shared)
{
	unsigned int offset = 0;

	while (offset < table->nr) {
		unsigned int left = table->nr - offset, kind = random_below(seed, 8);
		unsigned int order = 2 + random_below(seed, table->order - 2);
		unsigned int nr = 1 + random_below(seed, left < 40 ? left : 40);

		if (kind < 3 && offset % BIT(order) == 0 && BIT(order) <= left) {
			nr = 1 + random_below(seed, BIT(order));
			pte_table_set_folio(table, offset, PTE_PRESENT, order, 0, nr);
		} else {
			enum pte_state state = kind < 5 ? PTE_PRESENT : kind == 5 ? PTE_ZERO :
					       kind == 6 && shared ? PTE_SHARED : PTE_EMPTY;
			unsigned int i;

			for (i = 0; i < nr; i++)
				pte_table_set_folio(table, offset + i, state, 0, 0, 1);
		}
		offset += nr;
	}
}

#endif
