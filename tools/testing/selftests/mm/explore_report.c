// SPDX-License-Identifier: GPL-2.0
/* What an exploration has to say; see explore_report.h. */
#include <stdio.h>

#include "collapse_check.h"
#include "explore_coverage.h"
#include "explore_report.h"

static const char *const defect_names[] = {
	"no-smaller-size-after-a-try",
	"guard-region-stops-smaller-sizes",
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
	if (result->missing)
		check_printf("%lu cases were given up: %s", result->all_given_up,
			     result->missing);
	if (figures->late)
		check_printf("%lu tables needed a second scan: a page was busy in the first",
			     figures->late);
	for (i = 0; i < ARRAY_SIZE(figures->defects); i++)
		if (figures->defects[i])
			check_printf("known defect, docs/findings/%s.md: met %lu times",
				     defect_names[i], figures->defects[i]);
}

static void print_words(const char *label, const struct pte_table *table)
{
	char text[EXPLORE_TEXT];
	size_t length = pte_table_format(table, text, sizeof(text));

	check_printf("%-9s %s%s", label, text, length < sizeof(text) ? "" : " ...");
}

/* Which collapse it is, under which settings, and what the model says to it. */
static void report_collapse(const struct explore_batch *batch)
{
	const struct coverage coverage = {
		.pmd_order = batch->vm->pmd_order, .counts = batch->predicted[0].rules,
	};
	const struct explore_case *c = batch->cases[0];
	struct thp_settings settings = batch_settings(batch);
	char text[1024], which[32];
	unsigned int i, nth = 1;

	for (i = 0; i < batch->at[0] && i < c->nr_steps; i++)
		nth += !!(STEP_COLLAPSES & BIT(c->steps[i].kind));
	if (batch->settled)
		snprintf(which, sizeof(which), nth > 1 ? "one more, to change nothing" : "a scan");
	else
		snprintf(which, sizeof(which), "collapse %u", nth);
	thp_settings_describe(batch->vm, &settings, text, sizeof(text));
	check_printf("%s%s%s: %s", which, batch->rules.forced ? ", MADV_COLLAPSE" : "",
		     batch->scans > 1 ? ", scanned again" : "", text);
	coverage_words(&coverage, text, sizeof(text));
	check_printf("decided:  %s", text);
}

void report_tables(const struct explore_batch *batch)
{
	report_collapse(batch);
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

void report_notation_error(FILE *to, const char *what, const char *text,
			   const struct notation_error *error)
{
	/* Of a long text, what is around the place. */
	size_t from = error->at > 60 ? error->at - 60 : 0;

	fprintf(to, "%s: %s\n", what, error->why);
	fprintf(to, "%s%.100s\n", from ? "..." : "", text + from);
	fprintf(to, "%*s^\n", (int)(error->at - from + (from ? 3 : 0)), "");
}
