/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every test program of the suite has around the kselftest harness: options,
 * the supervisor, the rows, and fixtures that begin with a quiet khugepaged.
 *
 * The harness keeps its tests in static lists, so this is included once, by the
 * file that holds the tests and ends with SUITE_MAIN.
 *
 * A test is TEST_ROWS(collapse, name, "ROW-1 ROW-2") { ... }. It may use @check,
 * and CHECK(step) for each step of collapse_check.h.
 */
#ifndef SUITE_H
#define SUITE_H

#define TH_LOG_STREAM stdout	/* what failed belongs to the test's own output */
#include "kselftest_harness.h"

#ifndef FIXTURE_TEARDOWN_PARENT
#error "kselftest_harness.h is too old: use the headers of Linux 7.2 or later (KSRC=)"
#endif

#include <getopt.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "collapse_check.h"
#include "privileges.h"
#include "probe.h"
#include "rows.h"
#include "supervisor.h"

#define TEST_SECONDS	120

/* What all processes of a run share. */
struct suite_shared {
	struct check_figures figures;
	uint64_t log;		/* how far the kernel log was looked at */
};

/* Read-only once the first test is forked. */
static struct suite {
	struct vm_geometry vm;
	enum generation generation;
	bool model_given;	/* on the command line, not by the kernel */
	struct suite_shared *shared;
	unsigned int nr_tests;
	unsigned int timeout;	/* seconds for the whole run */
	uint64_t start;		/* nanoseconds */
	int argc;		/* arguments for the harness */
	char *argv[1024];
} suite;

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

/* All orders that can be on. */
static inline unsigned long suite_orders(void)
{
	return suite.vm.orders ?: BIT(suite.vm.pmd_order);
}

/* All but the PMD order. */
static inline unsigned long suite_mthp_orders(void)
{
	return suite_orders() & ~BIT(suite.vm.pmd_order);
}

static inline void suite_progress(const char *test)
{
	if (isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO))
		fprintf(stderr, "\r%-70.70s", test);
}

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

/*
 * Complaints of the kernel since the last look. To be called when the process of the
 * test is gone, so that its exit is looked at too. What comes later than that, as an
 * mm that is dropped late, is found by the next look: no line is skipped.
 */
static inline int suite_complaints(void)
{
	bool complete = true;
	int count;

	count = kernel_log_count(&suite.shared->log, kernel_complaints, check_print, &complete);
	if (!complete)
		check_print("the kernel log lost lines before they were looked at");
	return count < 0 ? 0 : count;	/* finish() tells of a log that cannot be read */
}

/* Tests that need one process and one set of ranges. */
FIXTURE(collapse)
{
	struct collapse_check check;
};

FIXTURE_SETUP(collapse)
{
	char name[128];

	/* The tables of these tests are written for at least as many PTEs. */
	if (suite.vm.pmd_order < 8)
		SKIP(return, "the PMD order of this machine is below 8");
	snprintf(name, sizeof(name), "%s.%s", _metadata->fixture->name, _metadata->name);
	ASSERT_EQ(0, suite_check_begin(&self->check, name));
}

FIXTURE_TEARDOWN_PARENT(collapse)
{
	EXPECT_EQ(0, suite_complaints());
}

/* The same for each order that any machine has; others are skipped. */
FIXTURE(each_order)
{
	struct collapse_check check;
};

FIXTURE_VARIANT(each_order)
{
	unsigned int order;
};

FIXTURE_VARIANT_ADD(each_order, order_2) { .order = 2 };
FIXTURE_VARIANT_ADD(each_order, order_3) { .order = 3 };
FIXTURE_VARIANT_ADD(each_order, order_4) { .order = 4 };
FIXTURE_VARIANT_ADD(each_order, order_5) { .order = 5 };
FIXTURE_VARIANT_ADD(each_order, order_6) { .order = 6 };
FIXTURE_VARIANT_ADD(each_order, order_7) { .order = 7 };
FIXTURE_VARIANT_ADD(each_order, order_8) { .order = 8 };
FIXTURE_VARIANT_ADD(each_order, order_9) { .order = 9 };
FIXTURE_VARIANT_ADD(each_order, order_10) { .order = 10 };
FIXTURE_VARIANT_ADD(each_order, order_11) { .order = 11 };
FIXTURE_VARIANT_ADD(each_order, order_12) { .order = 12 };
FIXTURE_VARIANT_ADD(each_order, order_13) { .order = 13 };

FIXTURE_SETUP(each_order)
{
	char name[128];

	SKIP_WITHOUT_ORDER(variant->order);
	snprintf(name, sizeof(name), "%s.order_%u.%s", _metadata->fixture->name,
		 variant->order, _metadata->name);
	ASSERT_EQ(0, suite_check_begin(&self->check, name));
}

FIXTURE_TEARDOWN_PARENT(each_order)
{
	EXPECT_EQ(0, suite_complaints());
}

static void suite_usage(FILE *to)
{
	fprintf(to,
		"Usage: %s [OPTION]...\n"
		"Checks what khugepaged and MADV_COLLAPSE make of anonymous memory. Needs root.\n"
		"\n"
		"      --test NAME      only this test, row (ORD-1) or category (order); any number\n"
		"      --rows           list row, test and title, separated by tabs\n"
		"      --categories     list the categories that have tests\n"
		"      --probe          list what this machine has that tests need\n"
		"      --restore        put the machine back after a run that was killed\n"
		"      --model NAME     rules to expect: auto (default), none, mainline or v10\n"
		"      --timeout S      end the run after S seconds, and fail (default %u)\n"
		"  -h, --help           this text\n"
		"\n"
		"Options of the kselftest harness:\n"
		"  -l                   list fixtures, variants and tests\n"
		"  -d                   print debug messages\n"
		"  -t, -T NAME          only, or not, the tests of this name\n"
		"  -f, -F NAME          only, or not, the tests of this fixture\n"
		"  -v, -V NAME          only, or not, the tests of this variant\n"
		"  -r NAME              only this test: fixture[.variant].test\n"
		"\n"
		"Exit code: 0 passed, 1 failed, 4 nothing but skipped.\n",
		suite.argv[0], suite.timeout);
}

static void harness_arg(const char *option, const char *value)
{
	if (suite.argc + 3 > (int)ARRAY_SIZE(suite.argv)) {
		fprintf(stderr, "too many tests named on the command line\n");
		exit(KSFT_FAIL);
	}
	suite.argv[suite.argc++] = strdup(option);
	if (value)
		suite.argv[suite.argc++] = strdup(value);
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
	fprintf(stderr, "no test, row or category is called %s: see --rows\n", name);
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
				count += test_enabled(suite.argc, suite.argv, f, v, t);
	return count;
}

static int skip_all(const char *reason)
{
	ksft_print_header();
	printf("1..0 # SKIP %s\n", reason);
	return KSFT_SKIP;
}

/* Why no test can run on this machine; NULL if some can. */
static const char *unfit(int geometry_error)
{
	if (geometry_error == -ENODEV)
		return "this kernel has no transparent huge pages";
	if (geometry_error)
		return "the PMD size of this kernel cannot be read";
	if (privileges_missing())
		return privileges_missing();
	if (access("/proc/kpageflags", R_OK))
		return "no /proc/kpageflags, CONFIG_PROC_PAGE_MONITOR is needed";
	if (!pagemap_shows_pfns(&suite.vm))
		return "pagemap hides page frame numbers";
	if (!kpageflags_show_pages(&suite.vm))
		return "/proc/kpageflags has no flags of a page in use";
	if (access(THP_SYSFS "/khugepaged/full_scans", R_OK))
		return "this kernel has no khugepaged in sysfs";
	return NULL;
}

static void print_figures(void)
{
	struct check_figures *figures = &suite.shared->figures;
	unsigned long total, khugepaged, ranges = figures->ranges;
	struct rusage usage;
	struct utsname uts;

	total = figures->ns[TIME_TOTAL] / 1000000;
	khugepaged = figures->ns[TIME_KHUGEPAGED] / 1000000;
	getrusage(RUSAGE_CHILDREN, &usage);
	uname(&uts);
	check_printf("figures: kernel %s %s, page size %zu kB, PMD order %u, generation %s",
		     uts.release, uts.machine, suite.vm.page_size / 1024,
		     suite.vm.pmd_order, generation_names[suite.generation]);
	check_printf("figures: %lu ranges verified in %lu ms of checks: %lu a second",
		     ranges, total, total ? ranges * 1000 / total : 0);
	check_printf("figures: %lu %% of that was khugepaged's; peak RSS %ld MB; %llu ms in all",
		     total ? khugepaged * 100 / total : 0, usage.ru_maxrss / 1024,
		     (unsigned long long)(now_ns() - suite.start) / 1000000);
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
	if (!failed && skipped == suite.nr_tests)
		verdict = KSFT_SKIP;
	if (ksft_test_num() != suite.nr_tests)
		verdict = KSFT_FAIL;
	suite_progress("");
	print_figures();
	fflush(NULL);
	_exit(verdict);
}

/* Copy what a process wrote to @from, from its beginning. */
static void print_file(FILE *from)
{
	char line[1024];

	rewind(from);
	while (fgets(line, sizeof(line), from))
		fputs(line, stdout);
}

/*
 * A khugepaged that does not work fails the run at once, not each test in turn. The
 * harness has not begun its output yet, so this failure is a whole output of its own.
 */
static bool khugepaged_works(void)
{
	FILE *messages = tmpfile();
	struct collapse_check *check;
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		check = calloc(1, sizeof(*check));
		if (!check || !messages || dup2(fileno(messages), STDOUT_FILENO) < 0)
			_exit(KSFT_FAIL);
		_exit(check_begin(check, &suite.vm, suite.generation, "",
				  &suite.shared->figures));
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	if (status) {
		ksft_print_header();
		ksft_set_plan(1);
		if (messages)
			print_file(messages);
		ksft_test_result_fail("khugepaged_scans\n");
	}
	if (messages)
		fclose(messages);
	return !status;
}

static int run_tests(void *arg)
{
	static const char *const no_complaints[] = { NULL };
	int err;

	(void)arg;
	err = privileges_drop();
	if (err && err != -EOPNOTSUPP) {
		ksft_print_header();
		printf("Bail out! capabilities cannot be dropped: %s\n", strerror(-err));
		return KSFT_FAIL;
	}
	/* Inherited, it would look like a khugepaged that does nothing. */
	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
	kernel_log_count(&suite.shared->log, no_complaints, NULL, NULL);
	if (!khugepaged_works())
		return KSFT_FAIL;
	atexit(finish);
	return test_harness_run(suite.argc, suite.argv);
}

static bool parse_model(const char *name)
{
	int generation;

	if (!strcmp(name, "auto"))
		return true;
	for (generation = 0; generation < NR_GENERATIONS; generation++) {
		if (!strcmp(name, generation_names[generation])) {
			suite.generation = generation;
			suite.model_given = true;
			return true;
		}
	}
	fprintf(stderr, "no such model: %s; there are auto, none, mainline and v10\n", name);
	return false;
}

static bool parse_timeout(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || !value || value > 86400) {
		fprintf(stderr, "not a number of seconds from 1 to 86400: %s\n", text);
		return false;
	}
	suite.timeout = value;
	return true;
}

enum suite_action { ACTION_RUN, ACTION_PROBE, ACTION_LIST, ACTION_EXIT };

/* Options; ACTION_EXIT with *code when there is nothing more to do. */
static enum suite_action parse_options(int argc, char **argv, int *code)
{
	enum { OPT_TEST = 256, OPT_ROWS, OPT_CATEGORIES, OPT_PROBE, OPT_RESTORE, OPT_MODEL,
	       OPT_TIMEOUT };
	static const struct option options[] = {
		{ "test", required_argument, NULL, OPT_TEST },
		{ "rows", no_argument, NULL, OPT_ROWS },
		{ "categories", no_argument, NULL, OPT_CATEGORIES },
		{ "probe", no_argument, NULL, OPT_PROBE },
		{ "restore", no_argument, NULL, OPT_RESTORE },
		{ "model", required_argument, NULL, OPT_MODEL },
		{ "timeout", required_argument, NULL, OPT_TIMEOUT },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	enum suite_action action = ACTION_RUN;
	int opt;

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
			if (!parse_model(optarg))
				return ACTION_EXIT;
			break;
		case OPT_TIMEOUT:
			if (!parse_timeout(optarg))
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
			harness_arg(option, optarg);
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

	suite.start = now_ns();
	suite.timeout = 900;
	suite.argv[suite.argc++] = argv[0];
	if (!rows_are_known())
		return KSFT_FAIL;
	geometry_error = vm_geometry_read(&suite.vm);
	suite.generation = geometry_error ? GEN_NONE : generation_detect(&suite.vm);

	switch (parse_options(argc, argv, &code)) {
	case ACTION_EXIT:
		return code;
	case ACTION_LIST:
		test_harness_list_tests();
		return KSFT_PASS;
	case ACTION_PROBE:
		if (geometry_error)
			printf("no tests: %s\n", unfit(geometry_error));
		else
			probe_print(&suite.vm, suite.generation);
		return KSFT_PASS;
	case ACTION_RUN:
		break;
	}
	suite.nr_tests = count_selected();
	if (!suite.nr_tests) {
		fprintf(stderr, "no test matches: see -l\n");
		return KSFT_FAIL;
	}
	if (unfit(geometry_error))
		return skip_all(unfit(geometry_error));
	suite.shared = mmap(NULL, sizeof(*suite.shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (suite.shared == MAP_FAILED) {
		printf("Bail out! no memory: %s\n", strerror(errno));
		return KSFT_FAIL;
	}
	return supervise(&suite.vm, suite.timeout, run_tests, NULL);
}

#define SUITE_MAIN				\
	int main(int argc, char **argv)		\
	{					\
		return suite_main(argc, argv);	\
	}

#endif
