/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which VMAs khugepaged takes, and how it learns of them: rows VMA. Included by
 * mthp_khugepaged.c.
 */
#ifndef TEST_VMA_H
#define TEST_VMA_H

#include <sys/prctl.h>

#include "check_counters.h"
#include "pte_read.h"
#include "pte_setup.h"
#include "suite_fixtures.h"

/* VMA-1: a range that one VMA does not span is not touched, for no order. */
TEST_ROWS(collapse, vma_must_span_the_range, "VMA-1")
{
	struct collapse_check *check = &self->check;

	check_sizes(check, suite_orders());
	check_case(check, "p~", "H");
	check_case(check, "p~ .", "p~ .")->shape = RANGE_SHORT;
	check_case(check, ". p~", ". p~")->shape = RANGE_LATE;
	check_case(check, "p~", "p~")->shape = RANGE_SPLIT;
	CHECK(check_run(check));
}

/*
 * Tests of a process that khugepaged does not know yet. Another process is known
 * to it: it lets khugepaged scan with all sizes on, and proves by its canary that
 * it did.
 */
struct unlisted {
	pid_t scanner;		/* the other process */
	int ask[2];		/* a byte: how to scan */
	int answer[2];		/* a byte: enum check_verdict */
	struct range_area area;
	struct range range;
	struct range_area unused_area;
	struct range unused;	/* is not set up */
	struct pte_table *wanted;
	struct pte_table *seen;
};

FIXTURE(unlisted)
{
	struct unlisted here;
};

/* What the other process is asked to do. */
#define SCAN_MADVISE	'm'	/* scan with all sizes on for advised memory */
#define SCAN_ALWAYS	'a'	/* and for all other memory too, with no hole filled */

static enum check_verdict scan_as_asked(struct collapse_check *check, char how)
{
	unsigned int order;

	for (order = 2; order <= suite.vm.pmd_order; order++)
		check->settings.size[order] = how == SCAN_ALWAYS ? THP_ALWAYS : THP_MADVISE;
	check->settings.max_ptes_none = how == SCAN_ALWAYS ? 0 : suite.vm.nr - 1;
	return check_run(check);
}

/* SCAN() - have the other process do something; end the test if it does not pass. */
#define SCAN(step)								\
	do {									\
		int verdict_ = (step);						\
										\
		if (verdict_ == CHECK_SKIP)					\
			SKIP(return, "the process that scans got no verdict");	\
		ASSERT_EQ(CHECK_PASS, verdict_);				\
	} while (0)

static void scan_when_asked(int ask, int answer)
{
	static struct collapse_check check;
	char verdict, byte;

	verdict = suite_check_begin(&check, "unlisted");
	check_case(&check, "p~", "H");
	while (write(answer, &verdict, 1) == 1 && read(ask, &byte, 1) == 1)
		verdict = scan_as_asked(&check, byte);
	_exit(0);
}

FIXTURE_SETUP(unlisted)
{
	struct unlisted *here = &self->here;
	char verdict;
	pid_t pid;

	ASSERT_EQ(0, pipe(here->ask));
	ASSERT_EQ(0, pipe(here->answer));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(here->ask[1]);
		scan_when_asked(here->ask[0], here->answer[1]);
	}
	close(here->answer[1]);
	close(here->ask[0]);
	here->scanner = pid;
	ASSERT_EQ(1, read(here->answer[0], &verdict, 1));
	SCAN(verdict);

	here->wanted = pte_table_alloc(suite.vm.pmd_order);
	here->seen = pte_table_alloc(suite.vm.pmd_order);
	ASSERT_NE(NULL, here->wanted);
	ASSERT_NE(NULL, here->seen);
	here->range.wanted = here->wanted;
	ASSERT_EQ(0, range_area_map(&suite.vm, &here->area, &here->range, 1));
	ASSERT_EQ(0, range_area_map(&suite.vm, &here->unused_area, &here->unused, 1));
}

FIXTURE_TEARDOWN_PARENT(unlisted)
{
	/*
	 * It has memory to give back: not while the next test counts. In a PID namespace
	 * of ours it is our child now.
	 */
	if (self->here.scanner > 0)
		waitpid(self->here.scanner, NULL, 0);
	EXPECT_EQ(0, suite_complaints());
}

static int ask_to_scan(struct unlisted *here, char how)
{
	char verdict = CHECK_FAIL;

	if (write(here->ask[1], &how, 1) != 1 || read(here->answer[0], &verdict, 1) != 1)
		return CHECK_FAIL;
	return verdict;
}

static int scan_elsewhere(struct unlisted *here)
{
	return ask_to_scan(here, SCAN_MADVISE);
}

static int scan_elsewhere_always(struct unlisted *here)
{
	return ask_to_scan(here, SCAN_ALWAYS);
}

/* Does the range look like this? */
static bool looks_like(struct unlisted *here, const char *notation)
{
	struct notation_error notation_error;
	struct setup_error error;

	if (!pte_table_parse(here->wanted, notation, &notation_error) &&
	    !pte_read_back(&suite.vm, &here->range, 1, &here->seen, &error))
		return pte_table_equal(here->wanted, here->seen);
	check_printf("%s cannot be compared", notation);
	return false;
}

/* The same, where it must; with the map if it does not. */
static bool must_look_like(struct unlisted *here, const char *notation)
{
	bool same = looks_like(here, notation);

	if (!same)
		pte_table_draw(here->wanted, here->seen, check_print);
	return same;
}

/* A process that forked from one that khugepaged knows is known as well. */
#define SKIP_IF_LISTED(here)							\
	do {									\
		if (!looks_like(here, "p~"))					\
			SKIP(return, "khugepaged scans this process untold");	\
	} while (0)

/* Memory that was touched, then advised, while no size was on. */
static bool prepare_with_sizes_off(struct unlisted *here)
{
	struct thp_settings off = thp_settings_of(&suite.vm, 0, THP_NEVER);
	struct notation_error notation;
	struct setup_error error;
	struct knob_error knob;

	off.global = THP_NEVER;
	return !thp_settings_apply(&suite.vm, &off, &knob) &&
	       !pte_table_parse(here->wanted, "p~", &notation) &&
	       !pte_setup(&suite.vm, &here->area, &error) &&
	       !madvise(here->range.start, suite.vm.pmd_size, MADV_HUGEPAGE) &&
	       looks_like(here, "p~");
}

/* VMA-3: with sizes switched on later, new advice makes khugepaged scan the process. */
TEST_ROWS(unlisted, new_advice, "VMA-3")
{
	struct unlisted *here = &self->here;
	char *start = here->range.start;

	ASSERT_TRUE(prepare_with_sizes_off(here));
	SCAN(scan_elsewhere(here));
	SKIP_IF_LISTED(here);

	ASSERT_EQ(0, madvise(start, suite.vm.pmd_size, MADV_NOHUGEPAGE));
	ASSERT_EQ(0, madvise(start, suite.vm.pmd_size, MADV_HUGEPAGE));
	SCAN(scan_elsewhere(here));
	EXPECT_TRUE(must_look_like(here, "H"));
}

/* VMA-3: so does a page fault of PMD size, anywhere in the process. */
TEST_ROWS(unlisted, pmd_fault, "VMA-3")
{
	struct unlisted *here = &self->here;
	char *unused = here->unused.start;

	ASSERT_TRUE(prepare_with_sizes_off(here));
	SCAN(scan_elsewhere(here));
	SKIP_IF_LISTED(here);

	ASSERT_EQ(0, mprotect(unused, suite.vm.pmd_size, PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, madvise(unused, suite.vm.pmd_size, MADV_HUGEPAGE));
	touch_page(unused);
	SCAN(scan_elsewhere(here));
	EXPECT_TRUE(must_look_like(here, "H"));
}

/*
 * VMA-3: so should the same advice once more. Since 7.2 it does not:
 * docs/findings/same-advice-again.md.
 */
TEST_ROWS(unlisted, same_advice_again, "VMA-3")
{
	struct unlisted *here = &self->here;

	ASSERT_TRUE(prepare_with_sizes_off(here));
	SCAN(scan_elsewhere(here));
	SKIP_IF_LISTED(here);

	ASSERT_EQ(0, madvise(here->range.start, suite.vm.pmd_size, MADV_HUGEPAGE));
	SCAN(scan_elsewhere(here));
	if (looks_like(here, "p~"))
		XFAIL(return, "the same MADV_HUGEPAGE once more does not start scanning");
	EXPECT_TRUE(must_look_like(here, "H"));
}

/*
 * VMA-3: memory that is advised first and touched then, with an mTHP size on, should
 * be scanned. It is not: docs/findings/mthp-fault-not-scanned.md.
 */
TEST_ROWS(unlisted, advised_before_touch, "VMA-3")
{
	struct unlisted *here = &self->here;
	struct thp_settings on = thp_settings_of(&suite.vm, BIT(2), THP_MADVISE);
	char *start = here->range.start;
	struct knob_error knob;

	SKIP_WITHOUT_MTHP();
	ASSERT_EQ(0, thp_settings_apply(&suite.vm, &on, &knob));
	ASSERT_EQ(0, mprotect(start, suite.vm.pmd_size, PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, madvise(start, suite.vm.pmd_size, MADV_HUGEPAGE));
	memset(start, 1, suite.vm.pmd_size);
	ASSERT_TRUE(looks_like(here, "p2~"));

	SCAN(scan_elsewhere(here));
	if (looks_like(here, "p2~"))
		XFAIL(return, "a page fault of mTHP size does not start scanning");
	EXPECT_TRUE(must_look_like(here, "H"));
}

/* VMA-1, ORD-5, DAT-4: a range that is not eligible is not even tried. */
TEST_ROWS(collapse, ineligible_range_is_not_tried, "VMA-1 ORD-5 DAT-4")
{
	struct collapse_check *check = &self->check;

	SKIP_WITHOUT_MTHP();
	check_sizes(check, suite_orders());
	check_case(check, "p~ .", "p~ .")->shape = RANGE_SHORT;
	check_case(check, ". p~", ". p~")->shape = RANGE_LATE;
	check_case(check, "p~", "p~")->shape = RANGE_SPLIT;
	check_case(check, "p~", "p~")->advice = ADVISE_NOTHING;
	CHECK(check_count(check, check_wrong_counters));
}

/* VMA-2: MADV_NOHUGEPAGE keeps khugepaged and MADV_COLLAPSE away, whatever the sizes. */
TEST_ROWS(collapse, nohugepage_is_left_alone, "VMA-2")
{
	struct collapse_check *check = &self->check;
	struct check_case *c;
	unsigned int order;

	check->settings.max_ptes_none = 0;
	check_case(check, "p~", "p~")->advice = ADVISE_NOHUGEPAGE;
	check_case(check, "p~", "H");
	for (order = 2; order <= check->vm.pmd_order; order++)
		check->settings.size[order] = THP_ALWAYS;
	CHECK(check_run(check));

	check->forced = true;
	c = &check->cases[0];
	c->forced_errno = EINVAL;
	CHECK(check_run(check));
}

#ifndef PR_THP_DISABLE_EXCEPT_ADVISED
#define PR_THP_DISABLE_EXCEPT_ADVISED	BIT(1)
#endif

/* Memory that was touched while all sizes were on for advised memory, and advised or not. */
static bool prepare_with_sizes_on(struct unlisted *here, bool advise)
{
	struct thp_settings on = thp_settings_of(&suite.vm, suite_orders(), THP_MADVISE);
	char *unused = here->unused.start;
	struct notation_error notation;
	struct setup_error error;
	struct knob_error knob;

	/* A page elsewhere, advised: so the process is known to khugepaged in any case. */
	return !pte_table_parse(here->wanted, "p~", &notation) &&
	       !thp_settings_apply(&suite.vm, &on, &knob) &&
	       !pte_setup(&suite.vm, &here->area, &error) &&
	       !mprotect(unused, suite.vm.pmd_size, PROT_READ | PROT_WRITE) &&
	       (touch_page(unused), !madvise(unused, suite.vm.pmd_size, MADV_HUGEPAGE)) &&
	       (!advise || !madvise(here->range.start, suite.vm.pmd_size, MADV_HUGEPAGE)) &&
	       looks_like(here, "p~");
}

/* VMA-2: a process that switched huge pages off for itself is left alone, until it is on. */
TEST_ROWS(unlisted, prctl_disables, "VMA-2")
{
	struct unlisted *here = &self->here;

	ASSERT_TRUE(prepare_with_sizes_on(here, true));
	ASSERT_EQ(0, prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	SCAN(scan_elsewhere(here));
	ASSERT_TRUE(must_look_like(here, "p~"));
	EXPECT_NE(0, madvise(here->range.start, suite.vm.pmd_size, MADV_COLLAPSE));
	EXPECT_EQ(EINVAL, errno);

	ASSERT_EQ(0, prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0));
	SCAN(scan_elsewhere(here));
	EXPECT_TRUE(must_look_like(here, "H"));
}

/* VMA-2: switched off but for advised memory, advised memory is collapsed. */
TEST_ROWS(unlisted, prctl_disables_except_advised, "VMA-2")
{
	struct unlisted *here = &self->here;

	if (prctl(PR_SET_THP_DISABLE, 1, PR_THP_DISABLE_EXCEPT_ADVISED, 0, 0))
		SKIP(return, "this kernel cannot disable huge pages except for advised memory");
	ASSERT_TRUE(prepare_with_sizes_on(here, true));
	SCAN(scan_elsewhere(here));
	EXPECT_TRUE(must_look_like(here, "H"));
}

/* VMA-2: and memory without advice is not, with its size set to "always". */
TEST_ROWS(unlisted, prctl_disables_unadvised, "VMA-2")
{
	struct unlisted *here = &self->here;

	if (prctl(PR_SET_THP_DISABLE, 1, PR_THP_DISABLE_EXCEPT_ADVISED, 0, 0))
		SKIP(return, "this kernel cannot disable huge pages except for advised memory");
	ASSERT_TRUE(prepare_with_sizes_on(here, false));
	SCAN(scan_elsewhere_always(here));
	ASSERT_TRUE(must_look_like(here, "p~"));

	ASSERT_EQ(0, prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0));
	SCAN(scan_elsewhere_always(here));
	EXPECT_TRUE(must_look_like(here, "H"));
}

#endif
