// SPDX-License-Identifier: GPL-2.0
/* Many batches of random cases, processes in turns; see explore_run.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"

#include "explore_run.h"
#include "random.h"

#define POLL_MS	20

/* What the workers and their parent share. */
struct shared {
	struct batch_figures figures[EXPLORE_WORKERS];
	atomic_ulong tables;
	atomic_ulong tables_of[NR_FAMILIES];
	atomic_ulong given_up;
	atomic_ulong given_up_of[NR_FAMILIES];
	atomic_bool stop;
	atomic_bool enough;
	atomic_flag failed;
	atomic_uint holder;		/* of the turn, or NO_WORKER */
	bool failure_written;
	struct explore_failed failure;
	const char *missing;		/* why batches were given up, a constant; NULL: none was */
};

/* A batch and where it comes from. */
struct slot {
	struct explore_batch *batch;
	uint64_t number;
	enum draw_family family;
	bool begun;			/* it has its large folios */
	bool given_up;			/* the machine lacks something */
};

/* Nobody has the turn. */
#define NO_WORKER	EXPLORE_WORKERS

/* One process. Who holds the byte of the pipe has the machine to himself: a turn. */
struct worker {
	const struct explore_plan *plan;
	struct shared *shared;
	unsigned int id;
	int turn[2];
	uint64_t deadline;		/* 0: none */
	struct slot now;		/* at work */
	struct slot next;
};

unsigned int explore_batch_size(const struct vm_geometry *vm, size_t memory)
{
	/* Of each worker, a batch that is compared and the folios of the next. */
	size_t nr = memory / (2 * EXPLORE_WORKERS * vm->pmd_size);

	if (nr < 2)
		return 0;
	return nr < BATCH_MAX ? nr : BATCH_MAX;
}

enum draw_family explore_draw_batch(const struct explore_plan *plan, uint64_t number,
				    struct explore_batch *batch)
{
	unsigned int families = draw_families(&plan->options), nth, family = 0;

	nth = number % __builtin_popcount(families);
	while (!(families & BIT(family)) || nth--)
		family++;
	if (!draw_batch(random_of(plan->seed, number), number, &plan->options, family,
			batch->cases, batch->nr - 1))
		abort();	/* a worker that dies is a failure of the run */
	explore_case_canary(batch->cases[0], batch->orders, batch->cases[batch->nr - 1]);
	return family;
}

static void format_table(const struct pte_table *table, char *text)
{
	pte_table_format(table, text, EXPLORE_TEXT);
}

/* A batch that the machine could not do to its end says nothing of the kernel. */
static enum batch_state give_up(struct worker *worker, struct slot *slot)
{
	slot->given_up = true;
	atomic_fetch_add(&worker->shared->given_up, slot->batch->nr - 1);
	atomic_fetch_add(&worker->shared->given_up_of[slot->family], slot->batch->nr - 1);
	worker->shared->missing = slot->batch->failure.missing;
	return BATCH_DONE;
}

static enum batch_state report(struct worker *worker, struct slot *slot)
{
	struct explore_failed *failure = &worker->shared->failure;
	const struct explore_batch *batch = slot->batch;
	int nr = batch->failure.nr;

	if (batch->failure.missing)
		return give_up(worker, slot);
	atomic_store(&worker->shared->stop, true);
	if (atomic_flag_test_and_set(&worker->shared->failed))
		return BATCH_FAILED;
	failure->number = slot->number;
	failure->family = slot->family;
	failure->nr = nr;
	snprintf(failure->what, sizeof(failure->what), "%s", batch->failure.what);
	if (nr >= 0)
		explore_case_format(batch->cases[nr], failure->text, sizeof(failure->text));
	failure->trouble = batch->failure.trouble;
	if (nr >= 0 && (failure->trouble == TROUBLE_TABLE || failure->trouble == TROUBLE_SET_UP)) {
		format_table(batch->expected[nr], failure->expected);
		format_table(batch->seen[nr], failure->seen);
	}
	worker->shared->failure_written = true;
	return BATCH_FAILED;
}

static bool take_turn(struct worker *worker)
{
	char byte;

	if (read(worker->turn[0], &byte, 1) != 1)
		return false;
	atomic_store(&worker->shared->holder, worker->id);
	return true;
}

static void give_turn(struct worker *worker)
{
	atomic_store(&worker->shared->holder, NO_WORKER);
	if (write(worker->turn[1], "", 1) != 1)
		atomic_store(&worker->shared->stop, true);
}

static bool is_late(const struct worker *worker)
{
	uint64_t patience = atomic_load(&worker->shared->enough) ? 0 : worker->plan->patience_ns;

	return worker->deadline && now_ns() >= worker->deadline + patience;
}

static bool is_over(const struct worker *worker)
{
	const struct explore_plan *plan = worker->plan;

	return atomic_load(&worker->shared->stop) || is_late(worker) ||
	       (plan->max_tables && atomic_load(&worker->shared->tables) +
				    atomic_load(&worker->shared->given_up) >= plan->max_tables);
}

static void draw(struct worker *worker, struct slot *slot, uint64_t number)
{
	slot->batch->attempts = 0;
	slot->number = number;
	slot->family = explore_draw_batch(worker->plan, number, slot->batch);
	slot->begun = false;
	slot->given_up = false;
}

/* In a turn. */
static enum batch_state begin(struct worker *worker, struct slot *slot)
{
	slot->begun = true;
	if (batch_begin(slot->batch) != BATCH_FAILED || report(worker, slot) != BATCH_FAILED)
		return BATCH_GOES_ON;
	return BATCH_FAILED;
}

static enum batch_state begin_in_turn(struct worker *worker, struct slot *slot)
{
	enum batch_state state;

	if (!take_turn(worker))
		return BATCH_FAILED;
	state = begin(worker, slot);
	give_turn(worker);
	return state;
}

/* One turn: a collapse; at the end of a batch, the folios of the next one too. */
static enum batch_state do_turn(struct worker *worker)
{
	struct slot *now = &worker->now;
	enum batch_state state;

	if (!take_turn(worker))
		return BATCH_DONE;
	state = batch_collapse(now->batch);
	if (state == BATCH_FAILED)
		state = report(worker, now);
	else if (now->batch->settled && !worker->next.begun && !is_over(worker))
		state = begin(worker, &worker->next);
	give_turn(worker);
	return state;
}

static void count_tables(struct worker *worker, unsigned long *before)
{
	unsigned long tables = worker->shared->figures[worker->id].tables;

	atomic_fetch_add(&worker->shared->tables, tables - *before);
	atomic_fetch_add(&worker->shared->tables_of[worker->now.family], tables - *before);
	*before = tables;
}

/*
 * The batch at work, to its end or to the end of time; never between two looks.
 * Return: BATCH_DONE, BATCH_AGAIN or BATCH_FAILED.
 */
static enum batch_state finish_batch(struct worker *worker)
{
	unsigned long tables = worker->shared->figures[worker->id].tables;
	struct explore_batch *batch = worker->now.batch;
	enum batch_state state = batch_set_up(batch);

	if (state == BATCH_GOES_ON)
		state = batch_advance(batch);
	while (state == BATCH_GOES_ON) {
		state = do_turn(worker);
		if (state != BATCH_GOES_ON)
			return state;
		state = batch_judge(batch);
		count_tables(worker, &tables);
		if (state == BATCH_GOES_ON && !batch->scans && is_over(worker))
			return BATCH_DONE;
	}
	return state == BATCH_FAILED ? report(worker, &worker->now) : state;
}

/* The batch at work, with its end; from its beginning again where a counter was wrong. */
static enum batch_state run_batch(struct worker *worker)
{
	struct slot *slot = &worker->now;
	enum batch_state state = BATCH_DONE;

	do {
		if (state == BATCH_AGAIN && begin_in_turn(worker, slot) == BATCH_FAILED)
			return BATCH_FAILED;
		state = slot->given_up ? BATCH_DONE : finish_batch(worker);
		if (state != BATCH_FAILED && batch_end(slot->batch) == BATCH_FAILED)
			state = report(worker, slot);
	} while (state == BATCH_AGAIN);
	return state;
}

static void swap_slots(struct worker *worker)
{
	struct slot now = worker->now;

	worker->now = worker->next;
	worker->next = now;
}

/* Nothing that a batch holds outlives it, whatever became of it: not the child either. */
static void end_batches(struct worker *worker)
{
	range_area_unmap(&worker->now.batch->area);
	range_area_unmap(&worker->next.batch->area);
}

static void work(struct worker *worker)
{
	enum batch_state state = BATCH_DONE;

	draw(worker, &worker->next, worker->id);
	while (state != BATCH_FAILED && !is_over(worker)) {
		if (!worker->next.begun &&
		    begin_in_turn(worker, &worker->next) == BATCH_FAILED)
			break;
		swap_slots(worker);
		draw(worker, &worker->next, worker->now.number + EXPLORE_WORKERS);
		state = run_batch(worker);
	}
	end_batches(worker);
}

/* Return: the process id, or a negative errno. */
static pid_t start_worker(const struct explore_plan *plan, struct shared *shared,
			  const int turn[2], unsigned int id)
{
	struct batch_figures *figures = &shared->figures[id];
	struct worker worker = {
		.plan = plan, .shared = shared, .id = id,
		.turn = { turn[0], turn[1] },
		.deadline = plan->duration_ns ? now_ns() + plan->duration_ns : 0,
	};
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid < 0 ? -errno : pid;
	worker.now.batch = batch_alloc(plan->vm, plan->generation, plan->batch_size, figures);
	worker.next.batch = batch_alloc(plan->vm, plan->generation, plan->batch_size, figures);
	if (!worker.now.batch || !worker.next.batch)
		_exit(1);
	work(&worker);
	_exit(0);
}

static void add_figures(struct batch_figures *to, const struct batch_figures *from)
{
	unsigned int i, order;

	to->tables += from->tables;
	to->cases += from->cases;
	to->late += from->late;
	to->counted += from->counted;
	to->uncounted += from->uncounted;
	to->recounted += from->recounted;
	to->scan_ns += from->scan_ns;
	for (i = 0; i < ARRAY_SIZE(to->defects); i++)
		to->defects[i] += from->defects[i];
	for (i = 0; i < NR_COLLAPSE_RULES; i++)
		for (order = 0; order < MAX_ORDERS; order++)
			to->rules[i][order] += from->rules[i][order];
}

static void sum_up(const struct shared *shared, struct batch_figures *figures)
{
	unsigned int i;

	memset(figures, 0, sizeof(*figures));
	for (i = 0; i < EXPLORE_WORKERS; i++)
		add_figures(figures, &shared->figures[i]);
}

/* Return: the number of the worker, or @nr. */
static unsigned int worker_of(pid_t pid, const pid_t *workers, unsigned int nr)
{
	unsigned int id;

	for (id = 0; id < nr && workers[id] != pid; id++)
		;
	return id;
}

/*
 * A worker that died may have taken the turn along: the others must not wait for it. What
 * else ends is a child that a dead worker left to us.
 */
static int wait_for_workers(const struct explore_plan *plan, struct shared *shared, int turn,
			    const pid_t *workers, unsigned int nr,
			    struct explore_result *result)
{
	unsigned int alive = nr, id;
	int status, err = 0;

	while (alive) {
		struct rusage usage;
		pid_t pid = wait4(-1, &status, WNOHANG, &usage);

		if (pid < 0)
			return -errno;
		if (!pid) {
			poll(NULL, 0, POLL_MS);
			sum_up(shared, &result->figures);
			if (plan->enough)
				atomic_store(&shared->enough, plan->enough(&result->figures));
			continue;
		}
		id = worker_of(pid, workers, nr);
		if (id == nr)
			continue;
		alive--;
		result->rss_kb += usage.ru_maxrss;
		if (!status)
			continue;
		result->died = status;
		atomic_store(&shared->stop, true);
		if (atomic_load(&shared->holder) == id && write(turn, "", 1) != 1)
			err = -errno;
	}
	return err;
}

int explore_run(const struct explore_plan *plan, struct explore_result *result)
{
	pid_t workers[EXPLORE_WORKERS];
	struct shared *shared;
	unsigned int i, nr;
	uint64_t start;
	int turn[2], err = 0;

	memset(result, 0, sizeof(*result));
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED)
		return -errno;
	if (pipe2(turn, O_CLOEXEC) || write(turn[1], "", 1) != 1) {
		err = -errno;
		munmap(shared, sizeof(*shared));
		return err;
	}
	atomic_store(&shared->holder, NO_WORKER);
	start = now_ns();
	for (nr = 0; nr < EXPLORE_WORKERS && !err; nr++) {
		workers[nr] = start_worker(plan, shared, turn, nr);
		if (workers[nr] < 0)
			err = workers[nr];
	}
	if (err)
		atomic_store(&shared->stop, true);
	nr -= !!err;
	err = wait_for_workers(plan, shared, turn[1], workers, nr, result) ?: err;
	result->ns = now_ns() - start;
	sum_up(shared, &result->figures);
	for (i = 0; i < NR_FAMILIES; i++) {
		result->tables[i] = shared->tables_of[i];
		result->given_up[i] = shared->given_up_of[i];
	}
	result->all_given_up = shared->given_up;
	result->failed = shared->failure_written;
	result->failure = shared->failure;
	result->missing = shared->missing;
	close(turn[0]);
	close(turn[1]);
	munmap(shared, sizeof(*shared));
	return err;
}

enum explore_verdict explore_one(const struct vm_geometry *vm, enum generation generation,
				 const struct explore_case *c,
				 struct batch_figures *figures,
				 struct batch_failure *failure,
				 void (*show)(const struct explore_batch *batch))
{
	struct explore_batch *batch = batch_alloc(vm, generation, 2, figures);
	enum batch_state state;

	*failure = (struct batch_failure){ .nr = -1, .what = "out of memory" };
	if (!batch)
		return EXPLORE_FAILED;
	explore_case_copy(batch->cases[0], c);
	if (!explore_case_canary(c, batch->orders, batch->cases[1])) {
		snprintf(failure->what, sizeof(failure->what), "too many steps");
		batch_free(batch);
		return EXPLORE_FAILED;
	}
	batch->show = show;
	do {
		state = batch_begin(batch);
		if (state == BATCH_GOES_ON)
			state = batch_set_up(batch);
		if (state == BATCH_GOES_ON)
			state = batch_advance(batch);
		while (state == BATCH_GOES_ON) {
			state = batch_collapse(batch);
			if (state == BATCH_GOES_ON)
				state = batch_judge(batch);
		}
		if (batch_end(batch) == BATCH_FAILED)
			state = BATCH_FAILED;
	} while (state == BATCH_AGAIN);
	*failure = batch->failure;
	batch_free(batch);
	if (state != BATCH_FAILED)
		return EXPLORE_AS_EXPECTED;
	return failure->missing ? EXPLORE_MISSING : EXPLORE_FAILED;
}
