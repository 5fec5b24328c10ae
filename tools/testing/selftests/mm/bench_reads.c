// SPDX-License-Identifier: GPL-2.0
/* Reads, and what they take; see bench_reads.h. */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench_reads.h"
#include "random.h"

#define SEED		1
#define CACHE_LINE	64	/* bytes, where the C library does not know it */

int read_counter_open(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HW_CACHE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_CACHE_DTLB | PERF_COUNT_HW_CACHE_OP_READ << 8 |
			  PERF_COUNT_HW_CACHE_RESULT_MISS << 16,
		.exclude_kernel = 1,
		.exclude_hv = 1,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static char **pointer_in(const struct reads *reads, unsigned int nr)
{
	/* In neighbours not in the same set of the cache. */
	return (char **)(reads->page[nr] + nr * reads->line % reads->page_size);
}

/* One ring through all of them: each page is swapped with one before it. */
static void lay_ring(struct reads *reads)
{
	unsigned int i;

	for (i = 0; i < reads->nr; i++)
		*pointer_in(reads, i) = (char *)pointer_in(reads, i);
	for (i = reads->nr; i-- > 1;) {
		char **one = pointer_in(reads, i);
		char **other = pointer_in(reads, random_of(SEED, i) % i);
		char *next = *one;

		*one = *other;
		*other = next;
	}
}

static uint64_t sum_up(const struct reads *reads)
{
	const size_t step = reads->line / sizeof(uint64_t);
	uint64_t sum = 0;
	unsigned int i;
	size_t word;

	for (i = 0; i < reads->nr; i++) {
		const uint64_t *words = (const uint64_t *)reads->page[i];

		for (word = 0; word < reads->page_size / sizeof(*words); word += step)
			sum = sum * 3 + words[word];
	}
	return sum;
}

int reads_begin(struct reads *reads, const struct bench *bench)
{
	const struct pte_table *table = bench->wanted;
	long line = sysconf(_SC_LEVEL1_DCACHE_LINESIZE);
	unsigned int range, offset;

	*reads = (struct reads){
		.page_size = bench->vm->page_size,
		.line = line >= (long)sizeof(uint64_t) ? line : CACHE_LINE,
		.counter = read_counter_open(),
		.page = calloc((size_t)bench->nr_ranges * table->nr, sizeof(*reads->page)),
	};
	if (!reads->page)
		return -ENOMEM;
	for (range = 0; range < bench->nr_ranges; range++)
		for (offset = 0; offset < table->nr; offset++)
			if (pte_is(&table->pte[offset], PTE_FOLIO_STATES))
				reads->page[reads->nr++] = bench->ranges[range].start +
							   offset * reads->page_size;
	lay_ring(reads);
	reads->sum = sum_up(reads);
	return 0;
}

/* Where counters take turns on the hardware, as if this one had been there all the time. */
static double misses(const struct reads *reads)
{
	struct { uint64_t value, enabled, running; } counted;

	if (reads->counter < 0 ||
	    read(reads->counter, &counted, sizeof(counted)) != sizeof(counted) || !counted.running)
		return -1;
	return (double)counted.value * counted.enabled / counted.running;
}

/* The clock is read last, and by since() first: it does not time the reading of the counter. */
static struct read_cost start(const struct reads *reads)
{
	struct read_cost now = { .misses = misses(reads) };

	now.ns = now_ns();
	return now;
}

static struct read_cost since(const struct reads *reads, const struct read_cost *before)
{
	struct read_cost now = { .ns = now_ns() - before->ns };

	now.misses = misses(reads);
	if (now.misses >= 0)
		now.misses -= before->misses;
	return now;
}

bool reads_chase(struct reads *reads, struct read_cost *cost)
{
	const struct read_cost before = start(reads);
	char **at = pointer_in(reads, 0);
	unsigned int i;

	for (i = 0; i < reads->nr; i++)
		at = *(char **volatile *)at;
	*cost = since(reads, &before);
	return at == pointer_in(reads, 0);
}

bool reads_in_order(struct reads *reads, struct read_cost *cost)
{
	const struct read_cost before = start(reads);
	uint64_t sum = sum_up(reads);

	*cost = since(reads, &before);
	return sum == reads->sum;
}

void reads_end(struct reads *reads)
{
	free(reads->page);
	if (reads->counter >= 0)
		close(reads->counter);
}
