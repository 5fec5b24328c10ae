/* SPDX-License-Identifier: GPL-2.0 */
/* Fixtures that begin with a quiet khugepaged and no memory: collapse; each_order beside it. */
#ifndef SUITE_FIXTURES_H
#define SUITE_FIXTURES_H

#include "suite_each_order.h"
#include "suite_harness.h"

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

#endif
