// SPDX-License-Identifier: GPL-2.0
/* What an exploration has to say; see explore_report.h. */
#include <stdio.h>
#include <string.h>

#include "collapse_check.h"
#include "explore_report.h"

static const char *const defect_names[] = {
	"no-smaller-size-after-a-try",
	"guard-region-stops-smaller-sizes",
};

/* Which orders a rule decides about; what a run must have met: one of them, or each. */
enum rule_orders { OF_PMD, ONE_SMALLER, EACH_SMALLER, ONE_OF_ALL, EACH_OF_ALL };

/* A rule, and the state that it is about. */
static const struct {
	const char *name;
	enum rule_orders orders;
	unsigned long state;
} rules[NR_COLLAPSE_RULES] = {
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
	[RULE_NONE_REFERENCED] = { "scan: nothing referenced", OF_PMD, BIT(PTE_UNREFERENCED) },
	[RULE_HALF_REFERENCED] = { "scan: half referenced, swap", OF_PMD, BIT(PTE_SWAPPED) },
	[RULE_LESS_REFERENCED] = { "scan: less than half, swap", OF_PMD, BIT(PTE_SWAPPED) },
	[RULE_JUST_ENOUGH] = { "region: just enough occupied", EACH_OF_ALL, 0 },
	[RULE_ONE_TOO_FEW] = { "region: one too few", EACH_OF_ALL, 0 },
	[RULE_COLLAPSED] = { "collapsed", EACH_OF_ALL, 0 },
	[RULE_HOLES_FILLED] = { "collapsed, holes filled", ONE_OF_ALL, 0 },
	[RULE_LEFT_ALONE] = { "try: has a folio of the order", EACH_SMALLER, 0 },
	[RULE_TRY_SHARED] = { "try: shared", ONE_SMALLER, BIT(PTE_SHARED) },
	[RULE_TRY_SWAPPED] = { "try: swapped", ONE_SMALLER, BIT(PTE_SWAPPED) },
	[RULE_TRY_NOT_REFERENCED] = { "try: not referenced", ONE_SMALLER, BIT(PTE_UNREFERENCED) },
	[RULE_SWAPPED_IN] = { "try: pages swapped in", OF_PMD, BIT(PTE_SWAPPED) },
};

void report_figures(const struct explore_result *result)
{
	const struct batch_figures *figures = &result->figures;
	unsigned long ms = result->ns / 1000000 + 1;
	unsigned long rate = figures->tables * 1000 / ms;
	unsigned long share = figures->scan_ns / 10000 / ms;
	unsigned int i;

	check_printf("figures: %lu tables of %lu cases in %lu ms: %lu a second",
		     figures->tables, figures->cases, ms, rate);
	check_printf("figures: %lu %% of that in khugepaged's scans; peak RSS %ld MB", share,
		     result->rss_kb / 1024);
	check_printf("counters of %lu scans compared, %lu after a second look; of %lu not",
		     figures->counted, figures->recounted, figures->uncounted);
	if (figures->late)
		check_printf("%lu tables needed a second scan: a page was busy in the first",
			     figures->late);
	for (i = 0; i < ARRAY_SIZE(figures->defects); i++)
		if (figures->defects[i])
			check_printf("known defect, docs/findings/%s.md: met %lu times",
				     defect_names[i], figures->defects[i]);
}

static bool concerns(const struct vm_geometry *vm, unsigned int rule, unsigned int order)
{
	bool pmd = order == vm->pmd_order;

	if (rules[rule].orders == OF_PMD)
		return pmd;
	if (rules[rule].orders == ONE_SMALLER || rules[rule].orders == EACH_SMALLER)
		return !pmd && vm->orders & BIT(order);
	return pmd || vm->orders & BIT(order);
}

static void print_heading(const struct vm_geometry *vm)
{
	unsigned int order;
	char line[160];
	int len;

	len = snprintf(line, sizeof(line), "%-31s", "rules that decided, by order");
	for (order = 2; order <= vm->pmd_order; order++)
		len += snprintf(line + len, sizeof(line) - len, "%7u", order);
	check_print(line);
}

static void print_rule(const struct vm_geometry *vm, unsigned int rule,
		       const unsigned long *counts)
{
	unsigned int order;
	char line[160];
	int len;

	len = snprintf(line, sizeof(line), "%-31s", rules[rule].name);
	for (order = 2; order <= vm->pmd_order; order++)
		if (concerns(vm, rule, order))
			len += snprintf(line + len, sizeof(line) - len, "%7lu", counts[order]);
		else
			len += snprintf(line + len, sizeof(line) - len, "%7s", "");
	check_print(line);
}

/* How many of the orders of a rule no table reached. */
static unsigned int count_missing(const struct vm_geometry *vm, unsigned int rule,
				  const unsigned long *counts)
{
	bool each = rules[rule].orders == EACH_SMALLER || rules[rule].orders == EACH_OF_ALL;
	unsigned int order, missing = 0, reached = 0;

	for (order = 2; order <= vm->pmd_order; order++) {
		if (!concerns(vm, rule, order))
			continue;
		reached += !!counts[order];
		if (counts[order] || !each)
			continue;
		check_printf("reached by no table: %s, order %u", rules[rule].name, order);
		missing++;
	}
	if (reached || each)
		return missing;
	check_printf("reached by no table: %s", rules[rule].name);
	return 1;
}

void report_coverage(const struct vm_geometry *vm, const struct batch_figures *figures)
{
	unsigned int rule;

	print_heading(vm);
	for (rule = 0; rule < NR_COLLAPSE_RULES; rule++)
		print_rule(vm, rule, figures->rules[rule]);
}

unsigned int report_unreached(const struct vm_geometry *vm, unsigned long states,
			      const struct batch_figures *figures)
{
	unsigned int rule, missing = 0;

	for (rule = 0; rule < NR_COLLAPSE_RULES; rule++)
		if (!(rules[rule].state & ~states))
			missing += count_missing(vm, rule, figures->rules[rule]);
	return missing;
}

static void print_words(const char *label, const struct pte_table *table)
{
	char text[EXPLORE_TEXT];
	size_t length = pte_table_format(table, text, sizeof(text));

	check_printf("%-9s %s%s", label, text, length < sizeof(text) ? "" : " ...");
}

void report_tables(const struct explore_batch *batch)
{
	print_words("before:", batch->before[0]);
	print_words("expected:", batch->expected[0]);
	print_words("seen:", batch->seen[0]);
	pte_table_draw(batch->expected[0], batch->seen[0], check_print);
}

void report_case(const struct explore_case *c, const char *model)
{
	char text[CASE_TEXT];

	explore_case_format(c, text, sizeof(text));
	/* Of any length, so that it can be copied. */
	printf("# replay:   ./mthp_explore%s%s '%s'\n", model ? " --model " : "", model ?: "",
	       text);
	fflush(stdout);
}

void report_notation_error(FILE *to, const char *text, const struct notation_error *error)
{
	/* Of a long text, what is around the place. */
	size_t from = error->at > 60 ? error->at - 60 : 0;

	fprintf(to, "%s%.100s\n", from ? "..." : "", text + from);
	fprintf(to, "%*s^ %s\n", (int)(error->at - from + (from ? 3 : 0)), "", error->why);
}
