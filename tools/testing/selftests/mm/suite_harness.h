/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every test program of the suite has around the kselftest harness: options and
 * the rows. The rest is suite.h's.
 *
 * The harness keeps its tests in static lists, so this is included once, by the
 * file that holds the tests and ends with SUITE_MAIN.
 *
 * A test is TEST_ROWS(fixture, name, "ROW-1 ROW-2") { ... }. With a fixture that has a @check,
 * CHECK(step) does a step of collapse_check.h. A program that has options of its own
 * ends with SUITE_MAIN_WITH(options).
 */
#ifndef SUITE_HARNESS_H
#define SUITE_HARNESS_H

#define TH_LOG_STREAM stdout	/* what failed belongs to the test's own output */
#include "kselftest_harness.h"

#ifndef FIXTURE_TEARDOWN_PARENT
#error "kselftest_harness.h is too old: use the headers of Linux 7.2 or later (KSRC=)"
#endif

#include <assert.h>
#include <getopt.h>

#include "probe.h"
#include "rows.h"
#include "suite.h"
#include "supervisor.h"

#define TEST_SECONDS	120

/* What the usage says that the program does. */
#ifndef SUITE_PURPOSE
#define SUITE_PURPOSE	"Checks what khugepaged and MADV_COLLAPSE make of anonymous memory."
#endif

/* What the harness is to run. */
static struct harness_run {
	unsigned int nr_tests;
	int argc;
	char *argv[1024];
} harness;

/* TEST_ROWS() - a test with the rows that it checks. */
#define TEST_ROWS(fixture, test, ids)						\
	static void __attribute__((constructor)) rows_of_##fixture##_##test(void) \
	{									\
		rows_of_test(#test, ids);					\
	}									\
	TEST_F_TIMEOUT(fixture, test, TEST_SECONDS)

/* CHECK() - do a step of a check; end the test if it does not pass. */
#define CHECK(step)								\
	do {									\
		int verdict_ = (step);					\
										\
		if (verdict_ == CHECK_SKIP)					\
			SKIP(return, "%s", check->skip_reason);			\
		ASSERT_EQ(CHECK_PASS, verdict_)					\
			TH_LOG("see the lines above");				\
	} while (0)

/* XFAIL() - end a test that met a known defect of the kernel; see docs/findings. */
#define XFAIL(statement, why)							\
	do {									\
		snprintf(_metadata->results->reason,				\
			 sizeof(_metadata->results->reason), "%s", why);	\
		_metadata->exit_code = KSFT_XFAIL;				\
		statement;							\
	} while (0)

/* Reasons to skip are constants: parsers put them into the name of the test. */
#define SKIP_WITHOUT_MTHP()							\
	do {									\
		if (suite.generation == GEN_NONE)				\
			SKIP(return, "khugepaged of this kernel collapses to the PMD order only"); \
	} while (0)

#define SKIP_WITHOUT_ORDER(order)						\
	do {									\
		unsigned int order_ = (order);					\
										\
		if (!(suite_orders() & BIT(order_)))				\
			SKIP(return, "this machine has no anonymous folios of this order"); \
		if (order_ != suite.vm.pmd_order)				\
			SKIP_WITHOUT_MTHP();					\
	} while (0)

static inline int suite_check_begin(struct collapse_check *check, const char *test)
{
	char replay[192];

	suite_progress(test);
	snprintf(replay, sizeof(replay), "--test %s%s%s", test,
		 suite.model_given ? " --model " : "",
		 suite.model_given ? generation_names[suite.generation] : "");
	return check_begin(check, &suite.vm, suite.generation, replay,
			   &suite.shared->figures);
}

/* An option of one program, with an argument. */
struct suite_option {
	const char *name;
	const char *help;	/* as it stands in the usage, argument and default too */
	/* False with a message when the argument is wrong. */
	bool (*parse)(const char *argument);
};

#define MAX_OWN_OPTIONS	8

static const struct suite_option *own_options;
static unsigned int nr_own_options;

static void suite_usage(FILE *to)
{
	unsigned int i;

	fprintf(to,
		"Usage: %s [OPTION]...\n"
		SUITE_PURPOSE " Needs root.\n"
		"\n"
		"      --test NAME      only this test, row (ORD-1) or category (order); any number\n"
		"      --rows           list row, test and title, separated by tabs\n"
		"      --categories     list the categories that have tests\n"
		"      --probe          list what this machine has that tests need\n"
		"      --restore        put the machine back after a run that was killed\n"
		"      --model NAME     rules to expect: auto (default), none, mainline or v10\n"
		"      --timeout S      end the run after S seconds, and fail (default %u)\n"
		"  -h, --help           this text\n",
		harness.argv[0], suite.timeout);
	for (i = 0; i < nr_own_options; i++)
		fprintf(to, "%s", own_options[i].help);
	fprintf(to,
		"\n"
		"Options of the kselftest harness:\n"
		"  -l                   list fixtures, variants and tests\n"
		"  -d                   print debug messages\n"
		"  -t, -T NAME          only, or not, the tests of this name\n"
		"  -f, -F NAME          only, or not, the tests of this fixture\n"
		"  -v, -V NAME          only, or not, the tests of this variant\n"
		"  -r NAME              only this test: fixture[.variant].test\n"
		"\n"
		"Exit code: 0 passed, 1 failed, 4 nothing but skipped.\n");
}

static void harness_arg(const char *option, const char *value)
{
	if (harness.argc + 3 > (int)ARRAY_SIZE(harness.argv)) {
		fprintf(stderr, "too many tests named on the command line\n");
		exit(KSFT_FAIL);
	}
	harness.argv[harness.argc++] = strdup(option);
	if (value)
		harness.argv[harness.argc++] = strdup(value);
}

static void select_test(const char *test, void *arg)
{
	*(bool *)arg = true;
	harness_arg("-t", test);
}

/* A row, a category, a test, or a test with its fixture and variant. */
static bool select_tests(const char *name)
{
	bool any = false;

	if (rows_each_test(name, select_test, &any)) {
		if (!any)
			fprintf(stderr, "no test checks %s yet\n", name);
		return any;
	}
	if (strchr(name, '.')) {
		harness_arg("-r", name);
		return true;
	}
	if (rows_has_test(name)) {
		select_test(name, &any);
		return true;
	}
	fprintf(stderr, "no test, row or category is called %s: see --rows, -l\n", name);
	return false;
}

static unsigned int count_selected(void)
{
	struct __fixture_variant_metadata none = { .name = "" }, *v;
	struct __fixture_metadata *f;
	struct __test_metadata *t;
	unsigned int count = 0;

	for (f = __fixture_list; f; f = f->next)
		for (v = f->variant ?: &none; v; v = v->next)
			for (t = f->tests; t; t = t->next)
				count += test_enabled(harness.argc, harness.argv, f, v, t);
	return count;
}

/* The harness ends by exit(): here is its verdict corrected and the figures printed. */
static void finish(void)
{
	unsigned int failed = ksft_get_fail_cnt() + ksft_get_error_cnt();
	unsigned int skipped = ksft_get_xskip_cnt();
	int verdict = failed ? KSFT_FAIL : KSFT_PASS;

	if (access("/dev/kmsg", R_OK))
		check_print("the kernel log cannot be read: complaints of the kernel go unseen");
	if (suite_complaints()) {
		check_print("the kernel complained after the last test, see above");
		failed++;
		verdict = KSFT_FAIL;
	}
	if (!failed && skipped == harness.nr_tests)
		verdict = KSFT_SKIP;
	if (ksft_test_num() != harness.nr_tests)
		verdict = KSFT_FAIL;
	suite_progress("");
	suite_print_figures();
	fflush(NULL);
	_exit(verdict);
}

static int run_tests(void *arg)
{
	int verdict = suite_prepare();

	(void)arg;
	if (verdict)
		return verdict;
	atexit(finish);
	return test_harness_run(harness.argc, harness.argv);
}

enum suite_action { ACTION_RUN, ACTION_PROBE, ACTION_LIST, ACTION_EXIT };

/* Options; ACTION_EXIT with *code when there is nothing more to do. */
static enum suite_action parse_options(int argc, char **argv, int *code)
{
	enum { OPT_TEST = 256, OPT_ROWS, OPT_CATEGORIES, OPT_PROBE, OPT_RESTORE, OPT_MODEL,
	       OPT_TIMEOUT, OPT_OWN };
	static const struct option common[] = {
		{ "test", required_argument, NULL, OPT_TEST },
		{ "rows", no_argument, NULL, OPT_ROWS },
		{ "categories", no_argument, NULL, OPT_CATEGORIES },
		{ "probe", no_argument, NULL, OPT_PROBE },
		{ "restore", no_argument, NULL, OPT_RESTORE },
		{ "model", required_argument, NULL, OPT_MODEL },
		{ "timeout", required_argument, NULL, OPT_TIMEOUT },
		{ "help", no_argument, NULL, 'h' },
	};
	struct option options[ARRAY_SIZE(common) + MAX_OWN_OPTIONS + 1] = { 0 };
	enum suite_action action = ACTION_RUN;
	unsigned int i;
	int opt;

	memcpy(options, common, sizeof(common));
	for (i = 0; i < nr_own_options; i++)
		options[ARRAY_SIZE(common) + i] = (struct option){
			own_options[i].name, required_argument, NULL, OPT_OWN + i,
		};
	*code = KSFT_FAIL;
	while ((opt = getopt_long(argc, argv, "hldf:F:v:V:t:T:r:", options, NULL)) != -1) {
		char option[] = { '-', opt, '\0' };

		switch (opt) {
		case OPT_TEST:
			if (!select_tests(optarg))
				return ACTION_EXIT;
			break;
		case OPT_ROWS:
			rows_print();
			*code = KSFT_PASS;
			return ACTION_EXIT;
		case OPT_CATEGORIES:
			rows_print_categories();
			*code = KSFT_PASS;
			return ACTION_EXIT;
		case OPT_PROBE:
			action = ACTION_PROBE;
			break;
		case OPT_RESTORE:
			*code = supervisor_restore(&suite.vm);
			return ACTION_EXIT;
		case OPT_MODEL:
			if (!suite_parse_model(optarg))
				return ACTION_EXIT;
			break;
		case OPT_TIMEOUT:
			if (!suite_parse_timeout(optarg))
				return ACTION_EXIT;
			break;
		case 'l':
			action = ACTION_LIST;
			break;
		case 'h':
			suite_usage(stdout);
			*code = KSFT_PASS;
			return ACTION_EXIT;
		case '?':
			fprintf(stderr, "Try %s --help\n", argv[0]);
			return ACTION_EXIT;
		default:
			if (opt < OPT_OWN)
				harness_arg(option, optarg);
			else if (!own_options[opt - OPT_OWN].parse(optarg))
				return ACTION_EXIT;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "what is '%s'? Tests are named with --test\n", argv[optind]);
		return ACTION_EXIT;
	}
	return action;
}

static int suite_main(int argc, char **argv)
{
	int code, geometry_error;

	geometry_error = suite_begin();
	harness.argv[harness.argc++] = argv[0];
	if (!rows_are_known())
		return KSFT_FAIL;

	switch (parse_options(argc, argv, &code)) {
	case ACTION_EXIT:
		return code;
	case ACTION_LIST:
		test_harness_list_tests();
		return KSFT_PASS;
	case ACTION_PROBE:
		if (geometry_error)
			printf("no tests: %s\n", suite_unfit(geometry_error));
		else
			probe_print(&suite.vm, suite.generation);
		return KSFT_PASS;
	case ACTION_RUN:
		break;
	}
	harness.nr_tests = count_selected();
	if (!harness.nr_tests) {
		fprintf(stderr, "no test matches: see -l\n");
		return KSFT_FAIL;
	}
	if (suite_unfit(geometry_error))
		return suite_skip_all(suite_unfit(geometry_error));
	return suite_supervise(run_tests, NULL);
}

#define SUITE_MAIN						\
	int main(int argc, char **argv)				\
	{							\
		return suite_main(argc, argv);			\
	}

#define SUITE_MAIN_WITH(options)				\
	static_assert(ARRAY_SIZE(options) <= MAX_OWN_OPTIONS,	\
		      "no room for all options");		\
	int main(int argc, char **argv)				\
	{							\
		own_options = (options);			\
		nr_own_options = ARRAY_SIZE(options);		\
		return suite_main(argc, argv);			\
	}

#endif
