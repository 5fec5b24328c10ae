// SPDX-License-Identifier: GPL-2.0
/* What is done with a case that fails; see explore_explain.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kselftest.h"

#include "explore_explain.h"
#include "explore_report.h"
#include "explore_shrink.h"
#include "suite.h"

#define SHRINK_NS		30000000000ULL
#define REPRODUCE_ATTEMPTS	3

struct explore_case *explain_new_case(void)
{
	struct explore_case *c = explore_case_alloc(suite.vm.pmd_order);

	if (!c) {
		check_print("out of memory");
		exit(KSFT_FAIL);
	}
	return c;
}

enum explore_verdict explain_try(const struct explore_case *c, struct batch_failure *failure,
				 void (*show)(const struct explore_batch *batch))
{
	struct batch_figures ignored = { 0 };

	return explore_one(&suite.vm, suite.generation, c, &ignored, failure, show);
}

const char *explain_model(void)
{
	return suite.model_given ? generation_names[suite.generation] : NULL;
}

void explain_wrong(const struct batch_failure *failure)
{
	check_printf("wrong:    %s%s", failure->nr == 1 ? "the canary, a full range above: " : "",
		     failure->what);
}

void explain_case(const struct explore_case *c)
{
	struct batch_failure failure;

	if (explain_try(c, &failure, report_tables) == EXPLORE_FAILED)
		explain_wrong(&failure);
	else
		check_print("this time it did not fail");
	report_case(c, explain_model());
}

/* The search for a small case: until when, and what counts as the same failure. */
struct shrinking {
	uint64_t deadline;
	enum batch_trouble trouble;
};

static int still_fails(const struct explore_case *c, void *arg)
{
	const struct shrinking *shrinking = arg;
	struct batch_failure failure;

	if (now_ns() > shrinking->deadline)
		return -ETIMEDOUT;
	suite_progress("shrinking a case that failed");
	return explain_try(c, &failure, NULL) == EXPLORE_FAILED &&
	       failure.trouble == shrinking->trouble;
}

/* For the corpus, or to be sent by mail. */
static void write_down(const struct explore_plan *plan, const char *folder, uint64_t number,
		       const char *text)
{
	const char *model = explain_model();
	char path[PATH_MAX];
	struct utsname name;
	int fd;

	if (!strcmp(folder, "-"))
		return;
	uname(&name);
	snprintf(path, sizeof(path), "%s/mthp_explore-%llu-%llu.case", folder,
		 (unsigned long long)plan->seed, (unsigned long long)number);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0 || dprintf(fd, "# seed %llu, batch %llu, model %s, on %s %s\n%s\n",
			      (unsigned long long)plan->seed, (unsigned long long)number,
			      model ?: "auto", name.release, name.machine, text) < 0)
		check_printf("%s: %s", path, strerror(errno));
	else
		check_printf("written to %s", path);
	if (fd >= 0)
		close(fd);
}

/* A case that failed is made small, drawn, and written down. */
static void explain(const struct explore_plan *plan, const char *folder,
		    const struct explore_failed *failed, struct explore_case *c)
{
	struct shrinking shrinking = {
		.deadline = now_ns() + SHRINK_NS, .trouble = failed->trouble,
	};
	uint64_t start = now_ns();
	char text[CASE_TEXT];
	unsigned int tried;

	tried = explore_shrink(c, still_fails, &shrinking);
	check_printf("smallest case that still fails, of %u tried in %llu ms:", tried,
		     (unsigned long long)(now_ns() - start) / 1000000);
	explain_case(c);
	explore_case_format(c, text, sizeof(text));
	write_down(plan, folder, failed->number, text);
}

/* Does it fail in the same way alone? What is rare is a failure too, hence the attempts. */
static bool fails_alone(const struct explore_case *c, enum batch_trouble trouble)
{
	struct batch_failure failure;
	unsigned int attempt;

	for (attempt = 0; attempt < REPRODUCE_ATTEMPTS; attempt++)
		if (explain_try(c, &failure, NULL) == EXPLORE_FAILED && failure.trouble == trouble)
			return true;
	return false;
}

/* Only the sums of a batch were wrong: which of its cases is it? */
static bool find_culprit(const struct explore_plan *plan, const struct explore_failed *failed,
			 struct explore_case *c)
{
	uint64_t deadline = now_ns() + SHRINK_NS;
	struct batch_figures ignored = { 0 };
	struct batch_failure failure;
	struct explore_batch *batch;
	unsigned int i;
	bool found = false;

	batch = batch_alloc(&suite.vm, suite.generation, plan->batch_size, &ignored);
	if (!batch)
		return false;
	explore_draw_batch(plan, failed->number, batch);
	for (i = 0; i + 1 < batch->nr && !found && now_ns() < deadline; i++) {
		suite_progress("looking for the case that failed");
		explore_case_copy(c, batch->cases[i]);
		found = explain_try(c, &failure, NULL) == EXPLORE_FAILED &&
			failure.trouble == failed->trouble;
	}
	batch_free(batch);
	return found;
}

static void print_failed(const struct explore_plan *plan, const struct explore_failed *failed)
{
	check_printf("%s, batch %llu of seed %llu: %s", family_names[failed->family],
		     (unsigned long long)failed->number, (unsigned long long)plan->seed,
		     failed->what);
	/* Of any length, so that it can be copied. */
	if (*failed->text)
		printf("# case:     '%s'\n", failed->text);
	if (*failed->expected) {
		check_printf("expected: %s", failed->expected);
		check_printf("seen:     %s", failed->seen);
	}
}

void explain_failure(const struct explore_plan *plan, const struct explore_failed *failed,
		     const char *folder)
{
	struct explore_case *c = explain_new_case();
	struct notation_error error;
	bool found;

	print_failed(plan, failed);
	if (failed->trouble == TROUBLE_MACHINE)
		found = false;
	else if (failed->nr < 0)
		found = find_culprit(plan, failed, c);
	else
		found = !explore_case_parse(c, failed->text, &error) &&
			fails_alone(c, failed->trouble);
	if (found)
		explain(plan, folder, failed, c);
	else if (failed->trouble != TROUBLE_MACHINE)
		check_print("alone, none of its cases fails: run the seed again");
	if (!found && *failed->text)
		write_down(plan, folder, failed->number, failed->text);
	explore_case_free(c);
}
