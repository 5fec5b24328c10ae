// SPDX-License-Identifier: GPL-2.0
/* The explorer's parts without I/O: cases and their notation, steps, drawing, shrinking. */
#define TH_LOG_STREAM stdout
#include "kselftest_harness.h"

#include "explore_case.h"
#include "explore_coverage.h"
#include "explore_draw.h"
#include "explore_shrink.h"
#include "explore_steps.h"
#include "random.h"

#define ORDER	9	/* of x86-64; nothing may depend on it */
#define CASES	8

FIXTURE(explore)
{
	struct explore_case *cases[CASES];
	struct explore_case *other[CASES];
	struct notation_error error;
	struct draw_options options;
	char text[CASE_TEXT];
};

FIXTURE_SETUP(explore)
{
	unsigned int i;

	for (i = 0; i < CASES; i++) {
		self->cases[i] = explore_case_alloc(ORDER);
		self->other[i] = explore_case_alloc(ORDER);
		ASSERT_NE(NULL, self->cases[i]);
		ASSERT_NE(NULL, self->other[i]);
	}
	self->options = (struct draw_options){
		.pmd_order = ORDER,
		.orders = BIT(ORDER + 1) - BIT(2),
		.folio_orders = BIT(ORDER + 1) - BIT(2),
		.max_ptes_none = DRAW_ANY_LIMIT,
		.states = DRAW_STATES,
		.rounds = 4,
	};
}

FIXTURE_TEARDOWN(explore)
{
	unsigned int i;

	for (i = 0; i < CASES; i++) {
		explore_case_free(self->cases[i]);
		explore_case_free(self->other[i]);
	}
}

/* What is written in one way is always written back in the same. */
TEST_F(explore, canonical_form)
{
	static const struct {
		const char *text;
		const char *canonical;
	} forms[] = {
		{ ".~", ".*512" },
		{ "p~;collapse", "p*512; collapse" },
		{ "H ; sizes 2,M ; none max", "H; sizes 2,9; none 511" },
		{ ".~; sizes M-2; punch 3", ".*512; sizes 7; punch 3" },
		{ ".~; punch 0-7; touch 7-7; move", ".*512; punch 0-7; touch 7; move" },
		{ "H; split", "H; split" },
		{ ".~; share; exit; share 1-2", ".*512; share; exit; share 1-2" },
		{ "A: w .~; swap 0; shared 5; force", "A: w .*511; swap 0; shared 5; force" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		ASSERT_EQ(0, explore_case_parse(self->cases[0], forms[i].text, &self->error)) {
			TH_LOG("%s: %s", forms[i].text, self->error.why);
		}
		explore_case_format(self->cases[0], self->text, sizeof(self->text));
		EXPECT_STREQ(forms[i].canonical, self->text);
	}
}

/* A mistake is refused, and its place told. */
TEST_F(explore, mistakes)
{
	static const struct {
		const char *text;
		size_t at;
	} mistakes[] = {
		{ "p*600 .~", 2 }, { ".~; colapse", 4 }, { ".~; sizes", 9 }, { ".~; sizes 1", 10 },
		{ ".~; sizes 10", 10 }, { ".~; sizes 2,", 12 }, { ".~; none 512", 9 },
		{ ".~; punch", 9 }, { ".~; punch 5-3", 10 }, { ".~; punch 512", 10 },
		{ ".~; share; share", 11 }, { ".~; collapse collapse", 13 }, { ".~;", 3 },
		{ "A: .~; punch 1", 7 }, { "?~", 0 }, { "!p .~", 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mistakes); i++) {
		ASSERT_EQ(-EINVAL, explore_case_parse(self->cases[0], mistakes[i].text,
						      &self->error)) {
			TH_LOG("%s", mistakes[i].text);
		}
		EXPECT_EQ(mistakes[i].at, self->error.at) {
			TH_LOG("%s: %s", mistakes[i].text, self->error.why);
		}
	}
}

static bool same_case(const struct explore_case *a, const struct explore_case *b)
{
	static char left[CASE_TEXT], right[CASE_TEXT];

	explore_case_format(a, left, sizeof(left));
	explore_case_format(b, right, sizeof(right));
	return !strcmp(left, right) && pte_table_equal(a->start, b->start);
}

/* The notation of whatever is drawn is read back as the same case. */
TEST_F(explore, round_trip)
{
	uint64_t seed;
	unsigned int i;

	for (seed = 0; seed < 200; seed++) {
		ASSERT_TRUE(draw_batch(seed, seed, &self->options, seed % NR_FAMILIES, self->cases,
				       CASES));
		for (i = 0; i < CASES; i++) {
			ASSERT_LT(explore_case_format(self->cases[i], self->text,
						      sizeof(self->text)), sizeof(self->text));
			ASSERT_EQ(0, explore_case_parse(self->other[i], self->text,
							&self->error)) {
				TH_LOG("%s: %s", self->text, self->error.why);
			}
			ASSERT_TRUE(same_case(self->cases[i], self->other[i]));
		}
	}
}

/* The same seed gives the same cases, another one others. */
TEST_F(explore, seed_decides)
{
	unsigned int i, same = 0;
	uint64_t seed;

	for (seed = 0; seed < 100; seed++) {
		draw_batch(seed, seed, &self->options, seed % NR_FAMILIES, self->cases, CASES);
		draw_batch(seed, seed, &self->options, seed % NR_FAMILIES, self->other, CASES);
		for (i = 0; i < CASES; i++)
			ASSERT_TRUE(same_case(self->cases[i], self->other[i]));
		draw_batch(seed + 1, seed, &self->options, seed % NR_FAMILIES, self->other,
			   CASES);
		for (i = 0; i < CASES; i++)
			same += same_case(self->cases[i], self->other[i]);
	}
	EXPECT_EQ(0U, same);
}

/* How many cases there is room for changes none of them. */
TEST_F(explore, number_does_not_matter)
{
	unsigned int i;
	uint64_t seed;

	for (seed = 0; seed < 100; seed++) {
		draw_batch(seed, seed, &self->options, seed % NR_FAMILIES, self->cases, CASES);
		draw_batch(seed, seed, &self->options, seed % NR_FAMILIES, self->other, CASES / 2);
		for (i = 0; i < CASES / 2; i++)
			ASSERT_TRUE(same_case(self->cases[i], self->other[i]));
	}
}

/* All that becomes of a case, by the model alone. */
static unsigned int simulate(const struct explore_case *c, struct collapse_counts *counts)
{
	struct collapse_rules rules = { .generation = GEN_MAINLINE, .one_vma = true };
	struct pte_table *table = pte_table_alloc(ORDER);
	uint8_t written[BIT(ORDER)] = { 0 };
	unsigned int i, collapses = 0, was_written = 0;

	pte_table_copy(table, c->start);
	for (i = 0; i < c->nr_steps; i++) {
		const struct explore_step *step = &c->steps[i];

		step_apply_settings(step, &rules);
		step_predict(step, table, written);
		was_written |= pte_table_count(table, PTE_DATA_STATES | BIT(PTE_GUARD));
		rules.refused = !was_written;
		rules.forced = step->kind == STEP_FORCE;
		if (!(STEP_COLLAPSES & BIT(step->kind)))
			continue;
		collapse_model(table, &rules, counts);
		collapses++;
	}
	free(table);
	return collapses;
}

static void print(const char *line)
{
	printf("# %s\n", line);
}

/* What a default run draws reaches every rule. */
TEST_F(explore, draws_reach_every_rule)
{
	const unsigned int tables = 2000;
	unsigned int i, nr;
	uint64_t seed, batch;

	for (seed = 0; seed < 3; seed++) {
		struct collapse_counts counts = { 0 };
		const struct coverage coverage = {
			.pmd_order = ORDER, .orders = self->options.orders,
			.counts = counts.rules, .print = print,
		};

		for (batch = 0, nr = 0; nr < tables; batch++) {
			draw_batch(random_of(seed, batch), batch, &self->options,
				   batch % NR_FAMILIES, self->cases, CASES);
			for (i = 0; i < CASES; i++)
				nr += simulate(self->cases[i], &counts);
		}
		EXPECT_EQ(0U, coverage_missing(&coverage, self->options.states));
	}
}

static bool has_step(const struct explore_case *c, enum step_kind kind, unsigned long value)
{
	unsigned int i;

	for (i = 0; i < c->nr_steps; i++)
		if (c->steps[i].kind == kind && c->steps[i].value == value)
			return true;
	return false;
}

/* What batches have in common comes in all combinations: the limits, and MADV_COLLAPSE. */
TEST_F(explore, shares_do_not_coincide)
{
	unsigned int met[NR_FAMILIES] = { 0 }, turn, family;

	for (turn = 0; turn < 100 * NR_FAMILIES; turn++) {
		const struct explore_case *c = self->cases[0];
		bool max, forced;

		family = turn % NR_FAMILIES;
		draw_batch(random_of(1, turn), turn, &self->options, family, self->cases, 1);
		max = has_step(c, STEP_NONE, BIT(ORDER) - 1);
		forced = has_step(c, STEP_FORCE, 0);
		met[family] |= BIT(2 * max + forced);
	}
	for (family = 0; family < NR_FAMILIES; family++)
		EXPECT_EQ(BIT(4) - 1, met[family]);
}

/* Nothing is drawn that the options forbid. */
TEST_F(explore, options_hold)
{
	unsigned int i, step;
	uint64_t seed;

	self->options.orders = BIT(2) | BIT(4);
	self->options.folio_orders = BIT(3);
	self->options.max_ptes_none = 7;
	self->options.states = BIT(PTE_EMPTY) | BIT(PTE_PRESENT);
	self->options.rounds = 1;
	EXPECT_EQ(BIT(FAMILY_ONE_SIZE) | BIT(FAMILY_SOME_SIZES) | BIT(FAMILY_ALL_SIZES),
		  draw_families(&self->options));
	for (seed = 0; seed < 200; seed++) {
		draw_batch(seed, seed, &self->options, FAMILY_SOME_SIZES, self->cases, CASES);
		for (i = 0; i < CASES; i++) {
			const struct explore_case *c = self->cases[i];

			EXPECT_EQ(0U, pte_table_count(c->start, ~self->options.states));
			EXPECT_EQ(0UL, pte_table_orders(c->start) & ~self->options.folio_orders);
			for (step = 0; step < c->nr_steps; step++) {
				EXPECT_FALSE(c->steps[step].kind == STEP_NONE &&
					     c->steps[step].value != 7);
				EXPECT_FALSE(c->steps[step].kind == STEP_SIZES &&
					     c->steps[step].value & ~self->options.orders);
			}
		}
	}
}

/* The canary has what all cases do at once, and something to collapse each time. */
TEST_F(explore, canary_goes_along)
{
	ASSERT_EQ(0, explore_case_parse(self->cases[0],
					".~; sizes 4,M; punch 1; collapse; share 3; sizes M; "
					"collapse", &self->error));
	ASSERT_TRUE(explore_case_canary(self->cases[0], self->options.orders, self->cases[1]));
	explore_case_format(self->cases[1], self->text, sizeof(self->text));
	EXPECT_STREQ(".*512; sizes 4,9; punch 0-511; touch 0-15; collapse; share; sizes 9; "
		     "punch 0-511; touch 0-511; collapse; punch 0-511; touch 0-511", self->text);
}

/* What each step makes of a table. */
TEST_F(explore, steps)
{
	static const struct {
		const char *text;	/* a table and one step */
		const char *after;
	} steps[] = {
		{ "p*8 .~; punch 2-3", "p p .*2 p*4 .~" },
		{ "p4 .~; punch 0-7", ".*8 p4[8-15] .~" },
		{ "H; punch 0", ". p9[1-511]" },
		{ "H; split", "p9" },
		{ "H; touch 0-511", "H" },
		{ "H; punch 0-511", ".~" },
		{ "p .~ f2; punch 0-511", ".~ f2" },
		{ ". z s f p4 l d g .~; touch 0-22", "p*4 p4 d d g .~" },
		{ ". z s p4 .~; read 0-18", "z z p p4 .~" },
		{ "p*4 p2 .~; pageout 0-7", "s*4 p2 .~" },
		{ "p*4 p2 .~; free 1-7", "p l*3 p2 .~" },
		{ "p z . p2 .~; guard 0-4", "G*5 p2[2-3] .~" },
		{ "p p2 s .~; share 0-511", "f f2 s .~" },
		{ "f f2 p .~; exit", "p p2 p .~" },
		{ "p .~; move", "p .~" },
	};
	uint8_t written[BIT(ORDER)] = { 0 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		ASSERT_EQ(0, explore_case_parse(self->cases[0], steps[i].text, &self->error));
		ASSERT_EQ(0, pte_table_parse(self->cases[1]->start, steps[i].after, &self->error));
		step_predict(&self->cases[0]->steps[0], self->cases[0]->start, written);
		EXPECT_TRUE(pte_table_equal(self->cases[0]->start, self->cases[1]->start)) {
			pte_table_format(self->cases[0]->start, self->text, sizeof(self->text));
			TH_LOG("%s: %s", steps[i].text, self->text);
		}
	}
}

/* A stand-in for a kernel defect: a pinned PTE, and a swapped one behind it, size 4 on. */
static int fails(const struct explore_case *c, void *arg)
{
	unsigned int i, *calls = arg;
	bool pinned = false, size = false;

	++*calls;
	for (i = 0; i < c->nr_steps; i++)
		size |= c->steps[i].kind == STEP_SIZES && c->steps[i].value & BIT(4);
	for (i = 0; i < c->start->nr; i++) {
		if (pinned && c->start->pte[i].state == PTE_SWAPPED && size)
			return 1;
		pinned |= c->start->pte[i].state == PTE_PINNED;
	}
	return 0;
}

/* Shrinking ends, keeps the failure, and leaves only what matters. */
TEST_F(explore, shrinks_to_what_matters)
{
	unsigned int calls = 0;

	ASSERT_EQ(0, explore_case_parse(self->cases[0],
					"p*7 z g p*30 p4 s*9 .*20 p6 .~ u; sizes 2,4,6; none 17; "
					"collapse; punch 3-80; touch 9; sizes 3; collapse; exit",
					&self->error));
	EXPECT_GT(explore_shrink(self->cases[0], fails, &calls), 0U);
	explore_case_format(self->cases[0], self->text, sizeof(self->text));
	EXPECT_TRUE(fails(self->cases[0], &calls));
	EXPECT_EQ(1U, self->cases[0]->nr_steps);
	EXPECT_EQ(BIT(4), self->cases[0]->steps[0].value);
	EXPECT_EQ(1U, pte_table_count(self->cases[0]->start, BIT(PTE_PINNED)));
	EXPECT_EQ(2U, pte_table_count(self->cases[0]->start, ~BIT(PTE_EMPTY))) {
		TH_LOG("%s", self->text);
	}
	EXPECT_LT(calls, 2000U);
}

/* Another one: a zero page behind a page, whatever is done to them. */
static int fails_often(const struct explore_case *c, void *arg)
{
	unsigned int i, *calls = arg;
	bool present = false;

	++*calls;
	for (i = 0; i < c->start->nr; i++) {
		if (present && c->start->pte[i].state == PTE_ZERO)
			return 1;
		present |= c->start->pte[i].state == PTE_PRESENT;
	}
	return 0;
}

/* Of anything that is drawn, the result fails too and is no larger. */
TEST_F(explore, shrinks_anything)
{
	unsigned int i, calls = 0, shrunk = 0;
	unsigned long before;
	uint64_t seed;

	for (seed = 0; seed < 30; seed++) {
		draw_batch(seed, seed, &self->options, seed % NR_FAMILIES, self->cases, CASES);
		for (i = 0; i < CASES; i++) {
			if (!fails_often(self->cases[i], &calls))
				continue;
			before = explore_weight(self->cases[i]);
			explore_shrink(self->cases[i], fails_often, &calls);
			ASSERT_TRUE(fails_often(self->cases[i], &calls));
			ASSERT_TRUE(explore_case_is_sound(self->cases[i]));
			ASSERT_GE(before, explore_weight(self->cases[i]));
			shrunk++;
		}
	}
	EXPECT_GT(shrunk, 0U);
}

static int never_again(const struct explore_case *c, void *arg)
{
	unsigned int *calls = arg;

	(void)c;
	return ++*calls > 5 ? -ETIMEDOUT : 0;
}

/* When its time is up, the search ends with what it has. */
TEST_F(explore, shrinking_can_be_ended)
{
	unsigned int calls = 0;

	ASSERT_EQ(0, explore_case_parse(self->cases[0], "p*200 z*100 .~; sizes 2,4; collapse",
					&self->error));
	explore_shrink(self->cases[0], never_again, &calls);
	EXPECT_EQ(6U, calls);
}

TEST_HARNESS_MAIN
