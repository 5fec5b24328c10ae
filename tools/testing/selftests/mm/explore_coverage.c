// SPDX-License-Identifier: GPL-2.0
/* Which rules of the model decided; see explore_coverage.h. */
#include <stdio.h>

#include "kselftest.h"

#include "explore_coverage.h"

/* Which orders a rule decides about; what a run must have met: one of them, or each. */
enum rule_orders { OF_PMD, ONE_SMALLER, EACH_SMALLER, ONE_OF_ALL, EACH_OF_ALL };

/* A rule, and the states without which no table reaches it. */
static const struct {
	const char *name;
	enum rule_orders orders;
	unsigned long states;
} rules[NR_COLLAPSE_RULES] = {
	[RULE_NOT_SCANNED] = { "not scanned: never written to", OF_PMD, 0 },
	[RULE_FORCED] = { "scan: let pass, MADV_COLLAPSE", OF_PMD, 0 },
	[RULE_PMD_MAPPED] = { "veto: mapped by a PMD", OF_PMD, 0 },
	[RULE_PINNED] = { "veto: pinned", OF_PMD, BIT(PTE_PINNED) },
	[RULE_UFFD_WP] = { "veto: uffd-wp", OF_PMD, BIT(PTE_UFFD_WP) },
	[RULE_SWAPPED_UFFD_WP] = { "veto: uffd-wp, swapped", OF_PMD, BIT(PTE_SWAPPED_UFFD_WP) },
	[RULE_LAZYFREE] = { "veto: lazyfree", OF_PMD, BIT(PTE_LAZYFREE) },
	[RULE_NONE_AT_LIMIT] = { "scan: max_ptes_none just met", OF_PMD, 0 },
	[RULE_NONE_BEYOND] = { "scan: beyond max_ptes_none", OF_PMD, 0 },
	[RULE_SWAP_AT_LIMIT] = { "scan: max_ptes_swap just met", OF_PMD, BIT(PTE_SWAPPED) },
	[RULE_SWAP_BEYOND] = { "scan: beyond max_ptes_swap", OF_PMD, BIT(PTE_SWAPPED) },
	[RULE_SHARED_AT_LIMIT] = { "scan: max_ptes_shared just met", OF_PMD, BIT(PTE_SHARED) },
	[RULE_SHARED_BEYOND] = { "scan: beyond max_ptes_shared", OF_PMD, BIT(PTE_SHARED) },
	[RULE_GUARD_IS_SWAPPED] = { "scan: guard region, as swapped", OF_PMD, BIT(PTE_GUARD) },
	[RULE_NONE_REFERENCED] = { "scan: nothing referenced", OF_PMD, BIT(PTE_UNREFERENCED) },
	[RULE_HALF_REFERENCED] = { "scan: half referenced, swap", OF_PMD, BIT(PTE_SWAPPED) },
	[RULE_LESS_REFERENCED] = { "scan: less than half, swap", OF_PMD, BIT(PTE_SWAPPED) },
	[RULE_JUST_ENOUGH] = { "region: just enough occupied", EACH_OF_ALL, 0 },
	[RULE_ONE_TOO_FEW] = { "region: one too few", EACH_OF_ALL, 0 },
	[RULE_COLLAPSED] = { "collapsed", EACH_OF_ALL, 0 },
	[RULE_HOLES_FILLED] = { "collapsed, holes filled", ONE_OF_ALL, 0 },
	[RULE_LEFT_ALONE] = { "try: has a folio of the order", EACH_SMALLER, 0 },
	[RULE_TRY_ARMED_HOLE] = { "try: hole, userfaultfd", ONE_OF_ALL, BIT(PTE_UFFD_WP) },
	[RULE_TRY_SHARED] = { "try: shared", ONE_SMALLER, BIT(PTE_SHARED) },
	[RULE_TRY_SWAPPED] = { "try: swapped", ONE_SMALLER, BIT(PTE_SWAPPED) },
	[RULE_TRY_NOT_REFERENCED] = { "try: not referenced", ONE_SMALLER, BIT(PTE_UNREFERENCED) },
	[RULE_SWAPPED_IN] = { "try: pages swapped in", OF_PMD, BIT(PTE_SWAPPED) },
};

static bool concerns(const struct coverage *coverage, unsigned int rule, unsigned int order)
{
	bool pmd = order == coverage->pmd_order;

	if (rules[rule].orders == OF_PMD)
		return pmd;
	if (rules[rule].orders == ONE_SMALLER || rules[rule].orders == EACH_SMALLER)
		return !pmd && coverage->orders & BIT(order);
	return pmd || coverage->orders & BIT(order);
}

static void print_heading(const struct coverage *coverage)
{
	unsigned int order;
	char line[160];
	int len;

	len = snprintf(line, sizeof(line), "%-31s", "rules that decided, by order");
	for (order = 2; order <= coverage->pmd_order; order++)
		len += snprintf(line + len, sizeof(line) - len, "%7u", order);
	coverage->print(line);
}

static void print_rule(const struct coverage *coverage, unsigned int rule)
{
	unsigned int order;
	char line[160];
	int len;

	len = snprintf(line, sizeof(line), "%-31s", rules[rule].name);
	for (order = 2; order <= coverage->pmd_order; order++)
		if (concerns(coverage, rule, order))
			len += snprintf(line + len, sizeof(line) - len, "%7lu",
					coverage->counts[rule][order]);
		else
			len += snprintf(line + len, sizeof(line) - len, "%7s", "");
	coverage->print(line);
}

void coverage_print(const struct coverage *coverage)
{
	unsigned int rule;

	print_heading(coverage);
	for (rule = 0; rule < NR_COLLAPSE_RULES; rule++)
		print_rule(coverage, rule);
}

/* How many of the orders of a rule no table reached. */
static unsigned int count_missing(const struct coverage *coverage, unsigned int rule)
{
	bool each = rules[rule].orders == EACH_SMALLER || rules[rule].orders == EACH_OF_ALL;
	unsigned int order, missing = 0, reached = 0;
	char line[160];

	for (order = 2; order <= coverage->pmd_order; order++) {
		if (!concerns(coverage, rule, order))
			continue;
		reached += !!coverage->counts[rule][order];
		if (coverage->counts[rule][order] || !each)
			continue;
		snprintf(line, sizeof(line), "reached by no table: %s, order %u",
			 rules[rule].name, order);
		coverage->print(line);
		missing++;
	}
	if (reached || each)
		return missing;
	snprintf(line, sizeof(line), "reached by no table: %s", rules[rule].name);
	coverage->print(line);
	return 1;
}

unsigned int coverage_missing(const struct coverage *coverage, unsigned long states)
{
	unsigned int rule, missing = 0;

	for (rule = 0; rule < NR_COLLAPSE_RULES; rule++)
		if (!(rules[rule].states & ~states))
			missing += count_missing(coverage, rule);
	return missing;
}

void coverage_words(const struct coverage *coverage, char *buf, size_t size)
{
	unsigned int rule, order;
	size_t len = 0;

	snprintf(buf, size, "no rule");
	for (rule = 0; rule < NR_COLLAPSE_RULES; rule++) {
		for (order = 2; order <= coverage->pmd_order && len < size; order++) {
			if (!coverage->counts[rule][order])
				continue;
			len += snprintf(buf + len, size - len, "%s%s", len ? "; " : "",
					rules[rule].name);
			if (rules[rule].orders != OF_PMD && len < size)
				len += snprintf(buf + len, size - len, ", order %u", order);
		}
	}
}
