/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture each_order: a test for each order that any machine has; others are skipped. It
 * begins with a quiet khugepaged and no memory.
 */
#ifndef SUITE_EACH_ORDER_H
#define SUITE_EACH_ORDER_H

#include "suite_harness.h"

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

#endif
