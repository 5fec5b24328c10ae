// SPDX-License-Identifier: GPL-2.0
/* What came out, compared with what had to; see collapse_check.h. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_internal.h"
#include "nodes.h"
#include "pte_read.h"

#define CACHE_LINE	64	/* bytes */

void check_read_rss(const struct vm_geometry *vm, struct check_rss *rss)
{
	size_t bytes = 0;

	memset(rss, 0, sizeof(*rss));
	if (!proc_kb("/proc/self/status", "RssAnon", &bytes))
		rss->status = bytes / vm->page_size;
	if (!proc_kb("/proc/self/smaps_rollup", "Anonymous", &bytes))
		rss->smaps_rollup = bytes / vm->page_size;
}

/* How a range, or all of them, came out. */
struct comparison {
	bool tables_differ;
	bool more;		/* differ by more than too little collapsed */
	bool data_differ;
};

static bool only_less_collapsed(const struct check_case *c)
{
	unsigned int i;

	for (i = 0; i < c->seen->nr; i++)
		if (memcmp(&c->seen->pte[i], &c->expected->pte[i], sizeof(struct pte)) &&
		    !pte_is_less(&c->before->pte[i], &c->expected->pte[i], &c->seen->pte[i]))
			return false;
	return c->seen->vma == c->expected->vma;
}

static void compare_range(struct collapse_check *check, unsigned int nr, const char *what,
			  struct comparison *comparison)
{
	size_t step = check->every_byte ? sizeof(uint64_t) : CACHE_LINE;
	struct check_case *c = check_case_of(check, nr);
	struct setup_error error;

	c->took_alternative = c->alternative && pte_table_equal(c->alternative, c->seen);
	if (c->took_alternative)
		check_print_mismatch(check, c, "the other outcome that this test knows",
				     c->expected, c->seen);
	if (!c->took_alternative && !pte_table_equal(c->expected, c->seen)) {
		check_print_mismatch(check, c, what, c->expected, c->seen);
		comparison->tables_differ = true;
		comparison->more |= !only_less_collapsed(c);
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
	unsigned int i, pte;
	int err = 0;

	for (i = 0; i < check->nr_ranges && !err; i++) {
		struct check_case *c = check_case_of(check, i);

		err = pte_read_pfns(&check->vm, &check->ranges[i], c->pfns);
		/* What is to be collapsed may lie anywhere afterwards. */
		for (pte = 0; pte < check->vm.nr; pte++)
			if (memcmp(&c->expected->pte[pte], &c->seen->pte[pte],
				   sizeof(struct pte)))
				c->pfns[pte] = 0;
	}
	if (err)
		check_printf("/proc/self/pagemap: %s", strerror(-err));
	return err ? CHECK_FAIL : CHECK_PASS;
}

/*
 * What had to be left alone is the same page as before: nothing was copied again. As many
 * pages as were migrated meanwhile may be others, but never a pinned one.
 */
static enum check_verdict compare_pfns(struct collapse_check *check,
				       const struct disturbances *before)
{
	uint64_t *pfns = calloc(check->vm.nr, sizeof(*pfns)), now = 0;
	unsigned int i, pte, at = 0, replaced = 0, pinned = 0;
	enum check_verdict verdict = pfns ? CHECK_PASS : CHECK_FAIL;
	const struct check_case *first = NULL;
	struct disturbances after;
	long migrated;

	for (i = 0; i < check->nr_ranges && !verdict; i++) {
		const struct check_case *c = check_case_of(check, i);

		if (pte_read_pfns(&check->vm, &check->ranges[i], pfns))
			verdict = CHECK_FAIL;
		for (pte = 0; pte < check->vm.nr && !verdict; pte++) {
			if (!c->pfns[pte] || c->took_alternative || c->pfns[pte] == pfns[pte])
				continue;
			pinned += c->expected->pte[pte].state == PTE_PINNED;
			if (replaced++)
				continue;
			first = c;
			at = pte;
			now = pfns[pte];
		}
	}
	free(pfns);
	if (!replaced)
		return verdict;
	disturbances_read(&check->vm, 0, &after);
	migrated = after.migrated - before->migrated;
	if (pinned || replaced > migrated) {
		check_print_failure(check, first, "a page that had to stay was replaced");
		check_printf("PTE %u: page frame %#llx before, %#llx after", at,
			     (unsigned long long)first->pfns[at], (unsigned long long)now);
		check_print_replay(check);
		verdict = CHECK_FAIL;
	}
	check_printf("%u pages that had to stay were replaced; %ld migrated meanwhile", replaced,
		     migrated);
	return verdict;
}

/*
 * The counter of the mm and the page tables agree on its anonymous memory; a
 * difference would be "Bad rss-counter" at its end. Older kernels fold the counter
 * only now and then.
 */
static enum check_verdict compare_rss(struct collapse_check *check)
{
	struct check_rss rss;

	check_read_rss(&check->vm, &rss);
	if (check->generation == GEN_NONE || rss.status == rss.smaps_rollup)
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

/* Blocks of an order that the folios of all tries would be made of. */
static unsigned long blocks_wanted(const struct collapse_check *check, unsigned int order)
{
	unsigned long pages = 0;
	unsigned int of;

	for (of = 0; of <= check->vm.pmd_order; of++)
		pages += check->counts.alloc[of] << of;
	return (pages + BIT(order) - 1) >> order;
}

/*
 * Free blocks of an order, where there are least: a folio comes from the node of the pages.
 * Without what the kernel wants to keep, for then it refuses blocks that are there.
 */
static unsigned long blocks_free(struct collapse_check *check, unsigned int order)
{
	unsigned long least = ULONG_MAX, blocks, kept = 0;
	int node, last = -1;
	unsigned int i, pte;

	read_ulong("/proc/sys/vm/min_free_kbytes", &kept);
	kept = 2 * kept * 1024 / (check->vm.page_size << order) + 1;
	for (i = 0; i < check->nr_ranges; i++) {
		const struct pte_table *seen = check_case_of(check, i)->seen;

		for (pte = 0; pte < seen->nr; pte++) {
			if (!pte_is(&seen->pte[pte], PTE_FOLIO_STATES))
				continue;
			node = nodes_of(check->ranges[i].start + pte * check->vm.page_size);
			/* The kernel may know no nodes. */
			node = node < 0 ? 0 : node;
			if (node == last)
				continue;
			last = node;
			blocks = nodes_free_blocks(node, order);
			if (blocks < least)
				least = blocks;
		}
	}
	return least > kept ? least - kept : 0;
}

/*
 * Did a collapse get no folio where blocks may have been short? With twice as many free as
 * are wanted, it is the kernel that does not get at them.
 */
static bool lacked_blocks(struct collapse_check *check, const struct disturbances *before,
			  const struct disturbances *after)
{
	unsigned long orders = check->forced ? BIT(check->vm.pmd_order) : check_orders_on(check);
	unsigned int order;
	bool lacked = false;

	orders &= ~orders_without_blocks(check);
	for (order = 0; order <= check->vm.pmd_order; order++) {
		long times = after->collapse_failed[order] - before->collapse_failed[order];
		unsigned long wanted = blocks_wanted(check, order), blocks;

		if (!(orders & BIT(order)) || !times)
			continue;
		blocks = blocks_free(check, order);
		check_printf("order %u: the kernel found no free block, %ld times", order, times);
		check_printf("order %u: there are %lu, %lu were wanted", order, blocks, wanted);
		lacked |= blocks < 2 * wanted;
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
	check->only_less = comparison.tables_differ && !comparison.more &&
			   !comparison.data_differ;
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
