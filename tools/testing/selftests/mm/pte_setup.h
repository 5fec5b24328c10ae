/* SPDX-License-Identifier: GPL-2.0 */
/* Make memory look like a PTE table, and read a PTE table off memory. */
#ifndef PTE_SETUP_H
#define PTE_SETUP_H

#include <sys/types.h>

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
	unsigned int stamp;		/* distinguishes the data of this range */
};

/* Room in the address space, so that no range has a neighbour. */
struct range_area {
	char *map;
	size_t size;		/* bytes */
	pid_t sharer;		/* the child that maps the shared pages too; 0: none */
	int sharer_pipe;	/* it lives as long as this is open */
};

/* Why something could not be done. */
struct setup_error {
	char what[320];
};

/* range_area_map() - reserve room and place ranges in it, ascending.
 * @ranges: receives the addresses
 * @nr: number of ranges
 * Return: 0 or a negative errno.
 */
int range_area_map(const struct vm_geometry *vm, struct range_area *area,
		   struct range *ranges, unsigned int nr);

/* range_area_unmap() - give all memory of the ranges back, and end the sharer. */
void range_area_unmap(struct range_area *area);

/* range_area_unshare() - end the child that shares pages, if there is one. */
void range_area_unshare(struct range_area *area);

/* pte_setup() - map memory as the tables say, with data in each page.
 * @area: of these ranges; receives the child that shares pages, if any are shared
 * @ranges: with all members set; their tables may hold any state that is not
 *          only to be seen, and folios off their natural alignment if all large
 *          folios of the range are off by the same number of pages
 * @nr: number of ranges
 * @error: says why it failed
 *
 * Leaves the VMAs as MADV_NOHUGEPAGE where folios were needed and without advice
 * elsewhere, and the settings changed where folios were needed: folios come from
 * page faults with one size on.
 *
 * Return: 0; -EOPNOTSUPP for a table that cannot be set up; another negative
 * errno. Does not verify: pte_read_back() does.
 */
int pte_setup(const struct vm_geometry *vm, struct range_area *area, struct range *ranges,
	      unsigned int nr, struct setup_error *error);

/* pte_read_back() - read the tables of all ranges.
 * @seen: receives a table for each range
 * @error: says why it failed
 * Return: 0; -EUCLEAN when pagemap and smaps contradict each other; another
 * negative errno.
 */
int pte_read_back(const struct vm_geometry *vm, const struct range *ranges,
		  unsigned int nr, struct pte_table *const *seen,
		  struct setup_error *error);

/* pte_read_pfns() - the page frame that each PTE of a range maps.
 * @pfns: receives a number for each PTE, 0 where no page is present
 * Return: 0 or a negative errno.
 */
int pte_read_pfns(const struct vm_geometry *vm, const struct range *range, uint64_t *pfns);

/* pte_check_data() - compare the data of a range with what pte_setup() wrote.
 * @range: with the table that it was set up as
 * @seen: PTEs of this table that are empty are not touched
 * @step: bytes from one compared word to the next; 8 compares everything
 * @error: says what was found where
 * Return: 0, or -EUCLEAN: a page lost its data, or a filled hole is not zero.
 */
int pte_check_data(const struct vm_geometry *vm, const struct range *range,
		   const struct pte_table *seen, size_t step,
		   struct setup_error *error);

#endif
