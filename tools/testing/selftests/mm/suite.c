// SPDX-License-Identifier: GPL-2.0
/* What every program of the suite begins and ends with; see suite.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "privileges.h"
#include "suite.h"
#include "supervisor.h"

struct suite suite = { .timeout = 900 };

int suite_begin(void)
{
	int err;

	suite.start = now_ns();
	err = vm_geometry_read(&suite.vm);
	suite.generation = err ? GEN_NONE : generation_detect(&suite.vm);
	return err;
}

bool suite_parse_model(const char *name)
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

bool suite_parse_timeout(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || !value || value > 86400) {
		fprintf(stderr, "not a number of seconds from 1 to 86400: %s\n", text);
		return false;
	}
	suite.timeout = value;
	suite.timeout_given = true;
	return true;
}

const char *suite_unfit(int geometry_error)
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

int suite_skip_all(const char *reason)
{
	ksft_print_header();
	printf("1..0 # SKIP %s\n", reason);
	return KSFT_SKIP;
}

int suite_supervise(int (*run)(void *arg), void *arg)
{
	suite.shared = mmap(NULL, sizeof(*suite.shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (suite.shared == MAP_FAILED) {
		printf("Bail out! no memory: %s\n", strerror(errno));
		return KSFT_FAIL;
	}
	return supervise(&suite.vm, suite.timeout, run, arg);
}

/* Copy what a process wrote to @from, from its beginning. */
static void print_file(FILE *from)
{
	char line[1024];

	rewind(from);
	while (fgets(line, sizeof(line), from))
		fputs(line, stdout);
}

bool suite_khugepaged_works(void)
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

int suite_prepare(void)
{
	static const char *const no_complaints[] = { NULL };
	int err;

	err = privileges_drop();
	if (err && err != -EOPNOTSUPP) {
		ksft_print_header();
		printf("Bail out! capabilities cannot be dropped: %s\n", strerror(-err));
		return KSFT_FAIL;
	}
	/* Inherited, it would look like a khugepaged that does nothing. */
	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
	kernel_log_count(&suite.shared->log, no_complaints, NULL, NULL);
	return suite_khugepaged_works() ? KSFT_PASS : KSFT_FAIL;
}

unsigned long suite_orders(void)
{
	return suite.vm.orders ?: BIT(suite.vm.pmd_order);
}

unsigned long suite_mthp_orders(void)
{
	return suite_orders() & ~BIT(suite.vm.pmd_order);
}

void suite_progress(const char *what)
{
	if (isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO))
		fprintf(stderr, "\r%-70.70s", what);
}

int suite_complaints(void)
{
	bool complete = true;
	int count;

	count = kernel_log_count(&suite.shared->log, kernel_complaints, check_print, &complete);
	if (!complete)
		check_print("the kernel log lost lines before they were looked at");
	return count < 0 ? 0 : count;
}

void suite_print_figures(void)
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
	if (ranges) {
		check_printf("figures: %lu ranges verified in %lu ms of checks: %lu a second",
			     ranges, total, total ? ranges * 1000 / total : 0);
		check_printf("figures: %lu %% of that was khugepaged's",
			     total ? khugepaged * 100 / total : 0);
	}
	if (kdamond_find())
		check_print("figures: DAMON is at work, and pages that it looks at are busy");
	check_printf("figures: peak RSS %ld MB; %llu ms in all", usage.ru_maxrss / 1024,
		     (unsigned long long)(now_ns() - suite.start) / 1000000);
}
