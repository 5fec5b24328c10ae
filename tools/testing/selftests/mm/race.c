// SPDX-License-Identifier: GPL-2.0
/* khugepaged against racers; see race.h. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "kselftest.h"

#include "collapse_compare.h"
#include "random.h"
#include "pte_read.h"
#include "race.h"

#define EMPTY_SCANS	2	/* in a row: khugepaged passes by who holds the mmap_lock */
#define TRY_US		1000	/* until one was seen */
#define MAX_TRY_US	20000	/* a scan that had to wait tells nothing of a try */
#define NAP_US		5000
#define RSS_ATTEMPTS	5
#define IDLE_US		100000	/* a round in which nothing is collapsed */
#define CHILDS_US	20000	/* a round in which children force a collapse */

bool race_failed(struct race *race, const char *format, ...)
{
	char text[400];
	va_list args;

	if (!atomic_flag_test_and_set(&race->failed)) {
		va_start(args, format);
		vsnprintf(text, sizeof(text), format, args);
		va_end(args);
		/* At once: the kernel may not live for long. */
		check_printf("round %lu of seed %llu: %s", race->figures.rounds,
			     (unsigned long long)race->seed, text);
		race->has_failed = true;
	}
	atomic_store(&race->over, true);
	atomic_store(&race->round_over, true);
	return false;
}

bool race_impossible(struct race *race, const char *reason)
{
	race->skip_reason = reason;
	atomic_store(&race->over, true);
	atomic_store(&race->round_over, true);
	return false;
}

void racer_did(struct racer *racer)
{
	atomic_fetch_add(&racer->did, 1);
}

unsigned int racer_below(struct racer *racer, unsigned int limit)
{
	return limit ? (random_of(racer->seed, racer->next++) >> 16) % limit : 0;
}

unsigned int racer_pages(struct racer *racer, unsigned int nr)
{
	unsigned int own = racer->race->memory.nr / racer->nr;

	return racer->index * own + racer_below(racer, own - nr + 1);
}

void racer_waits(struct racer *racer, double tries)
{
	const struct race *race = racer->race;
	unsigned int us = racer_below(racer, tries * atomic_load(&race->try_us));

	/* The end of a round is not waited for. */
	for (; us > NAP_US && !atomic_load(&race->round_over); us -= NAP_US)
		usleep(NAP_US);
	usleep(us < NAP_US ? us : 0);
}

void racer_waits_in_scan(struct racer *racer)
{
	racer_waits(racer, atomic_load(&racer->race->scan_tries));
}

size_t race_size(const struct race *race)
{
	return race->memory.nr_ranges * race->vm->pmd_size;
}

bool racer_writes(struct racer *racer)
{
	struct race_memory *memory = &racer->race->memory;
	unsigned int page = racer_pages(racer, 1);
	struct race_wrong wrong;
	uint32_t version;

	version = race_write(memory, page);
	if (!race_check_at(memory, race_page(memory, page), page, version, version, &wrong))
		return race_failed(racer->race, "lost at once: %s", wrong.what);
	if (race_check(memory, racer_below(racer, memory->nr), &wrong))
		return true;
	return race_failed(racer->race, "a reader saw %s", wrong.what);
}

enum check_verdict race_begin(struct race *race, const struct vm_geometry *vm,
			      enum generation generation, unsigned long orders,
			      unsigned int nr_ranges, uint64_t seed)
{
	int err;

	*race = (struct race){
		.vm = vm, .generation = generation, .orders = orders, .seed = seed,
		.failed = ATOMIC_FLAG_INIT, .try_us = TRY_US,
		.scan_tries = nr_ranges * vm->nr >> __builtin_ctzl(orders),
		.max_ptes_shared = thp_settings_of(vm, 0, THP_NEVER).max_ptes_shared,
	};
	err = race_memory_reserve(&race->memory, vm, nr_ranges);
	if (err)
		check_printf("addresses for a race: %s", strerror(-err));
	return err ? CHECK_FAIL : CHECK_PASS;
}

static unsigned int nr_cpus(void)
{
	cpu_set_t cpus;

	return sched_getaffinity(0, sizeof(cpus), &cpus) ? 1 : CPU_COUNT(&cpus);
}

unsigned int race_nr_busy(unsigned int most)
{
	unsigned int nr = nr_cpus();

	nr -= nr > 1;
	return nr < most ? nr : most;
}

unsigned int race_nr_owners(const struct race *race)
{
	return race->memory.nr_ranges > 1 ? 2 : 1;
}

void race_add(struct race *race, const char *name, bool (*step)(struct racer *racer),
	      unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct racer *racer = &race->racers[race->nr_racers];

		*racer = (struct racer){
			.race = race, .name = name, .step = step, .index = i, .nr = nr,
			.seed = random_of(race->seed, race->nr_racers),
		};
		race->nr_racers++;
	}
}

/* For khugepaged, which may run anywhere. */
static void leave_a_cpu(void)
{
	cpu_set_t cpus;
	int cpu = 0;

	if (nr_cpus() < 2 || sched_getaffinity(0, sizeof(cpus), &cpus))
		return;
	while (!CPU_ISSET(cpu, &cpus))
		cpu++;
	CPU_CLR(cpu, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
}

/* Each round: wait for the start, do steps until it is over, wait for all others. */
static void *run_racer(void *arg)
{
	struct racer *racer = arg;
	struct race *race = racer->race;

	if (!race->childs_own)
		leave_a_cpu();
	for (;;) {
		pthread_barrier_wait(&race->line);
		if (atomic_load(&race->finished))
			return NULL;
		while (!atomic_load(&race->round_over))
			if (racer->step(racer))
				racer_did(racer);
		pthread_barrier_wait(&race->line);
	}
}

static void remember_things(const struct race *race, unsigned long *things)
{
	unsigned int i;

	for (i = 0; i < race->nr_racers; i++)
		things[i] = atomic_load(&race->racers[i].did);
}

/* Of those that did the least, all racers that do the same together. */
static unsigned long things_since(const struct race *race, const unsigned long *before)
{
	unsigned long least = ~0UL, things = 0;
	unsigned int i;

	for (i = 0; i < race->nr_racers; i++) {
		things += atomic_load(&race->racers[i].did) - before[i];
		if (race->racers[i].index + 1 < race->racers[i].nr)
			continue;
		if (things < least)
			least = things;
		things = 0;
	}
	return least;
}

/* One scan, or MADV_COLLAPSE of each range; who is in the way makes that fail. */
static void collapse(struct race *race)
{
	unsigned int i;
	int err;

	if (race->forced && race->childs_own) {
		usleep(CHILDS_US);
	} else if (race->forced) {
		for (i = 0; i < race->memory.nr_ranges; i++)
			madvise(race->memory.start + i * race->vm->pmd_size, race->vm->pmd_size,
				MADV_COLLAPSE);
	} else {
		err = khugepaged_scan(&race->khugepaged, 1);
		if (err)
			race_failed(race, "khugepaged does not scan: %s", strerror(-err));
	}
}

static unsigned long count_proofs(const struct race *race)
{
	return race->proof ? try_counter_times(&race->counter, race->proof) : 0;
}

static void collapse_and_count(struct race *race, struct tries *tries)
{
	unsigned long before[RACE_MAX_RACERS], things, hits, all;
	unsigned long proofs = count_proofs(race);
	struct race_figures *figures = &race->figures;
	uint64_t start = now_ns();
	unsigned int us;

	remember_things(race, before);
	collapse(race);
	try_counter_read(&race->counter, tries);
	all = tries->collapsed + tries->refused + tries->settled;
	if (all) {
		atomic_store(&race->scan_tries, all);
		/* Scans with few tries take their time for other things. */
		us = (now_ns() - start) / 1000 / all + 1;
		if (us > MAX_TRY_US)
			us = MAX_TRY_US;
		if (!race->figures.tries.collapsed || us < atomic_load(&race->try_us))
			atomic_store(&race->try_us, us);
	}
	things = things_since(race, before);
	hits = tries->collapsed + tries->refused;
	if (hits > things)
		hits = things;
	if (race->proof_is_hit && race->counter.pipe)
		hits = count_proofs(race) - proofs;
	figures->scans++;
	figures->hits += hits;
	figures->tries.collapsed += tries->collapsed;
	figures->tries.refused += tries->refused;
	figures->tries.settled += tries->settled;
}

pid_t race_fork(struct race *race)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		race_failed(race, "fork: %s", strerror(errno));
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
	}
	return pid;
}

long race_count_memory(const struct race *race)
{
	char *start = race->memory.start;
	struct smaps_sum sum;

	if (smaps_read(&start, 1, race_size(race), &sum))
		return -1;
	return (sum.rss + sum.swap) / race->vm->page_size;
}

void race_check_all(struct race *race)
{
	struct race_memory *memory = &race->memory;
	struct race_wrong wrong;
	unsigned int page;

	for (page = 0; page < memory->nr && !atomic_load(&race->over); page++) {
		uint32_t version = atomic_load(&memory->version[page]);

		if (!race_check_at(memory, race_page(memory, page), page, version, version, &wrong))
			race_failed(race, "at the end of it, %s", wrong.what);
	}
}

/* What is reclaimed between two files makes them differ; a wrong counter stays wrong. */
static void check_rss(struct race *race)
{
	unsigned int attempt;
	struct rss rss;

	for (attempt = 0; attempt < RSS_ATTEMPTS; attempt++)
		if (rss_agrees(race->vm, race->generation, &rss))
			return;
	race_failed(race, "/proc/self/status counts %ld anonymous pages, smaps_rollup %ld",
		    rss.status, rss.smaps_rollup);
}

/* Two or more, if there are, and more often small ones: a range has more tries for them. */
static unsigned long some_sizes(unsigned long orders, uint64_t random)
{
	unsigned long smallest = orders & -orders, others = orders & ~smallest;
	unsigned long second = others & -others;

	if (random & 3)
		orders &= 16 * smallest - 1;
	orders &= random >> 2 | smallest;
	return orders == smallest ? smallest | second : orders;
}

/* Sizes of a round. */
static bool apply_settings(struct race *race)
{
	uint64_t random = random_of(~race->seed, race->figures.rounds);
	unsigned long orders = race->orders;
	struct knob_error error;

	if (race->mixed)
		orders = some_sizes(orders, random);
	orders = race->forced ? 0 : orders | race->other_orders;
	race->settings = thp_settings_of(race->vm, orders, THP_MADVISE);
	race->settings.max_ptes_none = race->max_ptes_none;
	race->settings.max_ptes_shared = race->max_ptes_shared;
	if (!thp_settings_apply(race->vm, &race->settings, &error))
		return true;
	return race_failed(race, "%s %s", error.path, error.what);
}

/* Why a race says nothing yet, a constant; NULL when it does. */
static const char *says_nothing(struct race *race)
{
	if (race->idle)
		return NULL;
	if (race->figures.hits < race->min_hits)
		return "the window was not hit often enough";
	if (race->needs_proof && race->proof && race->counter.pipe && !count_proofs(race))
		return "no try was refused for what the racers did";
	return race->vacuous ? race->vacuous(race) : NULL;
}

static bool is_over(struct race *race)
{
	bool says_something = !says_nothing(race);
	bool enough = race->enough_hits && race->figures.hits >= race->enough_hits;

	return atomic_load(&race->over) || (enough && says_something) ||
	       (race->max_rounds && race->figures.rounds >= race->max_rounds) ||
	       now_ns() - race->start >= race->duration_ns * (says_something ? 1 : race->patience);
}

static void advise(struct race *race, char *start, size_t size, int advice)
{
	if (madvise(start, size, advice))
		race_failed(race, "madvise(%d): %s", advice, strerror(errno));
}

/*
 * One range after the other, and no other with it; where khugepaged takes longer than a period,
 * without a pause. It passes by who holds the mmap_lock, so a range may need another scan. In an
 * idle race all is the same but that the range is refused.
 */
static void collapse_at_a_rate(struct race *race)
{
	size_t size = race->vm->pmd_size;
	uint64_t start = now_ns();
	unsigned int i, scan, nr = race->memory.nr_ranges;
	struct tries tries;

	if (race->max_offered && nr > race->max_offered)
		nr = race->max_offered;
	for (i = 0; i < nr && !atomic_load(&race->over); i++) {
		char *range = race->memory.start + i * size;

		wait_until_ns(start + i * race->period_ns);
		atomic_store(&race->offered, i);
		advise(race, range, size, race->idle ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
		scan = 0;
		do
			collapse_and_count(race, &tries);
		while (!race->idle && !tries.collapsed && ++scan < EMPTY_SCANS);
		advise(race, range, size, MADV_NOHUGEPAGE);
	}
	race->figures.paced_ns += now_ns() - start;
}

/* Until all was collapsed that could be; racers that keep khugepaged away end it, too. */
static void collapse_for_a_round(struct race *race)
{
	unsigned int empty = 0;
	struct tries tries;

	if (race->period_ns) {
		collapse_at_a_rate(race);
		return;
	}
	if (race->idle) {
		usleep(IDLE_US);
		return;
	}
	while (empty < EMPTY_SCANS && !is_over(race)) {
		collapse_and_count(race, &tries);
		/* Children come and go all the time. */
		if (race->childs_own)
			continue;
		/* Or most of it: new memory has more to offer. */
		if ((tries.collapsed && !tries.refused) ||
		    tries.settled > tries.collapsed + tries.refused)
			return;
		empty = tries.refused ? 0 : empty + 1;
	}
}

/* New memory, and the settings; then whatever the race wants. */
static bool prepare_round(struct race *race)
{
	int err = race->childs_own ? 0 : race_memory_make(&race->memory);

	if (err)
		return race_failed(race, "memory for a round: %s", strerror(-err));
	if (!apply_settings(race))
		return false;
	if (race->prepare)
		race->prepare(race);
	if (!atomic_load(&race->over) && !race->childs_own && !race->period_ns)
		advise(race, race->memory.start, race_size(race), MADV_HUGEPAGE);
	return !atomic_load(&race->over);
}

static void judge_round(struct race *race)
{
	if (race->judge)
		race->judge(race);
	else if (!race->childs_own)
		race_check_all(race);
	check_rss(race);
}

static void run_round(struct race *race)
{
	race->figures.rounds++;
	if (!prepare_round(race))
		return;
	atomic_store(&race->round_over, false);
	pthread_barrier_wait(&race->line);
	collapse_for_a_round(race);
	atomic_store(&race->round_over, true);
	pthread_barrier_wait(&race->line);
	judge_round(race);
}

static void print_figures(const struct race *race)
{
	const struct race_figures *figures = &race->figures;
	const struct tries *tries = &figures->tries;
	unsigned int i;

	check_printf("%lu rounds, %lu %s, %.1f s; hits %lu: %lu collapsed, %lu refused, %lu done",
		     figures->rounds, figures->scans, race->forced ? "calls" : "scans",
		     (now_ns() - race->start) / 1e9, figures->hits, tries->collapsed,
		     tries->refused, tries->settled);
	if (!race->idle && figures->hits < race->min_hits)
		check_printf("%lu hits are needed: more time, a quieter machine", race->min_hits);
	for (i = 0; i < race->nr_racers; i++)
		check_printf("%s %u: %lu times", race->racers[i].name, race->racers[i].index,
			     atomic_load(&race->racers[i].did));
}

/* Does it say anything? */
static enum check_verdict verdict_of(struct race *race)
{
	if (race->has_failed)
		return CHECK_FAIL;
	if (!race->skip_reason)
		race->skip_reason = says_nothing(race);
	return race->skip_reason ? CHECK_SKIP : CHECK_PASS;
}

enum check_verdict race_run(struct race *race)
{
	unsigned int i, nr;

	if (race->skip_reason)
		return CHECK_SKIP;
	atomic_store(&race->over, false);
	atomic_store(&race->finished, false);
	pthread_barrier_init(&race->line, NULL, race->nr_racers + 1);
	for (nr = 0; nr < race->nr_racers; nr++)
		if (pthread_create(&race->racers[nr].thread, NULL, run_racer, &race->racers[nr]))
			break;
	if (nr < race->nr_racers) {
		check_print("no more threads");
		return CHECK_FAIL;
	}
	race_leaks_begin(&race->leaks, race->generation);
	try_counter_start(&race->counter, race->vm, race->generation,
			  race->other_orders ? race->orders : ~0UL);
	race->start = now_ns();
	while (!is_over(race))
		run_round(race);
	atomic_store(&race->finished, true);
	pthread_barrier_wait(&race->line);
	for (i = 0; i < nr; i++)
		pthread_join(race->racers[i].thread, NULL);
	pthread_barrier_destroy(&race->line);
	race_memory_release(&race->memory);
	race->has_failed = race->has_failed || !race_leaks_check(&race->leaks);
	print_figures(race);
	try_counter_stop(&race->counter);
	return verdict_of(race);
}
