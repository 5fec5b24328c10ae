// SPDX-License-Identifier: GPL-2.0
/* The PTE table: notation, comparison, drawing. */
#define TH_LOG_STREAM stdout
#include "kselftest_harness.h"

#include "random_table.h"

#define ORDER	9	/* of x86-64; the notation must work for any */

FIXTURE(table)
{
	struct pte_table *table;
	struct pte_table *other;
	struct notation_error error;
	char text[16384];
};

FIXTURE_SETUP(table)
{
	self->table = pte_table_alloc(ORDER);
	self->other = pte_table_alloc(ORDER);
	ASSERT_NE(NULL, self->table);
	ASSERT_NE(NULL, self->other);
}

FIXTURE_TEARDOWN(table)
{
	free(self->table);
	free(self->other);
}

/* What is written in one way is always written back in the shortest. */
TEST_F(table, canonical_form)
{
	static const struct {
		const char *text;
		const char *canonical;
	} forms[] = {
		{ ".~", ".*512" },
		{ "p~ .", "p*511 ." },
		{ "  p   .~ ", "p .*511" },
		{ ".*3 .~", ".*512" },
		{ "p*0 .~", ".*512" },
		{ "p4 .~", "p4 .*496" },
		{ "p4*2 .~", "p4*2 .*480" },
		{ "p4~", "p4*32" },
		{ ". p4 .~", ". p4 .*495" },
		{ "p4[3-7] .~", "p4[3-7] .*507" },
		{ "p4[0-7] p4[8-15] .~", "p4 .*496" },
		{ "p4[0] p4[0] .~", "p4[0]*2 .*510" },
		{ "pM", "p9" },
		{ "pM-1~", "p8*2" },
		{ "H", "H" },
		{ "PM", "H" },
		{ "P9", "H" },
		{ "P4 .~", "p4 .*496" },
		{ "P~", "p*512" },
		{ "z f !p ?~", "z f !p ?*509" },
		{ "f4 !p4 .~", "f4 !p4 .*480" },
		{ ".~ p*4", ".*508 p*4" },
		{ "z K G s W p f g u c l d k o w ?~", "z K G s W p f g u c l d k o w ?*497" },
		{ "g4[0] p4[1-15] .~", "g4[0] p4[1-15] .*496" },
		{ "R: p~", "R: p*512" },
		{ " ADLNR:p~", "RNLDA: p*512" },
		{ "D: H", "D: H" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		ASSERT_EQ(0, pte_table_parse(self->table, forms[i].text, &self->error)) {
			TH_LOG("%s: %s", forms[i].text, self->error.why);
		}
		pte_table_format(self->table, self->text, sizeof(self->text));
		EXPECT_STREQ(forms[i].canonical, self->text);
		ASSERT_EQ(0, pte_table_parse(self->other, self->text, &self->error));
		EXPECT_TRUE(pte_table_equal(self->table, self->other));
	}
}

/* Bad notation is refused, and the place is right. */
TEST_F(table, errors_show_the_place)
{
	static const struct {
		const char *text;
		size_t at;
		const char *why;
	} errors[] = {
		{ "", 0, "fewer PTEs than the range has" },
		{ "p", 1, "fewer PTEs than the range has" },
		{ "p*511", 5, "fewer PTEs than the range has" },
		{ "p*513", 2, "number is larger than the range" },
		{ "p*512 .", 6, "more PTEs than the range has" },
		{ "p*512 p4", 6, "more PTEs than the range has" },
		{ "p~ .~", 3, "only one item can be the rest" },
		{ "p p4~", 2, "the rest is not a multiple of this item" },
		{ "q~", 0, "no such state; there are . z K G s W p f g u c l d k o w H P ?" },
		{ ". x", 2, "no such state; there are . z K G s W p f g u c l d k o w H P ?" },
		{ "p10 .~", 3, "order is above the PMD order" },
		{ "p1~", 2, "there are no anonymous folios of order 1" },
		{ "pM-10 .~", 5, "order is below 0" },
		{ "z4 .~", 2, "this state has no order" },
		{ "H4", 2, "this state has no order" },
		{ "p[0] .~", 1, "only a large folio has a slice" },
		{ "p4[16] .~", 5, "slice is not inside its folio" },
		{ "p4[7-3] .~", 6, "slice is not inside its folio" },
		{ "p4[0-16] .~", 7, "slice is not inside its folio" },
		{ "p4[0 .~", 4, "a ']' is missing here" },
		{ "p4[] .~", 3, "a number is missing here" },
		{ "p* .~", 2, "a number is missing here" },
		{ "p.~", 1, "a blank is missing between two items" },
		{ "H .", 2, "more PTEs than the range has" },
		{ "RX: p~", 1, "no such VMA; there are R N L D A" },
		{ "R p~", 0, "no such state; there are . z K G s W p f g u c l d k o w H P ?" },
		{ "R: p", 4, "fewer PTEs than the range has" },
		{ "s4 .~", 2, "this state has no order" },
		{ "G4 .~", 2, "this state has no order" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		EXPECT_EQ(-EINVAL, pte_table_parse(self->table, errors[i].text, &self->error)) {
			TH_LOG("%s", errors[i].text);
		}
		EXPECT_EQ(errors[i].at, self->error.at) {
			TH_LOG("%s", errors[i].text);
		}
		EXPECT_STREQ(errors[i].why, self->error.why);
	}
}

/* Any table that can be, for any PMD order, survives being written and read. */
TEST_F(table, random_round_trip)
{
	static const unsigned int orders[] = { 2, 9, 11, 13 };
	uint64_t seed = 1;
	unsigned int i, round;

	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		struct pte_table *in = pte_table_alloc(orders[i]);
		struct pte_table *out = pte_table_alloc(orders[i]);

		for (round = 0; round < 200; round++) {
			if (orders[i] > 2)
				random_table(&seed, in, true);
			ASSERT_LT(pte_table_format(in, self->text, sizeof(self->text)),
				  sizeof(self->text));
			ASSERT_EQ(0, pte_table_parse(out, self->text, &self->error)) {
				TH_LOG("%s: %s", self->text, self->error.why);
			}
			ASSERT_TRUE(pte_table_equal(in, out)) {
				TH_LOG("%s", self->text);
			}
		}
		free(in);
		free(out);
	}
}

/* A text that does not fit is cut, ended, and its full length told. */
TEST_F(table, format_is_bounded)
{
	char small[8];

	ASSERT_EQ(0, pte_table_parse(self->table, "p . p . p .~", &self->error));
	memset(small, 'x', sizeof(small));
	EXPECT_EQ(strlen("p . p . p .*507"), pte_table_format(self->table, small, sizeof(small)));
	EXPECT_STREQ("p . p .", small);
}

/* No difference in a single PTE is overlooked. */
TEST_F(table, equal_sees_everything)
{
	unsigned int offset;

	ASSERT_EQ(0, pte_table_parse(self->table, "p4~", &self->error));
	for (offset = 0; offset < self->table->nr; offset++) {
		struct pte *pte = &self->other->pte[offset];

		pte_table_copy(self->other, self->table);
		EXPECT_TRUE(pte_table_equal(self->table, self->other));
		pte->state = PTE_SHARED;
		EXPECT_FALSE(pte_table_equal(self->table, self->other));
		pte_table_copy(self->other, self->table);
		pte->order = 5;
		EXPECT_FALSE(pte_table_equal(self->table, self->other));
		pte_table_copy(self->other, self->table);
		pte->index++;
		EXPECT_FALSE(pte_table_equal(self->table, self->other));
		pte_table_copy(self->other, self->table);
		pte->stray = 1;
		EXPECT_FALSE(pte_table_equal(self->table, self->other));
	}
}

TEST_F(table, equal_sees_the_vma)
{
	ASSERT_EQ(0, pte_table_parse(self->table, "R: p~", &self->error));
	ASSERT_EQ(0, pte_table_parse(self->other, "p~", &self->error));
	EXPECT_FALSE(pte_table_equal(self->table, self->other));
	pte_table_copy(self->other, self->table);
	EXPECT_TRUE(pte_table_equal(self->table, self->other));
}

TEST_F(table, count)
{
	ASSERT_EQ(0, pte_table_parse(self->table, "p4 z*3 f*2 .~", &self->error));
	EXPECT_EQ(16U, pte_table_count(self->table, BIT(PTE_PRESENT)));
	EXPECT_EQ(18U, pte_table_count(self->table, BIT(PTE_PRESENT) | BIT(PTE_SHARED)));
	EXPECT_EQ(self->table->nr, pte_table_count(self->table, ~0UL));
}

static char drawn[4096];

static void collect(const char *line)
{
	strcat(drawn, line);
	strcat(drawn, "\n");
}

/* Both tables above each other, differing PTEs marked, equal lines folded. */
TEST_F(table, draw)
{
	static const char wanted[] =
"    0 expected 2---ppp.4---------------........................................\n"
"      seen     ppppppp.4---------------........................................\n"
"               ^^^^\n"
"   64 both     ................................................................\n"
"               ... 5 more such lines\n"
"  448 expected ...............................................................z\n"
"      seen     ................................................................\n"
"                                                                              ^\n";

	ASSERT_EQ(0, pte_table_parse(self->table, "p2 p*3 . p4 .~ z", &self->error));
	ASSERT_EQ(0, pte_table_parse(self->other, "p*7 . p4 .~", &self->error));
	drawn[0] = '\0';
	pte_table_draw(self->table, self->other, collect);
	EXPECT_STREQ(wanted, drawn);
}

/* A VMA that differs is told above the tables. */
TEST_F(table, draw_vma)
{
	static const char wanted[] =
"  VMA expected: RL:  seen: plain\n"
"    0 both     pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp\n"
"               ... 7 more such lines\n";

	ASSERT_EQ(0, pte_table_parse(self->table, "RL: p~", &self->error));
	ASSERT_EQ(0, pte_table_parse(self->other, "p~", &self->error));
	drawn[0] = '\0';
	pte_table_draw(self->table, self->other, collect);
	EXPECT_STREQ(wanted, drawn);
}

/* One table alone; a shared folio and a stray page show. */
TEST_F(table, draw_one)
{
	static const char wanted[] =
"    0          f---!HH?pp......................................................\n"
"   64          ................................................................\n"
"               ... 6 more such lines\n";

	ASSERT_EQ(0, pte_table_parse(self->table, "f2 !p p*2 ? p*2 .~", &self->error));
	self->table->pte[5].state = PTE_PMD_MAPPED;
	self->table->pte[6].state = PTE_PMD_MAPPED;
	drawn[0] = '\0';
	pte_table_draw(self->table, NULL, collect);
	EXPECT_STREQ(wanted, drawn);
}

TEST_HARNESS_MAIN
