// SPDX-License-Identifier: GPL-2.0
/* The cases of a check, and what is to become of them; see collapse_check.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_internal.h"

const char *check_text(struct collapse_check *check, const char *format, ...)
{
	char *text = check->texts[check->next_text++ % CHECK_TEXTS];
	va_list args;

	va_start(args, format);
	if (vsnprintf(text, CHECK_TEXT_SIZE, format, args) >= CHECK_TEXT_SIZE)
		check->broken = "notation too long";
	va_end(args);
	return text;
}

void check_sizes(struct collapse_check *check, unsigned long orders)
{
	unsigned int order;

	for (order = 0; order <= check->vm.pmd_order; order++)
		check->settings.size[order] = orders & BIT(order) ? THP_MADVISE : THP_NEVER;
}

struct pte_table *check_parse(struct collapse_check *check, const char *notation)
{
	struct pte_table *table = pte_table_alloc(check->vm.pmd_order);
	struct notation_error error;

	if (table && !pte_table_parse(table, notation, &error))
		return table;
	check_printf("bad notation: %s", notation);
	check_printf("              %*s^ %s", table ? (int)error.at : 0, "",
		     table ? error.why : "out of memory");
	check->broken = "bad notation";
	return table;
}

struct check_case *check_case(struct collapse_check *check, const char *notation,
			      const char *literal)
{
	struct check_case *c = &check->cases[check->nr_cases];

	if (check->nr_cases + 1 < CHECK_MAX_CASES)
		check->nr_cases++;	/* the last one is the canary's */
	else
		check->broken = "too many cases in one test";
	*c = (struct check_case){
		.notation = strdup(notation),
		.literal = literal ? strdup(literal) : NULL,
		.wanted = check_parse(check, notation),
		.expected = pte_table_alloc(check->vm.pmd_order),
		.before = pte_table_alloc(check->vm.pmd_order),
		.seen = pte_table_alloc(check->vm.pmd_order),
		.pfns = calloc(check->vm.nr, sizeof(*c->pfns)),
		.advice = ADVISE_HUGEPAGE,
	};
	if (!c->notation || !c->literal != !literal || !c->wanted || !c->expected ||
	    !c->before || !c->seen || !c->pfns)
		check->broken = "out of memory";
	return c;
}

void check_literal(struct collapse_check *check, unsigned int nr, const char *literal)
{
	free(check->cases[nr].literal);
	check->cases[nr].literal = strdup(literal);
	if (!check->cases[nr].literal)
		check->broken = "out of memory";
}

void check_alternative(struct collapse_check *check, unsigned int nr, const char *notation)
{
	free(check->cases[nr].alternative);
	check->cases[nr].alternative = check_parse(check, notation);
}

enum check_verdict check_broken(struct collapse_check *check)
{
	if (check->broken)
		check_printf("the test itself is broken: %s", check->broken);
	return check->broken ? CHECK_FAIL : CHECK_PASS;
}

/* The table that the test says must come out; the model has to agree with it. */
static enum check_verdict compare_literal(struct collapse_check *check,
					  const struct check_case *c)
{
	enum check_verdict verdict = CHECK_PASS;
	struct pte_table *literal;

	if (!c->literal || check->generation == GEN_V10)
		return CHECK_PASS;
	literal = check_parse(check, c->literal);
	if (check_broken(check)) {
		verdict = CHECK_FAIL;
	} else if (!pte_table_equal(literal, c->expected)) {
		check_print_mismatch(check, c, "the model (seen) contradicts the test (expected)",
				     literal, c->expected);
		verdict = CHECK_FAIL;
	}
	free(literal);
	return verdict;
}

enum check_verdict check_predict(struct collapse_check *check, struct check_case *c)
{
	unsigned int pass;
	struct collapse_rules rules = {
		.generation = check->generation,
		.forced = check->forced,
		.one_vma = c->shape == RANGE_WHOLE,
		.refused = c->advice == ADVISE_NOHUGEPAGE,
		.no_table = !c->table_exists &&
			    pte_table_count(c->seen, BIT(PTE_EMPTY)) == check->vm.nr,
		.orders = thp_settings_orders(&check->vm, &check->settings,
					      c->advice == ADVISE_HUGEPAGE),
		.no_block_orders = c->no_block_orders,
		.always_orders = thp_settings_orders(&check->vm, &check->settings, false),
		.max_ptes_none = check->settings.max_ptes_none,
		.max_ptes_swap = check->settings.max_ptes_swap,
		.max_ptes_shared = check->settings.max_ptes_shared,
	};

	pte_table_copy(c->before, c->seen);
	pte_table_copy(c->expected, c->seen);
	for (pass = 0; pass < (check->forced ? 1 : check->passes); pass++)
		collapse_model(c->expected, &rules, &check->counts);
	return compare_literal(check, c);
}

struct check_case *check_case_of(struct collapse_check *check, unsigned int range)
{
	bool canary = range + 1 == check->nr_ranges && !check->forced;

	if (canary)
		range = check->nr_cases - check->first;
	return &check->cases[check->first + range];
}

/* The canary: a case behind those of the test. */
void check_add_canary(struct collapse_check *check)
{
	struct check_case *canary = &check->cases[check->nr_cases];

	if (!check->nr_cases)
		check->broken = "it has no cases";
	if (canary->wanted)
		return;
	check_case(check, "p~", NULL);
	check->nr_cases--;
}
