/* SPDX-License-Identifier: GPL-2.0 */
/* Ranges in memory, and the data in them. */
#ifndef RANGE_H
#define RANGE_H

#include <sys/types.h>

#include "page_pins.h"
#include "pte_table.h"
#include "vm_util.h"

/* How the VMA lies over the range; only the first is one that khugepaged takes. */
enum range_shape {
	RANGE_WHOLE,		/* it spans the range */
	RANGE_SHORT,		/* it ends one page before the range does */
	RANGE_LATE,		/* it starts one page after the range does */
	RANGE_SPLIT,		/* one page in the middle is a VMA of its own */
};

/* One range in memory. */
struct range {
	char *start;			/* on a PMD boundary */
	const struct pte_table *wanted;
	enum range_shape shape;
	bool table_exists;		/* an empty range gets its PTE table all the same */
	uint64_t stamp;			/* distinguishes the data of this range from all others */
	enum pin_kind pin_kind;		/* what pins its pinned PTEs */
	uint64_t *pinned;		/* page frames of the pinned PTEs, 0 elsewhere; or NULL */
	/*
	 * Per PTE: how often its page was written to, so that a write that was lost shows;
	 * with RANGE_READS_ZERO for what is gone, or came of a hole. NULL: as @wanted.
	 */
	const uint8_t *written;
};

#define RANGE_READS_ZERO	BIT(7)
#define RANGE_WRITES		(RANGE_READS_ZERO - 1)

struct site;

/* Room in the address space, so that no range has a neighbour; and what holds on to it. */
struct range_area {
	char *map;
	size_t size;		/* bytes */
	pid_t sharer;		/* the child that maps the shared pages too; 0: none */
	int sharer_pipe;	/* it lives as long as this is open */
	int uffd;		/* userfaultfd of armed ranges; 0: none */
	struct page_pins *pins;	/* or NULL */
	char *partners;		/* pages that KSM merged with those of the ranges, or NULL */
	size_t partners_size;	/* bytes */
	struct range *ranges;
	unsigned int nr_ranges;
	struct site *sites;	/* of a set-up that is under way, or NULL */
};

/* Why something could not be done. */
struct setup_error {
	char what[320];
	const char *missing;	/* what this machine lacks, a constant; NULL: it is a failure */
};

/* setup_fail() - fill in @error.
 * @err: a negative errno
 * @what: what failed with it
 * Return: @err
 */
int setup_fail(struct setup_error *error, int err, const char *what);

/* setup_missing() - fill in @error: this machine lacks something that is needed.
 * @what: a constant
 * Return: -EOPNOTSUPP
 */
int setup_missing(struct setup_error *error, const char *what);

/* range_area_map() - reserve room and place ranges in it, ascending.
 * @ranges: receives the addresses; has to stay as long as the area does
 * @nr: number of ranges
 * Return: 0 or a negative errno.
 */
int range_area_map(const struct vm_geometry *vm, struct range_area *area,
		   struct range *ranges, unsigned int nr);

/* range_area_unmap() - give back all memory of the ranges, and all that held on to it.
 * Return: as range_area_unshare().
 */
int range_area_unmap(struct range_area *area);

/* range_area_unshare() - end the child that shares pages, if there is one.
 * Return: 0; -EUCLEAN if the child did not find its data in its pages.
 */
int range_area_unshare(struct range_area *area);

/* range_area_unpin() - let go of the pinned pages. */
void range_area_unpin(struct range_area *area);

/* Consecutive PTEs of a range. */
struct run {
	const struct range *range;
	unsigned int from;	/* first PTE */
	unsigned int to;	/* behind the last */
	char *start;		/* their memory */
	size_t size;		/* bytes */
};

/* range_each_run() - do something for each longest run of PTEs in some states.
 * @range: its table says which PTEs
 * @states: bit mask of BIT(enum pte_state)
 * @act: called with each run; ends the walk with a negative errno
 * @arg: for @act
 * Return: 0 or what @act returned.
 */
int range_each_run(const struct vm_geometry *vm, const struct range *range,
		   unsigned long states, int (*act)(const struct run *run, void *arg),
		   void *arg);

/* range_write_page() - write the data that tell a page from all others.
 * @page: where it is mapped now
 * @offset: its PTE
 */
void range_write_page(const struct vm_geometry *vm, const struct range *range,
		      char *page, unsigned int offset);

/* range_with_other_data() - the same range, as if other data had been written to it. */
static inline struct range range_with_other_data(const struct range *range)
{
	struct range other = *range;

	other.stamp = ~range->stamp;
	return other;
}

#define RANGE_COARSE	64	/* bytes: a word of each cache line */

/* range_check_data() - compare the data of a range with what was written.
 * @range: with the table that it was set up as, or what was written to since
 * @seen: only the PTEs that are present in this table are looked at
 * @step: bytes from one compared word to the next; 8 compares everything
 * @error: says what was found where
 * Return: 0; -EUCLEAN: a page lost its data, or a filled hole is not zero, or a page can
 * be accessed though the VMA forbids it; another negative errno when memory could not
 * be read.
 */
int range_check_data(const struct vm_geometry *vm, const struct range *range,
		     const struct pte_table *seen, size_t step,
		     struct setup_error *error);

#endif
