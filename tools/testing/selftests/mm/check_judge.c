// SPDX-License-Identifier: GPL-2.0
/* What came out, compared with what had to; see collapse_check.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_internal.h"
#include "collapse_compare.h"

/* How a range, or all of them, came out. */
struct comparison {
	bool tables_differ;
	bool data_differ;
};

enum outcome { AS_EXPECTED, LESS, OTHERWISE };

static enum outcome outcome_of(const struct collapse_check *check, const struct check_case *c)
{
	if (pte_table_equal(c->expected, c->seen) ||
	    (c->alternative && pte_table_equal(c->alternative, c->seen)))
		return AS_EXPECTED;
	return pte_table_is_less(c->before, c->expected, c->seen, check_orders_on(check), NULL) ?
	       LESS : OTHERWISE;
}

bool check_is_less(struct collapse_check *check)
{
	enum outcome worst = AS_EXPECTED;
	unsigned int i;

	for (i = 0; i < check->nr_ranges; i++) {
		enum outcome outcome = outcome_of(check, check_case_of(check, i));

		if (outcome > worst)
			worst = outcome;
	}
	return worst == LESS;
}

static void compare_range(struct collapse_check *check, unsigned int nr, const char *what,
			  struct comparison *comparison)
{
	size_t step = check->every_byte ? sizeof(uint64_t) : RANGE_COARSE;
	struct check_case *c = check_case_of(check, nr);
	struct setup_error error;

	c->took_alternative = c->alternative && pte_table_equal(c->alternative, c->seen);
	if (c->took_alternative)
		check_print_mismatch(check, c, "the other outcome that this test knows",
				     c->expected, c->seen);
	if (outcome_of(check, c) != AS_EXPECTED) {
		check_print_mismatch(check, c, what, c->expected, c->seen);
		comparison->tables_differ = true;
	}
	if (range_check_data(&check->vm, &check->ranges[nr], c->seen, step, &error)) {
		check_print_failure(check, c, what);
		check_print(error.what);
		check_print_replay(check);
		comparison->data_differ = true;
	}
}

/* The tables and the data of all ranges. */
static struct comparison compare(struct collapse_check *check)
{
	struct comparison comparison = { 0 };
	unsigned int i;

	for (i = 0; i < check->nr_ranges; i++) {
		bool canary = check_case_of(check, i) == &check->cases[check->nr_cases];
		char what[64];

		if (canary)
			snprintf(what, sizeof(what), "the canary, a full range above the others");
		else
			snprintf(what, sizeof(what), "case %u of %u", check->first + i + 1,
				 check->nr_cases);
		compare_range(check, i, what, &comparison);
	}
	return comparison;
}

/* Page frames before the collapse. */
enum check_verdict check_remember_pfns(struct collapse_check *check)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < check->nr_ranges && !err; i++) {
		struct check_case *c = check_case_of(check, i);

		err = pfns_to_stay(&check->vm, &check->ranges[i], c->seen, c->expected, c->pfns);
	}
	if (err)
		check_printf("/proc/self/pagemap: %s", strerror(-err));
	return err ? CHECK_FAIL : CHECK_PASS;
}

/* What had to be left alone is the same page as before: nothing was copied again. */
static enum check_verdict compare_pfns(struct collapse_check *check,
				       const struct disturbances *before)
{
	struct replaced_pages replaced = { 0 };
	enum check_verdict verdict = CHECK_PASS;
	unsigned int i;
	long migrated;
	int err = 0;

	for (i = 0; i < check->nr_ranges && !err; i++) {
		const struct check_case *c = check_case_of(check, i);

		if (!c->took_alternative)
			err = pfns_count_replaced(&check->vm, &check->ranges[i], c->expected,
						  c->seen, c->pfns, &replaced);
	}
	if (err) {
		check_printf("/proc/self/pagemap: %s", strerror(-err));
		return CHECK_FAIL;
	}
	if (!replaced.pages)
		return CHECK_PASS;
	if (!pfns_were_migrated(&check->vm, &replaced, before, &migrated)) {
		i = replaced.range - check->ranges;
		check_print_failure(check, check_case_of(check, i),
				    "a page that had to stay was replaced");
		check_printf("PTE %u: page frame %#llx before, %#llx after", replaced.offset,
			     (unsigned long long)replaced.before,
			     (unsigned long long)replaced.after);
		check_print_replay(check);
		verdict = CHECK_FAIL;
	}
	check_printf("%lu pages that had to stay were replaced; %ld migrated meanwhile",
		     replaced.pages, migrated);
	return verdict;
}

static enum check_verdict compare_rss(struct collapse_check *check)
{
	struct rss rss;

	if (rss_agrees(&check->vm, check->generation, &rss))
		return CHECK_PASS;
	check_printf("/proc/self/status counts %ld anonymous pages, smaps_rollup %ld",
		     rss.status, rss.smaps_rollup);
	return CHECK_FAIL;
}

/* Orders whose blocks a test takes away itself: it knows what becomes of that. */
static unsigned long orders_without_blocks(const struct collapse_check *check)
{
	unsigned long orders = 0;
	unsigned int i;

	for (i = 0; i < check->nr_cases; i++)
		orders |= check->cases[i].no_block_orders;
	return orders;
}

static bool lacked_blocks(struct collapse_check *check, const struct disturbances *before,
			  const struct disturbances *after)
{
	unsigned long orders = check->forced ? BIT(check->vm.pmd_order) : check_orders_on(check);
	struct pte_table *seen[CHECK_MAX_CASES];
	const struct block_question question = {
		.vm = &check->vm, .ranges = check->ranges, .seen = seen, .nr = check->nr_ranges,
		.tries = check->counts.alloc, .before = before, .after = after,
	};
	struct block_lack lack;
	unsigned int i, order;
	bool lacked = false;

	for (i = 0; i < check->nr_ranges; i++)
		seen[i] = check_case_of(check, i)->seen;
	orders &= ~orders_without_blocks(check);
	for (order = 0; order <= check->vm.pmd_order; order++) {
		if (!(orders & BIT(order)))
			continue;
		lacked |= blocks_lacked(&question, order, &lack);
		if (!lack.refused)
			continue;
		check_printf("order %u: the kernel found no free block, %ld times", order,
			     lack.refused);
		check_printf("order %u: there are %lu, %lu were wanted", order, lack.free,
			     lack.wanted);
	}
	return lacked;
}

enum check_verdict check_judge(struct collapse_check *check,
			       const struct disturbances *before)
{
	struct comparison comparison = compare(check);
	enum check_verdict verdict = CHECK_PASS;
	struct disturbances after;

	disturbances_read(&check->vm, check_orders_on(check), &after);
	check->only_less = check_is_less(check) && !comparison.data_differ;
	if (check->only_less && lacked_blocks(check, before, &after)) {
		check->skip_reason = "no free block of a size that was needed";
		return CHECK_SKIP;
	}
	if (comparison.tables_differ || comparison.data_differ)
		return CHECK_FAIL;
	verdict = compare_pfns(check, before) ?: compare_rss(check);
	if (check->figures && !verdict)
		check->figures->ranges += check->nr_ranges;
	return verdict;
}

unsigned long check_orders_on(const struct collapse_check *check)
{
	unsigned long orders = 0;
	unsigned int order;

	for (order = 0; order <= check->vm.pmd_order; order++)
		if (check->settings.size[order] != THP_NEVER)
			orders |= BIT(order);
	return orders;
}
