// SPDX-License-Identifier: GPL-2.0
/* The rules of a collapse, generation by generation, by hand and by properties. */
#define TH_LOG_STREAM stdout
#include "kselftest_harness.h"

#include "random_table.h"

#define ORDER	9
#define NR	BIT(ORDER)
#define ALL	(BIT(ORDER + 1) - BIT(2))	/* orders 2 up to the PMD order */

FIXTURE(model)
{
	struct pte_table *table;
	struct pte_table *expected;
	struct collapse_rules rules;
	struct collapse_counts counts;
	struct notation_error error;
	char text[16384];
};

FIXTURE_SETUP(model)
{
	self->table = pte_table_alloc(ORDER);
	self->expected = pte_table_alloc(ORDER);
	ASSERT_NE(NULL, self->table);
	ASSERT_NE(NULL, self->expected);
	self->rules = (struct collapse_rules){
		.generation = GEN_MAINLINE, .one_vma = true, .orders = ALL,
		.max_ptes_none = NR - 1, .max_ptes_swap = NR / 8, .max_ptes_shared = NR / 2,
	};
}

FIXTURE_TEARDOWN(model)
{
	free(self->table);
	free(self->expected);
}

#define BECOMES(in, out)								\
	do {										\
		ASSERT_EQ(0, pte_table_parse(self->table, in, &self->error));		\
		ASSERT_EQ(0, pte_table_parse(self->expected, out, &self->error));	\
		memset(&self->counts, 0, sizeof(self->counts));				\
		collapse_model(self->table, &self->rules, &self->counts);		\
		EXPECT_TRUE(pte_table_equal(self->table, self->expected)) {		\
			pte_table_format(self->table, self->text, sizeof(self->text));	\
			TH_LOG("%s: expected %s, model says %s", in, out, self->text);	\
		}									\
	} while (0)

TEST_F(model, largest_order_first)
{
	self->rules.max_ptes_none = 0;
	BECOMES("p~", "H");
	BECOMES(".*4 p~", ".*4 p2 p3 p4 p5 p6 p7 p8");
	BECOMES("p~ .*4", "p8 p7 p6 p5 p4 p3 p2 .*4");
	self->rules.orders = BIT(2) | BIT(4);
	BECOMES("p~", "p4~");
	BECOMES("p*20 .~", "p4 p2 .~");
	EXPECT_EQ(1, self->counts.alloc[2]);
	EXPECT_EQ(1, self->counts.alloc[4]);
	EXPECT_EQ(0, self->counts.filled);
	EXPECT_EQ(1, self->counts.ranges);
}

TEST_F(model, limits)
{
	self->rules.orders = BIT(4) | BIT(ORDER);
	self->rules.max_ptes_none = 0;
	BECOMES("p*15 .~", "p*15 .~");
	BECOMES("p*16 .~", "p4 .~");
	self->rules.max_ptes_none = NR - 2;
	BECOMES("p .~", "p .~");
	BECOMES("p p .~", "H");
	EXPECT_EQ((long)NR - 2, self->counts.filled);
	self->rules.orders = BIT(4);
	BECOMES("p*15 .~", "p*15 .~");
	self->rules.max_ptes_none = NR - 1;
	BECOMES("p .~", "p4 .~");
	EXPECT_EQ(15, self->counts.filled);
	BECOMES("z*16 p .~", "z*16 p4 .~");
	BECOMES(".~", ".~");
	EXPECT_EQ(0, self->counts.ranges);
}

/* Alone, the PMD order ends the scan and says why; with others it does not. */
TEST_F(model, exceeding_is_counted)
{
	self->rules.orders = BIT(ORDER);
	self->rules.max_ptes_none = 0;
	BECOMES("p~ .", "p~ .");
	EXPECT_EQ(1, self->counts.exceed_none[ORDER]);
	EXPECT_EQ(0, self->counts.alloc[ORDER]);
	self->rules.orders = BIT(4) | BIT(ORDER);
	BECOMES("p~ .", "p4*31 p*15 .");
	EXPECT_EQ(0, self->counts.exceed_none[ORDER]);
}

TEST_F(model, larger_folio_is_left_alone)
{
	self->rules.max_ptes_none = 0;
	self->rules.orders = BIT(2) | BIT(4);
	BECOMES("p4[0] p*15 .~", "p4[0] p*15 .~");
	EXPECT_EQ(1, self->counts.alloc[4]);
	EXPECT_EQ(0, self->counts.alloc[2]);
	self->rules.orders = BIT(2);
	BECOMES("p4[0] p*15 .~", "p4[0] p*3 p2*3 .~");
	self->rules.orders = BIT(2) | BIT(ORDER);
	BECOMES("p4[0] p~", "H");
	self->rules.orders = BIT(5);
	BECOMES(".*17 p4*3 .~", ".*17 p4[0-14] p5 p4[15] .~");
}

TEST_F(model, shared)
{
	self->rules.max_ptes_none = 0;
	self->rules.orders = BIT(2) | BIT(ORDER);
	BECOMES("f*256 p~", "H");
	BECOMES("f*257 p~", "f*257 p~");
	EXPECT_EQ(1, self->counts.exceed_shared[ORDER]);
	self->rules.orders = BIT(2);
	BECOMES("f p~", "f p*3 p2~");
	EXPECT_EQ(1, self->counts.exceed_shared[2]);
}

/* One shared page makes its whole folio shared, but no other folio. */
TEST_F(model, partly_shared_folio)
{
	self->rules.max_ptes_none = 0;
	self->rules.orders = BIT(3);
	BECOMES("p2[0-2] f2[3] p2 p2*2 .~", "p2[0-2] f2[3] p2 p3 .~");
	EXPECT_EQ(1, self->counts.exceed_shared[3]);
	self->rules.orders = BIT(ORDER);
	self->rules.max_ptes_shared = 15;
	BECOMES("f4[0] p4[1-15] p~", "f4[0] p4[1-15] p~");
	self->rules.max_ptes_shared = 16;
	BECOMES("f4[0] p4[1-15] p~", "H");
}

/* The scan ends at one such PTE, wherever it is. */
TEST_F(model, vetoes)
{
	static const char *const tables[] = {
		"g p~", "p~ g", "l p~", "A: w p~", "A: W p~", "p~ ?", "g4[0] p4[1-15] p~",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		BECOMES(tables[i], tables[i]);
	BECOMES("d*4 p~", "H");
	self->rules.forced = true;
	BECOMES("l p~", "H");
	BECOMES("g p~", "g p~");
}

TEST_F(model, swapped)
{
	self->rules.orders = BIT(ORDER);
	BECOMES("s*64 p~", "H");
	EXPECT_EQ(64, self->counts.swapped_in);
	EXPECT_EQ(0, self->counts.filled);
	BECOMES("s*65 p~", "s*65 p~");
	EXPECT_EQ(1, self->counts.exceed_swap[ORDER]);
	EXPECT_EQ(0, self->counts.alloc[ORDER]);
	BECOMES("s p*255 .~", "s p*255 .~");
	BECOMES("s p*256 .~", "H");
	self->rules.max_ptes_none = 0;
	BECOMES("s p~", "H");
	BECOMES(". s p~", ". s p~");
	self->rules.orders = BIT(2);
	self->rules.max_ptes_none = NR - 1;
	BECOMES("s p~", "s p*3 p2~");
	EXPECT_EQ(1, self->counts.exceed_swap[2]);
	self->rules.forced = true;
	BECOMES("s*500 p~", "H");
}

TEST_F(model, guard_region)
{
	self->rules.orders = BIT(4) | BIT(ORDER);
	BECOMES("G p~", "G p*15 p4~");
	EXPECT_EQ(1, self->counts.alloc[ORDER]);
	self->rules.max_ptes_none = 0;
	BECOMES("p~ G", "p4~ p*15 G");
	self->rules.forced = true;
	BECOMES("G p~", "G p~");
}

TEST_F(model, references)
{
	self->rules.orders = BIT(2);
	self->rules.max_ptes_none = 0;
	BECOMES("u~", "u~");
	EXPECT_EQ(0, self->counts.alloc[2]);
	BECOMES("p u*3 u*4 p*4 .~", "p2 u*4 p2 .~");
	EXPECT_EQ(3, self->counts.alloc[2]);
	self->rules.forced = true;
	BECOMES("u~", "H");
}

/* Nothing is filled in memory that userfaultfd watches; that the walk tries it is counted. */
TEST_F(model, armed)
{
	self->rules.orders = BIT(2);
	BECOMES("A: p*4 . p*3 .~", "A: p2 . p*3 .~");
	EXPECT_EQ(2, self->counts.alloc[2]);
	EXPECT_EQ(1, self->counts.exceed_none[2]);
	self->rules.orders = BIT(ORDER);
	BECOMES("A: p~ .", "A: p~ .");
	EXPECT_EQ(0, self->counts.alloc[ORDER]);
	BECOMES("A: p~", "A: H");
}

TEST_F(model, ksm)
{
	self->rules.orders = BIT(2);
	self->rules.max_ptes_none = 0;
	BECOMES("k p*3 o*4 K p*3 .~", "k p*3 p2 K p*3 .~");
	self->rules.max_ptes_none = NR - 1;
	BECOMES("K p*3 .~", "p2 .~");
	EXPECT_EQ(1, self->counts.filled);
}

TEST_F(model, no_block)
{
	self->rules.orders = BIT(2) | BIT(ORDER);
	self->rules.no_block_orders = BIT(ORDER);
	BECOMES("p*5 .~", "p2*2 .~");
	EXPECT_EQ(1, self->counts.alloc_failed[ORDER]);
	EXPECT_EQ(0, self->counts.alloc[ORDER]);
	EXPECT_EQ(2, self->counts.alloc[2]);
}

TEST_F(model, nothing_to_do)
{
	self->rules.refused = true;
	BECOMES("p~", "p~");
	self->rules.forced = true;
	BECOMES("p~", "p~");
	self->rules.refused = false;
	self->rules.no_table = true;
	BECOMES(".~", ".~");
	self->rules.no_table = false;
	self->rules.forced = false;

	BECOMES("H", "H");
	self->rules.one_vma = false;
	BECOMES("p~", "p~");
	self->rules.one_vma = true;
	self->rules.orders = 0;
	BECOMES("p~", "p~");
	self->rules.orders = ALL;
	BECOMES("? p~", "? p~");
}

TEST_F(model, generation_none_knows_the_pmd_order_only)
{
	self->rules.generation = GEN_NONE;
	BECOMES("p~", "H");
	self->rules.max_ptes_none = 0;
	BECOMES("p~ .", "p~ .");
	EXPECT_EQ(1, self->counts.exceed_none[ORDER]);
	self->rules.orders = BIT(2) | BIT(4);
	BECOMES("p~", "p~");
}

TEST_F(model, forced_ignores_sizes_and_limits)
{
	self->rules.forced = true;
	self->rules.orders = BIT(2);
	self->rules.max_ptes_none = 0;
	self->rules.max_ptes_shared = 0;
	BECOMES("p .~", "H");
	BECOMES("f~", "H");
	BECOMES("p2~", "H");
}

/* Chunks of four, the last of them never marked. */
TEST_F(model, v10_chunks)
{
	self->rules.generation = GEN_V10;
	self->rules.orders = BIT(2);
	self->rules.max_ptes_none = 0;
	BECOMES("p~", "p2*127 p*4");
	BECOMES("p*3 .~", "p*3 .~");
	self->rules.orders = BIT(ORDER);
	BECOMES("p~", "H");
}

/* The limit is scaled: more than half is enough to go up one order a scan. */
TEST_F(model, v10_creeps_above_half)
{
	self->rules.generation = GEN_V10;
	self->rules.orders = BIT(2) | BIT(3) | BIT(4);
	self->rules.max_ptes_none = NR / 2;
	BECOMES("p*4 .~", "p3 .~");
	BECOMES("p3 .~", "p4 .~");
	EXPECT_EQ(8, self->counts.filled);
	self->rules.generation = GEN_MAINLINE;
	BECOMES("p*4 .~", "p2 .~");
	BECOMES("p2 .~", "p2 .~");
}

/* "always" is greedy: it is tried whatever the chunks say. */
TEST_F(model, v10_always_is_tried)
{
	self->rules.generation = GEN_V10;
	self->rules.orders = BIT(4);
	self->rules.always_orders = BIT(4);
	self->rules.max_ptes_none = 0;
	BECOMES(".~ p*16", ".~ p4");
	self->rules.always_orders = 0;
	BECOMES(".~ p*12 .*4", ".~ p*12 .*4");
}

/* Whatever the table: a second pass changes nothing, limit 0 fills nothing, sizes hold. */
TEST_F(model, mainline_properties)
{
	static const unsigned int limits[] = { 0, 1, NR / 2, NR - 1 };
	uint64_t seed = 7;
	unsigned int round, i;

	for (round = 0; round < 4000; round++) {
		self->rules.orders = random_below(&seed, NR * 4) & ALL;
		self->rules.max_ptes_none = limits[random_below(&seed, ARRAY_SIZE(limits))];
		random_table(&seed, self->table, true);
		pte_table_copy(self->expected, self->table);
		memset(&self->counts, 0, sizeof(self->counts));
		collapse_model(self->table, &self->rules, &self->counts);
		for (i = 0; i < NR; i++) {
			const struct pte *before = &self->expected->pte[i];
			const struct pte *after = &self->table->pte[i];

			if (memcmp(before, after, sizeof(*before))) {
				ASSERT_NE(0UL, self->rules.orders & BIT(after->order));
				ASSERT_LE(before->order, after->order);
			}
		}
		if (!self->rules.max_ptes_none || !self->rules.orders)
			ASSERT_EQ(0, self->counts.filled);
		pte_table_copy(self->expected, self->table);
		collapse_model(self->table, &self->rules, NULL);
		ASSERT_TRUE(pte_table_equal(self->table, self->expected)) {
			pte_table_format(self->expected, self->text, sizeof(self->text));
			TH_LOG("orders %#lx limit %u: %s", self->rules.orders,
			       self->rules.max_ptes_none, self->text);
		}
	}
}

TEST_HARNESS_MAIN
