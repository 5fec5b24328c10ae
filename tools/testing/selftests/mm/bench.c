// SPDX-License-Identifier: GPL-2.0
/* Ranges that khugepaged scans, and what that costs; see bench.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench.h"
#include "pte_read.h"
#include "pte_setup.h"
#include "random.h"
#include "trace.h"

#define IDLE_SCANS	15
#define SETTLE_SCANS	10
#define AT_ONCE		256	/* ranges that are read back by one look at smaps */

/* PTEs that were looked at since the last call; 0 where they are not counted. */
static double read_progress(struct bench *bench)
{
	char line[400];
	double ptes = 0;

	if (!bench->scans)
		return 0;
	clearerr(bench->scans);
	while (fgets(line, sizeof(line), bench->scans)) {
		const char *progress = strstr(line, "progress=");

		if (progress)
			ptes += strtoul(progress + strlen("progress="), NULL, 10);
	}
	return ptes;
}

/* Of all sizes, since boot. */
static long count_allocations(const struct bench *bench)
{
	struct thp_counters counters;
	unsigned int order;
	long all = 0;

	thp_counters_read(bench->vm, &counters);
	for (order = 0; order <= bench->vm->pmd_order; order++)
		all += counters.size[order].collapse_alloc;
	return bench->generation == GEN_NONE ? counters.thp_collapse_alloc : all;
}

/* One scan, of whatever there is. */
static enum check_verdict scan_all(struct bench *bench, struct bench_scan *scan)
{
	long before = count_allocations(bench);
	pid_t pid = bench->khugepaged.pid;
	uint64_t start = 0, end = 0;
	int err;

	read_progress(bench);
	err = khugepaged_cpu(&bench->khugepaged, &start) ?:
	      khugepaged_scan(&bench->khugepaged, 1) ?:
	      khugepaged_cpu(&bench->khugepaged, &end);
	if (!err && bench->khugepaged.pid != pid)
		err = -ESRCH;
	if (err) {
		check_printf("a scan of khugepaged: %s", strerror(-err));
		return CHECK_FAIL;
	}
	scan->ns = end - start;
	scan->ptes = read_progress(bench);
	scan->allocations = count_allocations(bench) - before;
	return CHECK_PASS;
}

static int compare_ns(const void *a, const void *b)
{
	double one = ((const struct bench_scan *)a)->ns, other = ((const struct bench_scan *)b)->ns;

	return (one > other) - (one < other);
}

/* What a scan costs that finds nothing of ours: the median; and the quartiles, how sure that is. */
static enum check_verdict measure_idle(struct bench *bench)
{
	enum check_verdict verdict = CHECK_PASS;
	struct bench_scan scans[IDLE_SCANS];
	unsigned int i;

	for (i = 0; i < IDLE_SCANS && !verdict; i++)
		verdict = scan_all(bench, &scans[i]);
	if (verdict)
		return verdict;
	qsort(scans, IDLE_SCANS, sizeof(*scans), compare_ns);
	bench->idle = scans[IDLE_SCANS / 2];
	bench->noise = scans[IDLE_SCANS * 3 / 4].ns - scans[IDLE_SCANS / 4].ns;
	return CHECK_PASS;
}

static enum check_verdict skip(struct bench *bench, const char *reason)
{
	bench->skip_reason = reason;
	return CHECK_SKIP;
}

enum check_verdict bench_begin(struct bench *bench, const struct vm_geometry *vm,
			       const struct thp_settings *settings)
{
	enum check_verdict verdict;
	uint64_t ns;
	int err;

	*bench = (struct bench){
		.vm = vm, .generation = generation_detect(vm), .settings = *settings,
	};
	verdict = check_apply(vm, settings);
	if (verdict)
		return verdict;
	bench->khugepaged.pid = khugepaged_find();
	err = khugepaged_cpu(&bench->khugepaged, &ns);
	if (err == -ESRCH)
		return skip(bench, "the thread of khugepaged cannot be seen");
	if (err == -ENOENT)
		return skip(bench, "no /proc/PID/schedstat, CONFIG_SCHED_INFO is needed");
	if (err) {
		check_printf("the CPU time of khugepaged: %s", strerror(-err));
		return CHECK_FAIL;
	}
	bench->scans = trace_pipe("mm_khugepaged_scan");
	return measure_idle(bench);
}

unsigned int bench_fitting(const struct vm_geometry *vm, unsigned int wanted)
{
	size_t fit = meminfo_bytes("MemAvailable") / 3 * 2 / vm->pmd_size;

	return fit < wanted ? fit : wanted;
}

/* Read the tables of some ranges, and do something with each. */
static enum check_verdict each_seen(struct bench *bench,
				    enum check_verdict (*act)(struct bench *bench,
							      const struct pte_table *seen,
							      void *arg),
				    void *arg)
{
	enum check_verdict verdict = CHECK_PASS;
	struct pte_table *seen[AT_ONCE];
	struct setup_error error;
	unsigned int from, nr, i;

	for (i = 0; i < AT_ONCE; i++)
		seen[i] = pte_table_alloc(bench->vm->pmd_order);
	for (from = 0; from < bench->nr_ranges && !verdict; from += nr) {
		nr = bench->nr_ranges - from < AT_ONCE ? bench->nr_ranges - from : AT_ONCE;
		if (!seen[AT_ONCE - 1] ||
		    pte_read_back(bench->vm, bench->ranges + from, nr, seen, &error)) {
			check_printf("reading back: %s",
				     seen[AT_ONCE - 1] ? error.what : strerror(ENOMEM));
			verdict = CHECK_FAIL;
		}
		for (i = 0; i < nr && !verdict; i++)
			verdict = act(bench, seen[i], arg);
	}
	for (i = 0; i < AT_ONCE; i++)
		free(seen[i]);
	return verdict;
}

static enum check_verdict is_as_wanted(struct bench *bench, const struct pte_table *seen, void *arg)
{
	(void)arg;
	if (pte_table_equal(bench->wanted, seen))
		return CHECK_PASS;
	check_print("the set-up did not take");
	pte_table_draw(bench->wanted, seen, check_print);
	return CHECK_FAIL;
}

static enum check_verdict set_up(struct bench *bench)
{
	static uint64_t stamp;
	struct disturbances before, after;
	unsigned long folios = pte_table_orders(bench->wanted);
	struct thp_settings quiet = thp_settings_quiet(bench->vm, folios);
	enum check_verdict verdict = check_apply(bench->vm, &quiet);
	struct setup_error error;
	unsigned int i;

	if (verdict)
		return verdict;
	for (i = 0; i < bench->nr_ranges; i++)
		bench->ranges[i] = (struct range){
			.wanted = bench->wanted, .stamp = ++stamp,
			.table_exists = !pte_table_count(bench->wanted, PTE_DATA_STATES),
		};
	if (range_area_map(bench->vm, &bench->area, bench->ranges, bench->nr_ranges))
		return skip(bench, "no room in the address space");
	disturbances_read(bench->vm, folios, &before);
	if (pte_setup(bench->vm, &bench->area, &error)) {
		check_printf("set-up failed: %s", error.what);
		return error.missing ? skip(bench, error.missing) : CHECK_FAIL;
	}
	verdict = each_seen(bench, is_as_wanted, NULL);
	disturbances_read(bench->vm, folios, &after);
	if (verdict && after.fault_failed != before.fault_failed)
		return skip(bench, "page faults got no folios of a size that was needed");
	return verdict;
}

enum check_verdict bench_lay_out(struct bench *bench, struct pte_table *wanted, unsigned int nr)
{
	enum check_verdict verdict;
	unsigned int i;

	bench->wanted = wanted;
	bench->nr_ranges = nr;
	bench->ranges = calloc(nr, sizeof(*bench->ranges));
	if (!bench->ranges)
		return skip(bench, "not enough memory for the ranges");
	verdict = set_up(bench) ?: check_apply(bench->vm, &bench->settings);
	/* Only now may khugepaged see them: each scan is one that is measured. */
	for (i = 0; i < nr && !verdict; i++) {
		if (!madvise(bench->ranges[i].start, bench->vm->pmd_size, MADV_HUGEPAGE))
			continue;
		check_printf("MADV_HUGEPAGE: %s", strerror(errno));
		verdict = CHECK_FAIL;
	}
	return verdict;
}

enum check_verdict bench_scan(struct bench *bench, struct bench_scan *scan)
{
	enum check_verdict verdict = scan_all(bench, scan);
	bool worked;

	if (verdict)
		return verdict;
	worked = scan->ns > 0;
	scan->ns -= bench->idle.ns;
	/* It counts each VMA as well that it passes by: the gap behind each range. */
	scan->ptes -= bench->idle.ptes + bench->nr_ranges;
	if (worked && (!bench_counts_ptes(bench) || scan->ptes >= bench->nr_ranges))
		return CHECK_PASS;
	check_printf("khugepaged was not there: %.0f ns and %.0f PTEs more than without ranges",
		     scan->ns, scan->ptes);
	return CHECK_FAIL;
}

bool bench_counts_ptes(const struct bench *bench)
{
	return bench->scans;
}

enum check_verdict bench_hears(struct bench *bench, unsigned int heard, unsigned int scans)
{
	if (2 * heard > scans)
		return CHECK_PASS;
	return skip(bench, "a scan takes hardly longer than one of nothing: try more --ranges");
}

enum check_verdict bench_settle(struct bench *bench)
{
	enum check_verdict verdict;
	struct bench_look look;
	struct bench_scan scan;
	uint64_t before;
	unsigned int i;

	verdict = bench_look(bench, &look);
	for (i = 0; i < SETTLE_SCANS && !verdict; i++) {
		before = look.hash;
		verdict = bench_scan(bench, &scan) ?: bench_look(bench, &look);
		if (!verdict && look.hash == before)
			return CHECK_PASS;
	}
	if (!verdict)
		check_printf("each of %u scans changed something", i);
	return verdict ?: CHECK_FAIL;
}

struct look {
	struct bench_look *result;
	struct pte_table *first;
};

static enum check_verdict look_at(struct bench *bench, const struct pte_table *seen, void *arg)
{
	struct look *look = arg;
	struct bench_look *result = look->result;
	unsigned int offset;

	if (!look->first) {
		look->first = pte_table_alloc(bench->vm->pmd_order);
		if (!look->first) {
			check_print("no memory for a table");
			return CHECK_FAIL;
		}
		pte_table_copy(look->first, seen);
	}
	result->alike = result->alike && pte_table_equal(look->first, seen);
	for (offset = 0; offset < seen->nr; offset++) {
		const struct pte *pte = &seen->pte[offset];

		result->hash = random_of(result->hash, (uint64_t)pte->state << 32 |
					 pte->order << 16 | pte->index << 1 | pte->stray);
		if (pte_is(pte, PTE_FOLIO_STATES)) {
			result->pages[pte->order]++;
			result->present++;
		}
	}
	return CHECK_PASS;
}

enum check_verdict bench_look(struct bench *bench, struct bench_look *result)
{
	struct look look = { .result = result };
	enum check_verdict verdict;
	size_t size = sizeof(result->first);

	*result = (struct bench_look){ .alike = true };
	verdict = each_seen(bench, look_at, &look);
	if (!verdict && pte_table_format(look.first, result->first, size) >= size)
		memcpy(result->first + size - sizeof("..."), "...", sizeof("..."));
	free(look.first);
	return verdict;
}

void bench_release(struct bench *bench)
{
	range_area_unmap(&bench->area);
	free(bench->ranges);
	bench->ranges = NULL;
	bench->nr_ranges = 0;
}

void bench_end(struct bench *bench)
{
	bench_release(bench);
	if (bench->scans)
		fclose(bench->scans);
	bench->scans = NULL;
}
