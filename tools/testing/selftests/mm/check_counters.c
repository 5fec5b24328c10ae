// SPDX-License-Identifier: GPL-2.0
/* The counters of a collapse, judged; see check_counters.h. */
#include "check_counters.h"

#define ATTEMPTS	4	/* at most; two are enough where nothing disturbs them */

#define ALL_PAIRS	(COUNTER_PAIRS + 1)

/* Expected and seen of each counter of one size. */
static void pairs_of_size(const struct collapse_check *check, unsigned int order,
			  struct counter_pair pairs[ALL_PAIRS])
{
	long folios = check->counts.collapsed[order];

	compare_counters(&check->counts, &check->moved, order, pairs);
	pairs[COUNTER_PAIRS] = (struct counter_pair){
		"nr_anon", folios, check->moved.size[order].nr_anon,
	};
}

/* Differences between what the counters of one size did and what the model says. */
static int wrong_of_size(const struct collapse_check *check, unsigned int order)
{
	struct counter_pair pairs[ALL_PAIRS];
	unsigned int i;
	int wrong = 0;

	pairs_of_size(check, order, pairs);
	for (i = 0; i < ALL_PAIRS; i++) {
		if (pairs[i].expected == pairs[i].seen)
			continue;
		check_printf("order %u, %s: expected %ld, seen %ld", order, pairs[i].name,
			     pairs[i].expected, pairs[i].seen);
		wrong++;
	}
	return wrong;
}

/* What moved in a test that passes: two kernels are compared by it. */
static void tell_moved(const struct collapse_check *check)
{
	struct counter_pair pairs[ALL_PAIRS];
	unsigned int order, i;

	for (order = 2; order <= check->vm.pmd_order; order++) {
		char text[256] = "";
		size_t length = 0;

		pairs_of_size(check, order, pairs);
		for (i = 0; i < ALL_PAIRS; i++) {
			if (pairs[i].seen)
				length += snprintf(text + length, sizeof(text) - length, " %s %ld",
						   pairs[i].name, pairs[i].seen);
		}
		if (length)
			check_printf("moved, order %u:%s", order, text);
	}
}

int check_wrong_counters(const struct collapse_check *check)
{
	unsigned int order;
	int wrong = 0;

	for (order = 2; order <= check->vm.pmd_order; order++)
		wrong += wrong_of_size(check, order);
	if (thp_events_in_vmstat() &&
	    check->moved.thp_collapse_alloc != check->counts.alloc[check->vm.pmd_order]) {
		check_printf("vmstat, thp_collapse_alloc: expected %ld, seen %ld",
			     check->counts.alloc[check->vm.pmd_order],
			     check->moved.thp_collapse_alloc);
		wrong++;
	}
	if (!check->moved.pages_collapsed) {
		check_print("khugepaged/pages_collapsed did not move");
		wrong++;
	}
	return wrong;
}

enum check_verdict check_count(struct collapse_check *check,
			       int (*wrong)(const struct collapse_check *check))
{
	unsigned int attempt, scanned = 0, judged = 0;
	enum check_verdict verdict;

	check->measure = true;
	for (attempt = 0; attempt < ATTEMPTS && judged < 2; attempt++) {
		verdict = check_lay_out(check) ?: check_collapse(check);
		if (!verdict)
			check_write_shared(check);
		verdict = check_unmap(check) ?: verdict;
		if (verdict)
			return verdict;
		if (check->moved.full_scans == check->passes) {
			scanned++;
			if (!wrong(check)) {
				tell_moved(check);
				return CHECK_PASS;
			}
			judged += !check->pages_moved;
		}
		check_printf("the counters differ; %ld complete scans were made, %u were wanted%s",
			     check->moved.full_scans, check->passes,
			     check->pages_moved ? "; pages were moved meanwhile" : "");
	}
	if (!scanned) {
		check->skip_reason = "khugepaged makes scans that nobody asked for";
		return CHECK_SKIP;
	}
	if (!others_move_counters(&check->vm, &check->khugepaged, check->passes)) {
		check_print_cases(check);
		return CHECK_FAIL;
	}
	check->skip_reason = "other processes collapse or free large folios";
	return CHECK_SKIP;
}
