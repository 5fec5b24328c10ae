// SPDX-License-Identifier: GPL-2.0
/*
 * Random PTE tables and settings, collapsed by the kernel and by the model.
 *
 * The tests of mthp_khugepaged.c check what somebody thought of; this checks the rest.
 * Draw (explore_draw.c), collapse and compare (explore_batch.c), many at a time
 * (explore_run.c); what fails is made small (explore_shrink.c) and written down so that
 * it can be run again.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"

#include "collapse_compare.h"
#include "explore_coverage.h"
#include "explore_explain.h"
#include "explore_options.h"
#include "explore_report.h"
#include "pte_read.h"
#include "suite.h"

#define MANY_TABLES	500	/* enough for what is rare to be rare */
#define SET_UP_ATTEMPTS	3	/* a page may be busy */

static struct explore_options explore;

/* Can the machine do a case at all? A want of free blocks is another thing, of this moment. */
static bool is_missing(const struct explore_case *c, struct batch_failure *failure)
{
	unsigned int attempt;

	for (attempt = 0; attempt < SET_UP_ATTEMPTS; attempt++)
		if (explain_try(c, failure, NULL) != EXPLORE_MISSING ||
		    failure->trouble != TROUBLE_MACHINE)
			return false;
	return true;
}

/* What the machine cannot set up is left out, and said. */
static void leave_out_missing(unsigned long *states)
{
	unsigned int state;

	for (state = 0; state < NR_PTE_STATES; state++) {
		struct batch_failure failure;
		struct explore_case *c;

		if (!(*states & DRAW_STATES & BIT(state)))
			continue;
		c = explain_new_case();
		c->start->pte[1].state = state;
		if (BIT(state) & (BIT(PTE_UFFD_WP) | BIT(PTE_SWAPPED_UFFD_WP)))
			c->start->vma = VMA_ARMED;
		if (is_missing(c, &failure)) {
			check_printf("no %s PTEs: %s", draw_state_name(state), failure.missing);
			*states &= ~BIT(state);
		}
		explore_case_free(c);
	}
	if (*states & BIT(PTE_SHARED) && pagemap_counts_by_folio(&suite.vm)) {
		check_print("no shared PTEs: this kernel counts mappings by folio");
		*states &= ~BIT(PTE_SHARED);
	}
}

/* One test of the output. */
static void result(bool pass, const char *name)
{
	if (pass)
		ksft_test_result_pass("%s\n", name);
	else
		ksft_test_result_fail("%s\n", name);
}

/* The name before the mark, as the harness has it: else parsers see a test without one. */
static void skipped(const char *name, const char *reason)
{
	ksft_test_result_code(KSFT_SKIP, name, "%s", reason);
}

/* Would it be a case on a machine with another PMD order? */
static bool fits_some_machine(const char *text)
{
	struct notation_error error;
	struct explore_case *c;
	unsigned int order;
	bool fits = false;

	for (order = 2; order < MAX_ORDERS - 1 && !fits; order++) {
		c = explore_case_alloc(order);
		fits = c && !explore_case_parse(c, text, &error);
		explore_case_free(c);
	}
	return fits;
}

/* Lines of a file of the corpus that are neither empty nor a remark are cases. */
static bool run_file(const char *path, unsigned int *nr)
{
	struct explore_case *c = explain_new_case();
	struct notation_error error;
	struct batch_failure failure;
	char line[CASE_TEXT];
	bool pass = true;
	FILE *file;

	file = fopen(path, "re");
	if (!file) {
		check_printf("%s: %s", path, strerror(errno));
		explore_case_free(c);
		return false;
	}
	while (fgets(line, sizeof(line), file)) {
		enum explore_verdict verdict;

		line[strcspn(line, "\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		if (explore_case_parse(c, line, &error)) {
			bool fits = fits_some_machine(line);

			check_printf("%s %s: %s", path,
				     fits ? "does not fit this machine" : "is no case", error.why);
			pass &= fits;
			continue;
		}
		verdict = explain_try(c, &failure, NULL);
		if (verdict == EXPLORE_MISSING)
			check_printf("%s: not run, %s", path, failure.missing);
		*nr += verdict != EXPLORE_MISSING;
		if (verdict != EXPLORE_FAILED)
			continue;
		pass = false;
		check_print(path);
		explain_case(c);
	}
	fclose(file);
	explore_case_free(c);
	return pass;
}

static int is_case(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && !strcmp(dot, ".case");
}

/* What failed once, first. */
static void run_corpus(void)
{
	struct dirent **entries;
	unsigned int cases = 0;
	bool pass = true;
	int i, nr;

	nr = scandir(explore.corpus, &entries, is_case, alphasort);
	for (i = 0; i < nr; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", explore.corpus, entries[i]->d_name);
		pass &= run_file(path, &cases);
		free(entries[i]);
	}
	if (nr > 0)
		check_printf("%u cases of %d files in %s", cases, nr, explore.corpus);
	if (nr >= 0)
		free(entries);
	if (pass && !cases)
		skipped("corpus", "no case that this machine can do");
	else
		result(pass, "corpus");
}

static bool may_be_short(void)
{
	return explore.restricted || suite.generation != GEN_MAINLINE;
}

static struct coverage coverage_of(const struct batch_figures *figures,
				   void (*print)(const char *line))
{
	return (struct coverage){
		.pmd_order = suite.vm.pmd_order, .orders = suite.vm.orders,
		.counts = figures->rules, .print = print,
	};
}

static void print_nothing(const char *line)
{
	(void)line;
}

/* A default run that has luck with none of the tables for some rule goes on for a while. */
static bool enough(const struct batch_figures *figures)
{
	const struct coverage coverage = coverage_of(figures, print_nothing);
	char text[64];

	snprintf(text, sizeof(text), "%lu tables", figures->tables);
	suite_progress(text);
	return may_be_short() || !coverage_missing(&coverage, explore.plan.options.states);
}

static void report_families(const struct explore_result *run)
{
	unsigned int family;

	for (family = 0; family < NR_FAMILIES; family++) {
		const char *name = family_names[family];

		if (run->failed && run->failure.family == family) {
			explain_failure(&explore.plan, &run->failure, explore.failures);
			ksft_test_result_fail("%s\n", name);
		} else if (!(draw_families(&explore.plan.options) & BIT(family))) {
			skipped(name, "these orders have no such settings");
		} else if (run->given_up[family] > run->tables[family]) {
			skipped(name, run->missing);
		} else if (!run->tables[family]) {
			skipped(name, run->failed || run->died ?
				"the run stopped at a failure" :
				"the run ended before its turn");
		} else {
			ksft_test_result_pass("%s\n", name);
		}
	}
}

/* Where the machine lacked something in more than a few cases, they say little. */
static bool too_much_given_up(const struct explore_result *run)
{
	return run->all_given_up > run->figures.cases / 20;
}

static void report_rules(const struct explore_result *run)
{
	const char *name = "every_rule_reached";
	const struct coverage coverage = coverage_of(&run->figures, check_print);

	coverage_print(&coverage);
	if (run->died)
		result(false, name);
	else if (run->failed)
		skipped(name, "the run stopped at a failure");
	else if (may_be_short())
		skipped(name, "only a default run has to");
	else if (explore.plan.options.states != DRAW_STATES)
		skipped(name, "the machine cannot set up all states");
	else if (too_much_given_up(run))
		skipped(name, run->missing);
	else
		result(!coverage_missing(&coverage, explore.plan.options.states), name);
}

/*
 * What a second look forgives must stay rare: a khugepaged that needs two scans for
 * everything, or counts wrong whenever it collapses something, is a wrong one.
 */
static void report_second_looks(const struct explore_result *run)
{
	const struct batch_figures *figures = &run->figures;
	bool counts = suite.generation != GEN_NONE;

	if (run->failed || run->died || figures->tables < MANY_TABLES) {
		skipped("second_looks_are_rare", "a short run");
		return;
	}
	if (too_much_given_up(run)) {
		skipped("second_looks_are_rare", run->missing);
		return;
	}
	if (counts && !figures->counted)
		check_print("the counters of no scan could be compared");
	result(figures->late <= figures->tables / 20 &&
	       figures->recounted <= figures->counted / 4 + 1 &&
	       (!counts || figures->counted > figures->uncounted / 4),
	       "second_looks_are_rare");
}

/* @tables: that were verified; without any, nothing was tested. */
static int end(unsigned long tables)
{
	unsigned int failed;

	if (suite_complaints())
		result(false, "kernel_log");
	else if (access("/dev/kmsg", R_OK))
		skipped("kernel_log", "/dev/kmsg cannot be read");
	else
		result(true, "kernel_log");
	suite_progress("");
	failed = ksft_get_fail_cnt() + ksft_get_error_cnt();
	ksft_print_cnts();
	if (failed)
		return KSFT_FAIL;
	return tables ? KSFT_PASS : KSFT_SKIP;
}

/* Counters are the machine's: where others move them, that they are wrong says nothing. */
static void excuse_others(struct explore_result *run)
{
	const enum draw_family family = run->failure.family;
	struct khugepaged khugepaged = { 0 };

	if (run->failure.trouble != TROUBLE_COUNTERS ||
	    !others_move_counters(&suite.vm, &khugepaged, 2))
		return;
	run->failed = false;
	run->missing = "other processes collapse or free large folios";
	run->given_up[family] = run->tables[family] + 1;
	run->all_given_up = run->figures.cases;
}

static void report_death(struct explore_result *run, int err)
{
	if (err)
		check_printf("the run could not be done: %s", strerror(-err));
	else if (WIFSIGNALED(run->died))
		check_printf("a process of the run died of signal %d", WTERMSIG(run->died));
	else
		check_printf("a process of the run ended with status %d", WEXITSTATUS(run->died));
	run->died |= !!err;
}

static int run_explore(void)
{
	struct explore_plan *plan = &explore.plan;
	struct explore_result *run = calloc(1, sizeof(*run));
	size_t memory = meminfo_bytes("MemAvailable") / 2;
	int err;

	if (memory > explore.memory)
		memory = explore.memory;
	plan->batch_size = explore_batch_size(&suite.vm, memory);
	if (!run || !plan->batch_size)
		return suite_skip_all("not enough memory for a range and its canary");
	ksft_print_header();
	ksft_set_plan(NR_FAMILIES + 4);
	check_printf("seed %llu; batches of %u cases", (unsigned long long)plan->seed,
		     plan->batch_size);
	check_printf("the same again: ./mthp_explore%s --seed %llu", explore.arguments,
		     (unsigned long long)plan->seed);
	leave_out_missing(&plan->options.states);
	run_corpus();
	err = explore_run(plan, run);
	if (run->died || err)
		report_death(run, err);
	if (run->failed)
		excuse_others(run);
	report_families(run);
	report_rules(run);
	report_second_looks(run);
	report_figures(run);
	return end(run->figures.tables);
}

static int run_notation(void)
{
	struct explore_case *c = explain_new_case();
	struct batch_failure failure;
	struct notation_error error;
	enum explore_verdict verdict;

	explore_case_parse(c, explore.notation, &error);	/* it was looked at before */
	ksft_print_header();
	ksft_set_plan(2);
	report_case(c, explain_model());
	verdict = explain_try(c, &failure, report_tables);
	if (verdict == EXPLORE_MISSING) {
		skipped("as_expected", failure.missing);
	} else {
		if (verdict == EXPLORE_FAILED)
			explain_wrong(&failure);
		result(verdict == EXPLORE_AS_EXPECTED, "as_expected");
	}
	explore_case_free(c);
	return end(verdict != EXPLORE_MISSING);
}

static int run(void *arg)
{
	struct collapse_check *check = calloc(1, sizeof(*check));
	int code = suite_prepare();

	(void)arg;
	if (code)
		return code;
	/* This process stays on khugepaged's list, so that it sleeps between scans. */
	if (!check || check_begin(check, &suite.vm, suite.generation, "",
				  &suite.shared->figures)) {
		printf("Bail out! khugepaged is not at rest\n");
		return KSFT_FAIL;
	}
	free(check);
	return explore.notation ? run_notation() : run_explore();
}

int main(int argc, char **argv)
{
	int code, geometry_error = suite_begin();

	if (!explore_parse_options(argc, argv, &explore, &code))
		return code;
	explore.plan.enough = enough;
	if (suite_unfit(geometry_error))
		return suite_skip_all(suite_unfit(geometry_error));
	return suite_supervise(run, NULL);
}
