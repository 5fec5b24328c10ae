/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ranges that are all alike, and what khugepaged's scans of them cost.
 *
 *     bench_begin(settings), bench_lay_out(table, ranges)
 *     bench_scan() as often as wanted, bench_look() what became of them
 *     bench_end()
 *
 * The cost is CPU time of the khugepaged thread, as its own /proc/PID/schedstat tells it, less
 * that of a scan when nothing is laid out. The work is the number of PTEs that the kernel says
 * it looked at (trace event mm_khugepaged_scan); where there are no trace events, it is unknown.
 */
#ifndef BENCH_H
#define BENCH_H

#include "collapse_check.h"
#include "range.h"

/* One complete scan, less one of nothing. */
struct bench_scan {
	double ns;		/* CPU time of khugepaged; within the noise it may be negative */
	double ptes;		/* that it looked at; where bench_counts_ptes() */
	long allocations;	/* folios that it allocated, of any order */
};

/* What there is in the ranges. */
struct bench_look {
	bool alike;			/* all ranges are as the first */
	char first[128];		/* in the notation, or its beginning and "..." */
	uint64_t hash;			/* of all tables: equal where all PTEs are */
	unsigned long pages[MAX_ORDERS];	/* PTEs that map folios of each order */
	unsigned long present;		/* PTEs that map anything, in all */
};

struct bench {
	const struct vm_geometry *vm;
	enum generation generation;
	struct thp_settings settings;
	struct pte_table *wanted;
	unsigned int nr_ranges;
	struct range *ranges;
	struct range_area area;
	struct khugepaged khugepaged;
	FILE *scans;			/* trace events; NULL where there are none */
	struct bench_scan idle;		/* a scan with nothing laid out */
	double noise;			/* ns by which such scans differ */
	const char *skip_reason;	/* a constant, after CHECK_SKIP */
};

/* bench_begin() - ask whether it can be measured, and what a scan of nothing costs.
 * @settings: those of the scans
 * Return: CHECK_PASS; CHECK_SKIP with @skip_reason; CHECK_FAIL with a diagnostic.
 */
enum check_verdict bench_begin(struct bench *bench, const struct vm_geometry *vm,
			       const struct thp_settings *settings);

/* bench_fitting() - how many ranges there is memory for.
 * @wanted: how many there should be
 * Return: that, or fewer; two thirds of what is available may be used when all are full.
 */
unsigned int bench_fitting(const struct vm_geometry *vm, unsigned int wanted);

/* bench_lay_out() - set up ranges, see that they are so, and advise them.
 * @wanted: all of them are to be like that; stays the caller's
 * @nr: how many
 * Return: as bench_begin().
 */
enum check_verdict bench_lay_out(struct bench *bench, struct pte_table *wanted, unsigned int nr);

/* bench_scan() - let khugepaged do one complete scan.
 * @scan: receives what it was
 * Return: CHECK_PASS; CHECK_FAIL with a diagnostic, also when it did not look at the ranges.
 */
enum check_verdict bench_scan(struct bench *bench, struct bench_scan *scan);

/* bench_counts_ptes() - are the PTEs of a scan counted? */
bool bench_counts_ptes(const struct bench *bench);

/* bench_hears() - is what scans took more than what scans of nothing differ by?
 * @heard: how many of them took more than @noise
 * @scans: of so many
 * Return: CHECK_PASS when it is most of them; CHECK_SKIP with @skip_reason.
 */
enum check_verdict bench_hears(struct bench *bench, unsigned int heard, unsigned int scans);

/* bench_settle() - scan until that changes nothing any more.
 * Return: as bench_scan(); CHECK_FAIL too when there is no end of it.
 */
enum check_verdict bench_settle(struct bench *bench);

/* bench_look() - read the tables of all ranges.
 * Return: CHECK_PASS; CHECK_FAIL with a diagnostic.
 */
enum check_verdict bench_look(struct bench *bench, struct bench_look *look);

/* bench_release() - give back the ranges; others may be laid out then. */
void bench_release(struct bench *bench);

/* bench_end() - the same, and all else. */
void bench_end(struct bench *bench);

#endif
