/* SPDX-License-Identifier: GPL-2.0 */
/* MADV_COLLAPSE: rows MAD. Included by mthp_khugepaged.c. */
#ifndef TEST_MADVISE_H
#define TEST_MADVISE_H

#include "suite.h"

/* MAD-1: MADV_COLLAPSE makes PMD folios, whatever is on and however few pages there are. */
TEST_ROWS(collapse, madvise_ignores_sizes_and_limits, "MAD-1")
{
	struct collapse_check *check = &self->check;

	check->forced = true;
	check->settings.max_ptes_none = 0;
	check_case(check, "p~", "H");
	check_case(check, "p .~", "H");
	check_case(check, ".~ z p .*3", "H");

	/* Only sizes that it does not give. */
	check_sizes(check, suite_mthp_orders());
	CHECK(check_run(check));

	check_sizes(check, suite_orders());
	CHECK(check_run(check));

	/* Nothing at all, and no advice. */
	check_sizes(check, 0);
	check->settings.global = THP_NEVER;
	check->cases[0].advice = ADVISE_NOTHING;
	CHECK(check_run(check));
}

/* MAD-3: MADV_COLLAPSE makes one PMD folio of smaller folios. */
TEST_ROWS(collapse, madvise_merges_mthp, "MAD-3")
{
	struct collapse_check *check = &self->check;

	if (!suite_mthp_orders())
		SKIP(return, "this kernel has no folios between a page and a PMD");
	check->forced = true;
	check_sizes(check, suite_mthp_orders());
	check_case(check, "p4~", "H");
	check_case(check, "pM-1 p4 p2*4 p*8 .~", "H");
	check_case(check, ".*17 p4*3 .~", "H");
	CHECK(check_run(check));
}

#endif
