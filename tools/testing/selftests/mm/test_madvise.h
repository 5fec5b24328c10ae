/* SPDX-License-Identifier: GPL-2.0 */
/* MADV_COLLAPSE: rows MAD. Included by mthp_khugepaged.c. */
#ifndef TEST_MADVISE_H
#define TEST_MADVISE_H

#include "suite_fixtures.h"

/* MAD-1: MADV_COLLAPSE makes PMD folios, whatever is on and however few pages there are. */
TEST_ROWS(collapse, madvise_ignores_sizes_and_limits, "MAD-1")
{
	struct collapse_check *check = &self->check;

	check->forced = true;
	check->settings.max_ptes_none = 0;
	check_case(check, "p~", "H");
	check_case(check, "p .~", "H");
	check_case(check, ".~ z p .*3", "H");
	/* Older kernels want one PTE that is writable. */
	if (suite.generation != GEN_NONE)
		check_case(check, ".~", "H")->table_exists = true;

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

/* MAD-2: EINVAL, there is nothing that trying again would mend. */
TEST_ROWS(collapse, madvise_einval, "MAD-2")
{
	struct collapse_check *check = &self->check;
	struct check_case *c;

	check->forced = true;
	/* The VMA does not want it. */
	c = check_case(check, "p~", "p~");
	c->advice = ADVISE_NOHUGEPAGE;
	c->forced_errno = EINVAL;
	/* There is no page table. */
	check_case(check, ".~", ".~")->forced_errno = EINVAL;
	/* A PTE is protected by userfaultfd. */
	check_case(check, "A: p~ w", "A: p~ w")->forced_errno = EINVAL;
	CHECK(check_run(check));
}

/* MAD-2: EINVAL too for a guard region, which can never be part of a PMD folio. */
TEST_ROWS(collapse, madvise_einval_of_guard_region, "MAD-2 REG-7")
{
	struct collapse_check *check = &self->check;

	check->forced = true;
	check_case(check, "G p~", "G p~")->forced_errno = EINVAL;
	check_case(check, "p~ G", "p~ G")->forced_errno = EINVAL;
	CHECK(check_run(check));
}

/* MAD-2: EAGAIN for what passes: somebody holds the page. */
TEST_ROWS(collapse, madvise_eagain_of_pinned_page, "MAD-2 VET-1")
{
	struct collapse_check *check = &self->check;
	struct check_case *c;

	check->forced = true;
	c = check_case(check, "g p~", "g p~");
	c->forced_errno = EAGAIN;
	c->pin_kind = PIN_VMSPLICE;
	CHECK(check_lay_out(check));
	CHECK(check_collapse(check));

	range_area_unpin(&check->area);
	c->forced_errno = 0;
	check_literal(check, 0, "H");
	CHECK(check_read_back(check));
	CHECK(check_collapse(check));
}

/* MAD-2: EBUSY where a limit that cannot be ignored is exceeded: no hole of userfaultfd's. */
TEST_ROWS(collapse, madvise_ebusy_of_armed_hole, "MAD-2 REG-6")
{
	struct collapse_check *check = &self->check;

	if (suite.generation == GEN_NONE)
		SKIP(return, "older kernels say EINVAL or EBUSY");
	check->forced = true;
	check_case(check, "A: p~ .", "A: p~ .")->forced_errno = EBUSY;
	check_case(check, "A: p~", "A: H");
	CHECK(check_run(check));
}

/* MAD-1: swapped, shared and lazyfree pages are no obstacle, in any number. */
TEST_ROWS(collapse, madvise_ignores_limits_of_pages, "MAD-1")
{
	struct collapse_check *check = &self->check;

	check->forced = true;
	check->settings.max_ptes_swap = 0;
	check->settings.max_ptes_shared = 0;
	check_case(check, check_text(check, "s*%u p~", check->vm.nr / 8 + 1), "H");
	check_case(check, check_text(check, "f*%u p~", check->vm.nr / 2 + 1), "H");
	check_case(check, "l*3 p~", "H");
	/* Older kernels want one PTE that is writable. */
	if (suite.generation != GEN_NONE)
		check_case(check, "u~", "H");
	CHECK(check_run(check));
}

#endif
