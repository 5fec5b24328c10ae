/* SPDX-License-Identifier: GPL-2.0 */
/* How long something took, many times: a histogram. */
#ifndef RACE_LATENCY_H
#define RACE_LATENCY_H

#include <stdint.h>
#include <stdio.h>

#define LATENCY_STEPS	4			/* of each power of two */
#define LATENCY_BINS	(48 * LATENCY_STEPS)	/* up to 3 days */

/* "order_2,read,1,2048,17": beside khugepaged, 17 reads took less than 2048 ns. */
#define LATENCY_COLUMNS	"order,what,beside_khugepaged,below_ns,times"

struct latency {
	unsigned long count[LATENCY_BINS];
	unsigned long all;
	uint64_t ns[LATENCY_BINS];		/* sum of those in a bin, nanoseconds */
	uint64_t max;				/* nanoseconds */
};

/* latency_add() - one more. @ns: nanoseconds */
void latency_add(struct latency *latency, uint64_t ns);

/* latency_bin_end() - what the times in a bin are below. Return: nanoseconds. */
uint64_t latency_bin_end(unsigned int bin);

/* latency_quantile() - what @per_mille of them did not exceed.
 * Return: the upper end of its bin in nanoseconds, the longest at most; 0 if there is none.
 */
uint64_t latency_quantile(const struct latency *latency, unsigned int per_mille);

/* Some of a histogram. */
struct latency_part {
	unsigned long times;
	double mean;		/* nanoseconds; 0 if there are none */
};

/* latency_part() - those from some bins on.
 * @from: nanoseconds
 * @to: nanoseconds; the bin that begins there is not one of them
 */
struct latency_part latency_part(const struct latency *latency, uint64_t from, uint64_t to);

/* latency_csv_begin() - see that a file can be added to; if it is empty, name its columns.
 * Return: 0 or a negative error of open(2) or write(2).
 */
int latency_csv_begin(const char *path);

/* latency_csv() - a line for each bin that is not empty.
 * @name: what begins each line: the columns up to beside_khugepaged
 */
void latency_csv(const struct latency *latency, const char *name, FILE *to);

#endif
