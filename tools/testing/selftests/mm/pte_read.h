/* SPDX-License-Identifier: GPL-2.0 */
/* Read a PTE table off memory. */
#ifndef PTE_READ_H
#define PTE_READ_H

#include "range.h"

/* pte_read_back() - read the tables of ranges.
 * @ranges: set up
 * @nr: number of ranges
 * @seen: receives a table for each range
 * @error: says why it failed
 *
 * What pagemap and kpageflags do not tell of a single PTE is taken from the table that
 * the range was set up as, where the sums of smaps bear it out: which pages are
 * referenced, which lazyfree pages were written again. That a page is pinned is taken
 * to be so as long as its PTE maps the page frame that was pinned, and a zero page to
 * be KSM's where KSM put one. Reads again what looks like a migration, for that
 * passes.
 *
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

/* pagemap_counts_by_folio() - does this kernel count mappings by folio, not by page?
 *
 * With CONFIG_NO_PAGE_MAPCOUNT a page of a large folio is shared as soon as any page of it
 * is, and kpagecount tells an average: which part of a folio is shared cannot be read. Is
 * tried out, with a PMD folio and a child; where there is no such folio, the answer is no.
 */
bool pagemap_counts_by_folio(const struct vm_geometry *vm);

/* One page that is present, as all files under /proc tell it. */
struct page_view {
	uint64_t entry;		/* of pagemap */
	uint64_t flags;		/* of kpageflags, of its folio */
	uint64_t mapped;	/* of kpagecount */
	unsigned int order;	/* of its folio */
};

/* pte_count_pages() - count pages of this process.
 * @start: address of the first page
 * @nr: number of PTEs; those that map nothing are passed by
 * @is: what is counted
 * @arg: for @is
 * Return: how many, or a negative errno.
 */
int pte_count_pages(const struct vm_geometry *vm, const char *start, unsigned int nr,
		    bool (*is)(const struct page_view *page, uint64_t arg), uint64_t arg);

#endif
