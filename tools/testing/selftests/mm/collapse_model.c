// SPDX-License-Identifier: GPL-2.0
/* The rules of a collapse; see collapse_model.h. */
#include "collapse_model.h"

#define MIN_MTHP_ORDER	2	/* mm/khugepaged.c: KHUGEPAGED_MIN_MTHP_ORDER */

const char *const generation_names[NR_GENERATIONS] = {
	[GEN_NONE] = "none",
	[GEN_MAINLINE] = "mainline",
	[GEN_V10] = "v10",
};

/* All count as holes: mm/khugepaged.c, pte_none_or_zero(). */
#define HOLE_STATES	(BIT(PTE_EMPTY) | BIT(PTE_ZERO) | BIT(PTE_KSM_ZERO))

/* Not present, so counted as swapped, guard regions too. */
#define UNMAPPED_STATES	(PTE_SWAP_STATES | BIT(PTE_GUARD))

/* One of these anywhere, and nothing of the range is collapsed. */
#define VETO_STATES	(BIT(PTE_PINNED) | BIT(PTE_UFFD_WP) | BIT(PTE_SWAPPED_UFFD_WP) | \
			 BIT(PTE_PMD_MAPPED) | BIT(PTE_OTHER))

struct pass {
	struct pte_table *table;
	const struct collapse_rules *rules;
	struct collapse_counts *counts;
	bool occupied[BIT(MAX_ORDERS - 1)];	/* as the scan saw it */
	unsigned int unmapped;			/* swapped PTEs that it saw */
};

enum try_result {
	TRY_COLLAPSED,
	TRY_LEFT_ALONE,		/* go on after the region */
	TRY_SMALLER,
};

static bool is_pmd(const struct pass *pass, unsigned int order)
{
	return order == pass->table->order;
}

/* A rule decided; those of the scan are about the PMD order. */
static void decided(struct pass *pass, enum collapse_rule rule, unsigned int order)
{
	pass->counts->rules[rule][order]++;
}

static void scan_decided(struct pass *pass, enum collapse_rule rule)
{
	decided(pass, rule, pass->table->order);
}

/* Does a PTE map a page of this folio? Its place tells, see pte_table.h. */
static bool maps_folio(const struct pass *pass, unsigned int offset, unsigned int order,
		       unsigned int start)
{
	const struct pte *pte = &pass->table->pte[offset];

	return pte->order == order && offset - pte->index == start;
}

/*
 * A page counts as shared if any page of its folio is: folio_maybe_mapped_shared(),
 * include/linux/mm.h.
 */
static bool is_shared(const struct pass *pass, unsigned int offset)
{
	const struct pte *pte = &pass->table->pte[offset];
	unsigned int start = offset - pte->index, at;

	if (!pte->order)
		return pte_is(pte, BIT(PTE_SHARED) | BIT(PTE_KSM));
	for (at = offset - (offset < pte->index ? offset : pte->index);
	     at < pass->table->nr && at - start < BIT(pte->order); at++)
		if (maps_folio(pass, at, pte->order, start) &&
		    pass->table->pte[at].state == PTE_SHARED)
			return true;
	return false;
}

/* mm/khugepaged.c: collapse_max_ptes_none() */
static unsigned int max_none(const struct pass *pass, unsigned int order)
{
	const struct collapse_rules *rules = pass->rules;
	unsigned int nr = pass->table->nr;

	if (rules->forced)
		return nr;
	if (is_pmd(pass, order))
		return rules->max_ptes_none;
	if (rules->generation == GEN_V10)
		return rules->max_ptes_none >> (pass->table->order - order);
	return rules->max_ptes_none == nr - 1 ? BIT(order) - 1 : 0;
}

/*
 * Where the VMA is looked at: no hole is filled behind the back of userfaultfd. The
 * walk over the regions does not look.
 */
static unsigned int max_none_in_vma(const struct pass *pass, unsigned int order)
{
	return pass->table->vma & VMA_ARMED ? 0 : max_none(pass, order);
}

/* mm/khugepaged.c: collapse_max_ptes_swap() */
static unsigned int max_swap(const struct pass *pass)
{
	return pass->rules->forced ? pass->table->nr : pass->rules->max_ptes_swap;
}

/* mm/khugepaged.c: collapse_max_ptes_shared() */
static unsigned int max_shared(const struct pass *pass, unsigned int order)
{
	if (pass->rules->forced)
		return pass->table->nr;
	return is_pmd(pass, order) ? pass->rules->max_ptes_shared : 0;
}

static void replace(struct pass *pass, unsigned int offset, unsigned int order)
{
	struct pte_table *table = pass->table;
	unsigned int i, nr = BIT(order), filled = 0;

	for (i = offset; i < offset + nr; i++)
		filled += pte_is(&table->pte[i], HOLE_STATES);
	if (filled)
		decided(pass, RULE_HOLES_FILLED, order);
	decided(pass, RULE_COLLAPSED, order);
	pass->counts->filled += filled;
	pass->counts->collapsed[order]++;
	pass->counts->ranges = 1;
	pte_table_set_folio(table, offset, is_pmd(pass, order) ? PTE_PMD_MAPPED : PTE_PRESENT,
			    order, 0, nr);
}

/* Here a known defect of the kernel may show; see docs/findings. */
static void meet_defect(struct pass *pass, enum known_defect defect, unsigned int offset,
			unsigned int nr)
{
	pass->counts->defects |= defect;
	while (pass->counts->excused && nr--)
		pass->counts->excused[offset + nr] = true;
}

/*
 * mm/khugepaged.c: __collapse_huge_page_swapin(); is the whole region there now? What a
 * guard region does to the walk in the kernel is no rule but a defect, SUS-2.
 */
static bool swap_in(struct pass *pass, unsigned int offset, unsigned int order)
{
	unsigned int i;

	for (i = offset; i < offset + BIT(order) && pass->unmapped; i++) {
		struct pte *pte = &pass->table->pte[i];

		if (!pte_is(pte, UNMAPPED_STATES))
			continue;
		if (!is_pmd(pass, order)) {
			decided(pass, RULE_TRY_SWAPPED, order);
			pass->counts->exceed_swap[order]++;
			return false;
		}
		if (pte->state == PTE_GUARD) {
			meet_defect(pass, DEFECT_GUARD_STOPS_SMALLER, offset, BIT(order));
			return false;
		}
		decided(pass, RULE_SWAPPED_IN, order);
		pte->state = PTE_PRESENT;
		pass->counts->swapped_in++;
	}
	return true;
}

/*
 * A region is given up, after @taken of its pages were taken off the LRU lists. The
 * smaller regions in it are tried, but see no-smaller-size-after-a-try.md.
 */
static enum try_result give_up(struct pass *pass, unsigned int offset, unsigned int order,
			       unsigned int taken)
{
	if (taken && pass->rules->orders & (BIT(order) - 1))
		meet_defect(pass, DEFECT_NO_SMALLER_AFTER_TRY, offset, BIT(order));
	return TRY_SMALLER;
}

/* mm/khugepaged.c: collapse_huge_page(), __collapse_huge_page_isolate() */
static enum try_result try_region(struct pass *pass, unsigned int offset,
				  unsigned int order)
{
	unsigned int i, none = 0, shared = 0, referenced = 0;

	if (pass->rules->no_block_orders & BIT(order)) {
		pass->counts->alloc_failed[order]++;
		return TRY_SMALLER;
	}
	pass->counts->alloc[order]++;
	pass->counts->swapin[order] += !!pass->unmapped;
	if (!swap_in(pass, offset, order))
		return TRY_SMALLER;
	for (i = offset; i < offset + BIT(order); i++) {
		const struct pte *pte = &pass->table->pte[i];

		if (pte_is(pte, HOLE_STATES)) {
			if (++none > max_none_in_vma(pass, order)) {
				if (pass->table->vma & VMA_ARMED)
					decided(pass, RULE_TRY_ARMED_HOLE, order);
				pass->counts->exceed_none[order]++;
				return give_up(pass, offset, order, i - offset - (none - 1));
			}
			continue;
		}
		if (is_shared(pass, i) && ++shared > max_shared(pass, order)) {
			decided(pass, RULE_TRY_SHARED, order);
			pass->counts->exceed_shared[order]++;
			return give_up(pass, offset, order, i - offset - none);
		}
		if (!is_pmd(pass, order) && pte->order >= order) {
			decided(pass, RULE_LEFT_ALONE, order);
			return TRY_LEFT_ALONE;
		}
		referenced += pte->state != PTE_UNREFERENCED;
	}
	if (!referenced && !pass->rules->forced) {
		decided(pass, RULE_TRY_NOT_REFERENCED, order);
		return give_up(pass, offset, order, BIT(order) - none);
	}
	replace(pass, offset, order);
	return TRY_COLLAPSED;
}

static unsigned int count_occupied(const struct pass *pass, unsigned int offset,
				   unsigned int nr)
{
	unsigned int i, occupied = 0;

	for (i = offset; i < offset + nr; i++)
		occupied += pass->occupied[i];
	return occupied;
}

static unsigned int max_order_at(const struct pass *pass, unsigned int offset)
{
	unsigned int order = __builtin_ctz(offset ?: pass->table->nr);

	return order < pass->table->order ? order : pass->table->order;
}

/* Which side of the threshold was it, if it was near? */
static void note_occupancy(struct pass *pass, unsigned int order, unsigned int occupied)
{
	if (occupied == BIT(order))
		decided(pass, RULE_JUST_ENOUGH, order);
	else if (occupied + 1 == BIT(order))
		decided(pass, RULE_ONE_TOO_FEW, order);
}

/* mm/khugepaged.c: mthp_collapse() */
static void walk_mainline(struct pass *pass, unsigned long orders)
{
	unsigned int offset = 0, order = pass->table->order;

	while (offset < pass->table->nr) {
		unsigned int nr = BIT(order), occupied = count_occupied(pass, offset, nr);

		if (is_pmd(pass, order))
			occupied += pass->unmapped;
		if (orders & BIT(order))
			note_occupancy(pass, order, occupied + max_none(pass, order));
		if (orders & BIT(order) && occupied + max_none(pass, order) >= nr &&
		    try_region(pass, offset, order) != TRY_SMALLER)
			goto next_offset;

		if (order > MIN_MTHP_ORDER && orders & (BIT(order) - 1)) {
			order--;
			continue;
		}
next_offset:
		offset += nr;
		order = max_order_at(pass, offset);
	}
}

/*
 * The v10 series' collapse_scan_bitmap(): depth first, halving the region. What
 * it tests in chunks of four is recomputed here from the PTEs. The chunk that
 * ends the range was never marked.
 */
static unsigned int count_chunks(const struct pass *pass, unsigned int offset,
				 unsigned int nr)
{
	unsigned int chunk = BIT(MIN_MTHP_ORDER), used = 0, at;
	unsigned int none = max_none(pass, MIN_MTHP_ORDER);

	for (at = offset; at < offset + nr; at += chunk)
		used += at + chunk < pass->table->nr &&
			count_occupied(pass, at, chunk) + none >= chunk;
	return used;
}

static void walk_v10(struct pass *pass, unsigned long orders, unsigned int offset,
		     unsigned int order)
{
	const struct collapse_rules *rules = pass->rules;
	unsigned int pmd_order = pass->table->order, nr = BIT(order);
	unsigned int threshold;

	threshold = (pass->table->nr - rules->max_ptes_none - 1) >>
		    (pmd_order - (order - MIN_MTHP_ORDER));
	if (orders & BIT(order) &&
	    (count_chunks(pass, offset, nr) > threshold || orders == BIT(pmd_order) ||
	     rules->always_orders & BIT(order)) &&
	    try_region(pass, offset, order) != TRY_SMALLER)
		return;
	if (order == MIN_MTHP_ORDER)
		return;
	walk_v10(pass, orders, offset, order - 1);
	walk_v10(pass, orders, offset + nr / 2, order - 1);
}

/*
 * A clean lazyfree page is to be freed, not copied; only khugepaged cares. In droppable
 * memory the copy is as it was.
 */
static bool is_vetoed(struct pass *pass, const struct pte *pte)
{
	static const enum collapse_rule rules[NR_PTE_STATES] = {
		[PTE_PINNED] = RULE_PINNED,
		[PTE_UFFD_WP] = RULE_UFFD_WP,
		[PTE_SWAPPED_UFFD_WP] = RULE_SWAPPED_UFFD_WP,
		[PTE_PMD_MAPPED] = RULE_PMD_MAPPED,
		[PTE_LAZYFREE] = RULE_LAZYFREE,
	};

	if (!pte_is(pte, VETO_STATES) &&
	    (pte->state != PTE_LAZYFREE || pass->rules->forced ||
	     pass->table->vma & VMA_DROPPABLE || pass->rules->generation == GEN_NONE))
		return false;
	scan_decided(pass, rules[pte->state]);
	return true;
}

/* All PTEs were seen: is enough of the range in use? */
static bool is_referenced(struct pass *pass, unsigned int referenced)
{
	if (pass->rules->forced) {
		scan_decided(pass, RULE_FORCED);
		return true;
	}
	if (!referenced) {
		scan_decided(pass, RULE_NONE_REFERENCED);
		return false;
	}
	if (!pass->unmapped)
		return true;
	scan_decided(pass, referenced >= pass->table->nr / 2 ? RULE_HALF_REFERENCED :
							       RULE_LESS_REFERENCED);
	return referenced >= pass->table->nr / 2;
}

/* mm/khugepaged.c: collapse_scan_pmd(); false when the scan ends the range. */
static bool scan(struct pass *pass, unsigned long orders)
{
	unsigned int i, none = 0, shared = 0, referenced = 0, nr = pass->table->nr;
	unsigned int pmd_order = pass->table->order, limit = nr - 1;

	if (orders == BIT(pmd_order))
		limit = max_none_in_vma(pass, pmd_order);
	for (i = 0; i < nr; i++) {
		const struct pte *pte = &pass->table->pte[i];

		if (pte_is(pte, HOLE_STATES)) {
			if (++none > limit) {
				scan_decided(pass, RULE_NONE_BEYOND);
				pass->counts->exceed_none[pmd_order]++;
				return false;
			}
			continue;
		}
		if (pte_is(pte, UNMAPPED_STATES) && ++pass->unmapped > max_swap(pass)) {
			scan_decided(pass, RULE_SWAP_BEYOND);
			pass->counts->exceed_swap[pmd_order]++;
			return false;
		}
		if (is_vetoed(pass, pte))
			return false;
		if (pte->state == PTE_GUARD)
			scan_decided(pass, RULE_GUARD_IS_SWAPPED);
		if (pte_is(pte, UNMAPPED_STATES))
			continue;
		if (is_shared(pass, i) && ++shared > max_shared(pass, pmd_order)) {
			scan_decided(pass, RULE_SHARED_BEYOND);
			pass->counts->exceed_shared[pmd_order]++;
			return false;
		}
		pass->occupied[i] = true;
		referenced += pte->state != PTE_UNREFERENCED;
	}
	if (orders == BIT(pmd_order) && none && none == limit)
		scan_decided(pass, RULE_NONE_AT_LIMIT);
	if (pass->unmapped && pass->unmapped == max_swap(pass))
		scan_decided(pass, RULE_SWAP_AT_LIMIT);
	if (shared && shared == max_shared(pass, pmd_order))
		scan_decided(pass, RULE_SHARED_AT_LIMIT);
	return is_referenced(pass, referenced);
}

void collapse_model(struct pte_table *table, const struct collapse_rules *rules,
		    struct collapse_counts *counts)
{
	unsigned long pmd_only = BIT(table->order);
	struct collapse_counts ignored = { 0 };
	struct pass pass = {
		.table = table, .rules = rules, .counts = counts ?: &ignored,
	};
	unsigned long orders = rules->orders;

	if (rules->forced)
		orders = pmd_only;
	else if (rules->generation == GEN_NONE)
		orders &= pmd_only;

	/* hugepage_vma_revalidate(): the PTE table must belong to one VMA. */
	if (rules->refused || rules->no_table)
		scan_decided(&pass, RULE_NOT_SCANNED);
	if (!orders || rules->refused || rules->no_table || !rules->one_vma ||
	    !scan(&pass, orders))
		return;
	if (rules->generation == GEN_V10 && !rules->forced)
		walk_v10(&pass, orders, 0, table->order);
	else
		walk_mainline(&pass, orders);
}
