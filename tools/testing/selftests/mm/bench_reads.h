/* SPDX-License-Identifier: GPL-2.0 */
/* Reading the pages of a bench's ranges, and what that takes. */
#ifndef BENCH_READS_H
#define BENCH_READS_H

#include "bench.h"

struct reads {
	size_t page_size;
	size_t line;		/* of the cache, bytes */
	char **page;		/* that was there at first, in the order of addresses */
	unsigned int nr;	/* of them */
	uint64_t sum;		/* of a word of each cache line in them */
	int counter;		/* of dTLB misses; negative: none */
};

/* Of all pages once. */
struct read_cost {
	double ns;
	double misses;		/* of the dTLB; -1 where they are not counted */
};

/* reads_begin() - lay a ring of pointers through all pages, at random, and sum them up.
 * @bench: laid out, with base pages
 * Return: 0 or -ENOMEM.
 */
int reads_begin(struct reads *reads, const struct bench *bench);

/* reads_chase() - follow the ring: no read can begin before the one before has ended.
 * @cost: receives what it took
 * Return: false if it does not end where it began.
 */
bool reads_chase(struct reads *reads, struct read_cost *cost);

/* reads_in_order() - read each cache line of all pages, by address.
 * Return: false if they are not what they were.
 */
bool reads_in_order(struct reads *reads, struct read_cost *cost);

void reads_end(struct reads *reads);

/* read_counter_open() - a counter of this process's dTLB misses, for close().
 * Return: a descriptor; negative where there is none.
 */
int read_counter_open(void);

#endif
