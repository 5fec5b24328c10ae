// SPDX-License-Identifier: GPL-2.0
/* The command line of the explorer; see explore_options.h. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"

#include "explore_options.h"
#include "explore_report.h"
#include "suite.h"
#include "supervisor.h"

#define DEFAULT_SECONDS		20
#define PATIENCE		5	/* times as long again, until every rule was reached */
#define DEFAULT_ROUNDS		4
#define MB			BIT(20)
#define DEFAULT_MEMORY		BIT(29)	/* bytes */

static void usage(FILE *to, const char *name)
{
	fprintf(to,
		"Usage: %s [OPTION]... [CASE]\n"
		"Random PTE tables, collapsed by khugepaged and by the model. Needs root.\n"
		"\n"
		"With CASE, a table and steps as 'p*16 .~; sizes 2,4; none 0; collapse', that one\n"
		"is run and drawn: before, expected and seen. Without steps it is collapsed once.\n"
		"\n"
		"      --seed N           the same seed gives the same cases (default: the time)\n"
		"      --tables N         begin no batch after N tables were verified\n"
		"      --time S           begin no batch after S seconds (default %u, up to %u while a\n"
		"                         rule of the model was not reached; with --tables, any)\n"
		"      --orders LIST      sizes that may be on, as 2,4,M; M is the PMD order\n"
		"      --max-ptes-none N  the only limit, or max; default: any\n"
		"      --states LIST      only these, of: %s\n"
		"      --steps N          collapses of a case, at most; 1 to %u (default %u)\n"
		"      --memory MB        that it may take (default %lu)\n"
		"      --corpus DIR       cases that are run first, DIR/*.case (default: beside this)\n"
		"      --failures DIR     where a case that failed is written, - for nowhere (default .)\n"
		"      --model NAME       rules to expect: auto (default: none or mainline, as the\n"
		"                         kernel shows), none, mainline or v10\n"
		"      --timeout S        end the run after S seconds, and fail\n"
		"      --categories       list the categories that have tests: explore\n"
		"      --test explore     as without, for run_vmtests.sh\n"
		"      --restore          put the machine back after a run that was killed\n"
		"  -h, --help             this text\n"
		"\n"
		"Exit code: 0 passed, 1 failed, 4 nothing but skipped.\n",
		name, DEFAULT_SECONDS, DEFAULT_SECONDS * (1 + PATIENCE), draw_state_names(),
		DRAW_MAX_ROUNDS, DEFAULT_ROUNDS, DEFAULT_MEMORY / MB);
}

/*
 * Sizes that can be on: up to 7.1 the PMD size must be, or the kernel stops khugepaged
 * (mm/khugepaged.c: start_stop_khugepaged()), and when it starts again it scans at once.
 */
static unsigned long collapse_orders(void)
{
	unsigned long pmd = BIT(suite.vm.pmd_order);

	return generation_detect(&suite.vm) == GEN_NONE ? pmd : suite_orders() | pmd;
}

/*
 * Up to 7.1 lazily freed pages do not veto, but count as referenced or not by what was
 * looked at since, which no table tells: only where they are asked for.
 */
static unsigned long default_states(void)
{
	bool veto = generation_detect(&suite.vm) != GEN_NONE;

	return veto ? DRAW_STATES : DRAW_STATES & ~BIT(PTE_LAZYFREE);
}

static bool parse_number(const char *option, const char *text, unsigned long min,
			 unsigned long max, unsigned long *number)
{
	char *end;

	errno = 0;
	*number = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno && *number >= min && *number <= max)
		return true;
	fprintf(stderr, "--%s %s: not a number from %lu to %lu\n", option, text, min, max);
	return false;
}

static bool parse_orders(struct explore_options *explore, const char *text)
{
	const char *at = text, *why = NULL;
	unsigned long orders;

	if (!explore_orders_parse(&at, suite.vm.pmd_order, &orders, &why)) {
		if (*at)
			why = "orders are separated by commas";
	}
	if (why) {
		struct notation_error error = { .at = at - text, .why = why };

		report_notation_error(stderr, "--orders", text, &error);
		return false;
	}
	explore->plan.options.orders = orders;
	return true;
}

static bool parse_states(struct explore_options *explore, const char *text)
{
	const char *at = text;
	unsigned long states = 0;

	for (;;) {
		size_t length = strcspn(at, ",");
		enum pte_state state = draw_state(at, length);

		if (state == NR_PTE_STATES) {
			struct notation_error error = { .at = at - text };
			char why[256];

			snprintf(why, sizeof(why), "no such state; there are %s",
				 draw_state_names());
			error.why = why;
			report_notation_error(stderr, "--states", text, &error);
			return false;
		}
		states |= BIT(state);
		at += length;
		if (!*at)
			break;
		at++;
	}
	/* Without them there is no table at all. */
	explore->plan.options.states = states | BIT(PTE_EMPTY) | BIT(PTE_PRESENT);
	return true;
}

static bool parse_none(struct explore_options *explore, const char *text)
{
	if (!strcmp(text, "max")) {
		explore->plan.options.max_ptes_none = suite.vm.nr - 1;
		return true;
	}
	return parse_number("max-ptes-none", text, 0, suite.vm.nr - 1,
			    &explore->plan.options.max_ptes_none);
}

static bool parse_steps(struct explore_options *explore, const char *text)
{
	unsigned long rounds;

	if (!parse_number("steps", text, 1, DRAW_MAX_ROUNDS, &rounds))
		return false;
	explore->plan.options.rounds = rounds;
	return true;
}

/* A table alone is collapsed once, under the settings that the options name. */
static const char *complete_notation(struct explore_options *explore, const char *text)
{
	const struct draw_options *options = &explore->plan.options;
	struct explore_case *c = explore_case_alloc(suite.vm.pmd_order);
	struct explore_case *whole = explore_case_alloc(suite.vm.pmd_order);
	struct notation_error error;
	static char buf[CASE_TEXT];
	bool collapses = false, room = true;
	unsigned int i;

	if (!c || !whole) {
		fprintf(stderr, "out of memory\n");
		return NULL;
	}
	if (explore_case_parse(c, text, &error)) {
		report_notation_error(stderr, "CASE", text, &error);
		return NULL;
	}
	pte_table_copy(whole->start, c->start);
	if (options->orders != collapse_orders())
		explore_case_add(whole, (struct explore_step){
			.kind = STEP_SIZES, .value = options->orders });
	if (options->max_ptes_none != DRAW_ANY_LIMIT)
		explore_case_add(whole, (struct explore_step){
			.kind = STEP_NONE, .value = options->max_ptes_none });
	for (i = 0; i < c->nr_steps; i++) {
		collapses |= STEP_COLLAPSES & BIT(c->steps[i].kind);
		room &= explore_case_add(whole, c->steps[i]);
	}
	if (!collapses)
		room &= explore_case_add(whole, (struct explore_step){ .kind = STEP_COLLAPSE });
	if (!room) {
		fprintf(stderr, "too many steps\n");
		return NULL;
	}
	explore_case_format(whole, buf, sizeof(buf));
	explore_case_free(c);
	explore_case_free(whole);
	return buf;
}

enum {
	OPT_SEED = 256, OPT_TABLES, OPT_TIME, OPT_ORDERS, OPT_NONE, OPT_STATES, OPT_STEPS,
	OPT_MEMORY, OPT_CORPUS, OPT_FAILURES, OPT_MODEL, OPT_TIMEOUT, OPT_CATEGORIES, OPT_TEST,
	OPT_RESTORE,
};

/* Options that end the program at once. */
static bool is_request(int opt, const char *name, int *code)
{
	*code = KSFT_PASS;
	switch (opt) {
	case OPT_CATEGORIES:
		printf("explore\n");
		return true;
	case OPT_RESTORE:
		*code = supervisor_restore(&suite.vm);
		return true;
	case 'h':
		usage(stdout, name);
		return true;
	case '?':
		fprintf(stderr, "Try %s --help\n", name);
		*code = KSFT_FAIL;
		return true;
	default:
		return false;
	}
}

static bool parse_option(struct explore_options *explore, int opt, const char *value)
{
	unsigned long number = 0;

	switch (opt) {
	case OPT_SEED:
		if (!parse_number("seed", value, 0, ~0UL, &number))
			return false;
		explore->plan.seed = number;
		return true;
	case OPT_TABLES:
		return parse_number("tables", value, 1, ~0UL, &explore->plan.max_tables);
	case OPT_TIME:
		return parse_number("time", value, 1, 864000, &explore->seconds);
	case OPT_ORDERS:
		return parse_orders(explore, value);
	case OPT_NONE:
		return parse_none(explore, value);
	case OPT_STATES:
		return parse_states(explore, value);
	case OPT_STEPS:
		return parse_steps(explore, value);
	case OPT_MEMORY:
		if (!parse_number("memory", value, 1, MB, &number))
			return false;
		explore->memory = number * MB;
		return true;
	case OPT_CORPUS:
		explore->corpus = value;
		return true;
	case OPT_FAILURES:
		explore->failures = value;
		return true;
	case OPT_MODEL:
		return suite_parse_model(value);
	case OPT_TIMEOUT:
		return suite_parse_timeout(value);
	default:
		if (!strcmp(value, "explore"))
			return true;
		fprintf(stderr, "--test %s: there is only explore\n", value);
		return false;
	}
}

/* What leaves rules that cannot be reached. */
static bool restricts(int opt, const char *value)
{
	return opt == OPT_TABLES || opt == OPT_TIME || opt == OPT_ORDERS || opt == OPT_NONE ||
	       opt == OPT_STATES || opt == OPT_STEPS || opt == OPT_MEMORY ||
	       (opt == OPT_MODEL && strcmp(value, "auto"));
}

static const struct option long_options[] = {
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "tables", required_argument, NULL, OPT_TABLES },
	{ "time", required_argument, NULL, OPT_TIME },
	{ "orders", required_argument, NULL, OPT_ORDERS },
	{ "max-ptes-none", required_argument, NULL, OPT_NONE },
	{ "states", required_argument, NULL, OPT_STATES },
	{ "steps", required_argument, NULL, OPT_STEPS },
	{ "memory", required_argument, NULL, OPT_MEMORY },
	{ "corpus", required_argument, NULL, OPT_CORPUS },
	{ "failures", required_argument, NULL, OPT_FAILURES },
	{ "model", required_argument, NULL, OPT_MODEL },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "categories", no_argument, NULL, OPT_CATEGORIES },
	{ "test", required_argument, NULL, OPT_TEST },
	{ "restore", no_argument, NULL, OPT_RESTORE },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

/* What --orders leaves of the sizes. */
static bool settle_orders(struct draw_options *options)
{
	unsigned long orders = collapse_orders();

	options->folio_orders = orders;
	if (!options->orders)
		options->orders = orders;
	if (!(options->orders & ~orders))
		return true;
	fprintf(stderr, "--orders: khugepaged of this machine collapses to other sizes\n");
	return false;
}

/* For a replay; not the seed, which is printed anyway, nor where a case is written to. */
static void remember_option(struct explore_options *explore, const char *name, const char *value)
{
	size_t length = strlen(explore->arguments);

	snprintf(explore->arguments + length, sizeof(explore->arguments) - length,
		 strpbrk(value, " \t'\"\\$") ? " --%s '%s'" : " --%s %s", name, value);
}

/* True when there is something to run; else *code is to end with. */
static bool parse_all(int argc, char **argv, struct explore_options *explore, int *code)
{
	bool timeout = false;
	int opt, nth;

	while ((opt = getopt_long(argc, argv, "h", long_options, &nth)) != -1) {
		if (is_request(opt, argv[0], code))
			return false;
		*code = KSFT_FAIL;
		if (!parse_option(explore, opt, optarg))
			return false;
		if (opt != OPT_SEED && opt != OPT_FAILURES)
			remember_option(explore, long_options[nth].name, optarg);
		timeout |= opt == OPT_TIMEOUT;
		explore->restricted |= restricts(opt, optarg);
	}
	*code = KSFT_FAIL;
	if (optind + 1 < argc) {
		fprintf(stderr, "what is '%s'? There is one CASE, in quotes\n", argv[optind + 1]);
		return false;
	}
	if (!settle_orders(&explore->plan.options))
		return false;
	if (optind < argc) {
		explore->notation = complete_notation(explore, argv[optind]);
		if (!explore->notation)
			return false;
	}
	if (!explore->seconds && !explore->plan.max_tables)
		explore->seconds = DEFAULT_SECONDS;
	explore->plan.duration_ns = explore->seconds * 1000000000ULL;
	explore->plan.patience_ns = explore->restricted ? 0 : PATIENCE * explore->plan.duration_ns;
	if (!timeout)
		suite.timeout = explore->seconds ? explore->seconds + 300 : 86400;
	return true;
}

/* The folder beside the program, from wherever it is called. */
static const char *default_corpus(void)
{
	static char path[PATH_MAX + sizeof("corpus")];
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
	char *name;

	path[length < 0 ? 0 : length] = '\0';
	name = strrchr(path, '/');
	strcpy(name ? name + 1 : path, "corpus");
	return path;
}

bool explore_parse_options(int argc, char **argv, struct explore_options *explore, int *code)
{
	*explore = (struct explore_options){
		.corpus = default_corpus(),
		.failures = ".",
		.memory = DEFAULT_MEMORY,
		.plan = {
			.vm = &suite.vm,
			.seed = now_ns(),
			.options = {
				.pmd_order = suite.vm.pmd_order,
				.max_ptes_none = DRAW_ANY_LIMIT,
				.states = default_states(),
				.rounds = DEFAULT_ROUNDS,
			},
		},
	};
	if (!parse_all(argc, argv, explore, code))
		return false;
	explore->plan.generation = suite.generation;
	return true;
}
