/* SPDX-License-Identifier: GPL-2.0 */
/* What tests and explorer compare in the same way, beside the tables. Says nothing itself. */
#ifndef COLLAPSE_COMPARE_H
#define COLLAPSE_COMPARE_H

#include "collapse_model.h"
#include "khugepaged_ctl.h"
#include "range.h"
#include "vm_util.h"

/* A counter of one size: what it had to do, and what it did. */
struct counter_pair {
	const char *name;
	long expected;
	long seen;
};

#define COUNTER_PAIRS	5

/* compare_counters() - the counters of one size that the model predicts.
 * @expected: what the model counted
 * @seen: what was added to the counters
 * @pairs: receives all of them, equal or not
 */
void compare_counters(const struct collapse_counts *expected, const struct thp_counters *seen,
		      unsigned int order, struct counter_pair pairs[COUNTER_PAIRS]);

/* others_move_counters() - do these counters move though nothing of ours is there?
 * To be called when no memory of this process is left that khugepaged would collapse.
 * @passes: scans to look at
 */
bool others_move_counters(const struct vm_geometry *vm, struct khugepaged *khugepaged,
			  unsigned int passes);

/* The anonymous memory of this process in pages, as two files tell it. */
struct rss {
	long status;		/* /proc/self/status: RssAnon, the mm's counter */
	long smaps_rollup;	/* /proc/self/smaps_rollup: Anonymous, the page tables */
};

/* rss_read() - the anonymous memory of this process; 0 what cannot be read. */
void rss_read(const struct vm_geometry *vm, struct rss *rss);

/* rss_agrees() - do the mm's counter and the page tables agree?
 * A difference would be "Bad rss-counter" at its end.
 * @generation: older kernels fold the counter only now and then, and always agree here
 * @rss: receives both
 */
bool rss_agrees(const struct vm_geometry *vm, enum generation generation, struct rss *rss);

/* pfns_to_stay() - page frames of what a collapse has to leave alone.
 * @before: the table as it is
 * @expected: as it has to be after the collapse
 * @pfns: receives a page frame for each PTE, 0 where none is or any is right
 * Return: 0 or a negative errno.
 */
int pfns_to_stay(const struct vm_geometry *vm, const struct range *range,
		 const struct pte_table *before, const struct pte_table *expected,
		 uint64_t *pfns);

/* Pages that are others than they had to be. */
struct replaced_pages {
	unsigned long pages;
	const struct range *range;	/* of the first one */
	unsigned int offset;		/* its PTE */
	uint64_t before;		/* its page frame */
	uint64_t after;
};

/* pfns_count_replaced() - which of the pages that had to stay are others now?
 * @expected: the table as it had to be after the collapse
 * @seen: as it is; where it is not as expected, nothing is compared
 * @pfns: of pfns_to_stay()
 * @replaced: those of this range are added
 * Return: 0 or a negative errno.
 */
int pfns_count_replaced(const struct vm_geometry *vm, const struct range *range,
			const struct pte_table *expected, const struct pte_table *seen,
			const uint64_t *pfns, struct replaced_pages *replaced);

/* pfns_were_migrated() - may migration alone have replaced them?
 * @before: the disturbances, read before the page frames were
 * @migrated: receives how many pages of the machine were since
 */
bool pfns_were_migrated(const struct vm_geometry *vm, const struct replaced_pages *replaced,
			const struct disturbances *before, long *migrated);

#define SCANS_AMID_MOVES	20	/* of them, one should pass without */

/* pages_were_moved() - were pages of the machine off the LRU lists for a moment?
 * A region with such a page is not collapsed, or its whole range not: mm/khugepaged.c,
 * __collapse_huge_page_isolate(), SCAN_DEL_PAGE_LRU; collapse_scan_pmd(), SCAN_PAGE_LRU. That
 * it was left out says nothing then.
 * @since: read before the scan; is read again
 */
bool pages_were_moved(const struct vm_geometry *vm, struct disturbances *since);

/* wait_for_rest() - until pages of the machine are moved no more, or for two seconds. */
void wait_for_rest(const struct vm_geometry *vm);

/* pause_amid_moves() - let what moves pages go on; longer each time.
 * @nth: how often that was, from 0
 */
void pause_amid_moves(unsigned int nth);

/* A collapse that may have lacked free blocks. */
struct block_question {
	const struct vm_geometry *vm;
	const struct range *ranges;
	struct pte_table *const *seen;		/* one for each range */
	unsigned int nr;
	const long *tries;			/* by order: folios that it had to allocate */
	const struct disturbances *before;	/* the collapse */
	const struct disturbances *after;
};

/* Free blocks of one order, where there are least: a folio comes from the node of the pages. */
struct block_lack {
	long refused;		/* times that the kernel found none */
	unsigned long free;	/* without what the kernel wants to keep */
	unsigned long wanted;	/* for all tries, the other orders included */
};

/* blocks_lacked() - did a collapse get no folio of an order where blocks may have been short?
 * With twice as many free as are wanted, it is the kernel that does not get at them.
 * @lack: receives the numbers; all 0 when the kernel found a block every time
 */
bool blocks_lacked(const struct block_question *question, unsigned int order,
		   struct block_lack *lack);

#endif
