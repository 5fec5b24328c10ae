/* SPDX-License-Identifier: GPL-2.0 */
/* The same of more and more ranges: what one of them costs must stay what it is. */
#ifndef BENCH_GROWTH_H
#define BENCH_GROWTH_H

FIXTURE(growth)
{
	struct collapse_check check;
	struct bench bench;
};

FIXTURE_VARIANT(growth)
{
	unsigned int ranges;
};

FIXTURE_VARIANT_ADD(growth, ranges_16) { .ranges = 16 };
FIXTURE_VARIANT_ADD(growth, ranges_64) { .ranges = 64 };
FIXTURE_VARIANT_ADD(growth, ranges_256) { .ranges = 256 };
FIXTURE_VARIANT_ADD(growth, ranges_1024) { .ranges = 1024 };

FIXTURE_SETUP(growth)
{
	if (bench_fitting(&suite.vm, variant->ranges) < variant->ranges)
		SKIP(return, "not enough memory for so many ranges");
	ASSERT_EQ(0, suite_check_begin(&self->check, _metadata->name));
}

FIXTURE_TEARDOWN_PARENT(growth)
{
	EXPECT_EQ(0, suite_complaints());
}

#define MEASURE_GROWTH(which, ...)						\
	MEASURE(&self->bench, measure_##which(&self->bench, "growth_" #which,	\
					      __VA_ARGS__, variant->ranges))

/* The scan that looks at every PTE and finds no region. */
TEST_ROWS(growth, scan_growth, "")
{
	MEASURE_GROWTH(scan, SPARSE, suite.generation == GEN_NONE ? PMD_SIZE : ALL_SIZES, false);
}

/* Ranges of one page each become PMD folios. */
TEST_ROWS(growth, collapse_growth, "")
{
	MEASURE_GROWTH(collapse, suite.vm.pmd_order, HOLES, 1);
}

/* A process of so many ranges, up to 16 of which are collapsed. */
TEST_ROWS(growth, process_growth, "")
{
	MEASURE_GROWTH(process, suite.vm.pmd_order, false);
}

/* Reads of so many ranges, most of which are holes before. */
TEST_ROWS(growth, gain_growth, "")
{
	SKIP_WITHOUT_READS();
	MEASURE_GROWTH(gain, suite.vm.pmd_order, SPARSE);
}

#endif
