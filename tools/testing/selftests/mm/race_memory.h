/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory with data that tell round, page and version apart, so that a stale, torn, lost or
 * foreign word names itself.
 *
 * Each page has one owner, the only one that writes to it; the others read. Word by word it
 * is written from one version to the next, so a reader may see two versions of a page, but
 * never one that was over before it began to read, nor one that is not written yet.
 */
#ifndef RACE_MEMORY_H
#define RACE_MEMORY_H

#include <stdatomic.h>

#include "vm_util.h"

#define RACE_FIRST	1U		/* version of a new page */
#define RACE_GONE	BIT(30)	/* in a version: given back since, reads zero */
#define RACE_CHILD	BIT(31)	/* in a version: written by a child, after a fork */

struct race_memory {
	const struct vm_geometry *vm;
	char *map;			/* stays reserved from round to round */
	size_t map_size;		/* bytes */
	char *start;			/* on a PMD boundary, with as much room behind it */
	unsigned int nr_ranges;
	unsigned int nr;		/* pages */
	unsigned int round;
	atomic_uint *version;	/* of each page, as its owner wrote it last */
};

/* race_memory_reserve() - addresses for some ranges, and behind them for twice as many.
 * They are the process's to the end; while it runs, racers may leave holes in them, so nobody
 * may map anything without an address.
 * Return: 0 or a negative errno.
 */
int race_memory_reserve(struct race_memory *memory, const struct vm_geometry *vm,
			unsigned int nr_ranges);

/* race_memory_release() - give back all memory; the addresses stay reserved. */
void race_memory_release(struct race_memory *memory);

/* race_memory_make() - a new round: base pages, all there, not for khugepaged yet.
 * Return: 0 or a negative errno.
 */
int race_memory_make(struct race_memory *memory);

/* race_page() - where a page is. */
static inline char *race_page(const struct race_memory *memory, unsigned int page)
{
	return memory->start + page * memory->vm->page_size;
}

/* race_write_at() - write the words of one version of a page.
 * @at: where the page is now
 */
void race_write_at(const struct race_memory *memory, char *at, unsigned int page,
		   uint32_t version);

/* race_write() - the next version of a page, by its owner. Return: that version. */
uint32_t race_write(struct race_memory *memory, unsigned int page);

/* race_forget() - the owner has given a page back. */
void race_forget(struct race_memory *memory, unsigned int page);

/* What is wrong with a page. */
struct race_wrong {
	char what[200];
};

/* race_check_at() - are all words of a page of some version, from one to another?
 * @at: where the page, or a copy of it, is
 * @from: the oldest version that is right
 * @to: the newest; with RACE_GONE the page must read zero
 * @wrong: says what was found
 */
bool race_check_at(const struct race_memory *memory, const char *at, unsigned int page,
		   uint32_t from, uint32_t to, struct race_wrong *wrong);

/* race_check() - the same, where the owner is at work: from what was there before to the
 * version after the one that is there afterwards.
 */
bool race_check(const struct race_memory *memory, unsigned int page, struct race_wrong *wrong);

#endif
