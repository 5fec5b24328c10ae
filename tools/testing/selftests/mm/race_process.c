// SPDX-License-Identifier: GPL-2.0
/* What a process meets while its memory is collapsed; see race_process.h. */
#include <stdlib.h>
#include <sys/mman.h>

#include "race_process.h"

/*
 * No simple fraction of any rate of collapses: else it would meet the same moment of each, or
 * leave it to chance which moments.
 */
#define PERIOD_NS	309017

const char *const process_act_names[NR_ACTS] = {
	[ACT_TURN] = "turn",
	[ACT_FAULT] = "page fault",
	[ACT_MAP] = "mmap+munmap",
	[ACT_READ] = "read",
};

const char *const process_latency_names[2][NR_ACTS] = {
	{ "turn alone", "page fault alone", "mmap+munmap alone", "read alone" },
	{ "turn beside", "page fault beside", "mmap+munmap beside", "read beside" },
};

static void fault(struct racer *racer)
{
	struct process *process = racer->own;

	touch_page(process->page);
}

static void map_and_unmap(struct racer *racer)
{
	size_t size = racer->race->vm->page_size;

	munmap(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), size);
}

static void read_page(struct racer *racer)
{
	const struct race *race = racer->race;
	const struct race_memory *memory = &race->memory;
	unsigned int first = 0, nr = memory->nr;

	if (race->period_ns) {
		nr = race->vm->nr;
		first = atomic_load(&race->offered) * nr;
	}
	*(volatile char *)race_page(memory, first + racer_below(racer, nr));
}

/* Each turn that it comes too late for counts, or the worst would not be seen. */
static void wait_for_turn(struct process *process, const struct race *race, struct latency *late)
{
	uint64_t now;

	if (process->round != race->figures.rounds)
		process->turn = now_ns();
	process->round = race->figures.rounds;
	process->turn += PERIOD_NS;
	wait_until_ns(process->turn);
	for (now = now_ns(); process->turn + PERIOD_NS <= now; process->turn += PERIOD_NS)
		latency_add(late, now - process->turn);
	latency_add(late, now - process->turn);
}

static bool racer_lives(struct racer *racer)
{
	static void (*const acts[NR_ACTS])(struct racer *racer) = {
		[ACT_FAULT] = fault, [ACT_MAP] = map_and_unmap, [ACT_READ] = read_page,
	};
	struct process *process = racer->own;
	struct latency *latency = process->latency[!racer->race->idle];
	enum process_act act;

	wait_for_turn(process, racer->race, &latency[ACT_TURN]);
	madvise(process->page, racer->race->vm->page_size, MADV_DONTNEED);
	for (act = ACT_FAULT; act < NR_ACTS; act++) {
		uint64_t start = now_ns();

		acts[act](racer);
		latency_add(&latency[act], now_ns() - start);
	}
	return true;
}

struct process *process_add(struct race *race)
{
	struct process *process = calloc(1, sizeof(*process));

	if (!process)
		return NULL;
	process->page = mmap(NULL, race->vm->page_size, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (process->page == MAP_FAILED) {
		free(process);
		return NULL;
	}
	race_add(race, "process", racer_lives, 1);
	race->racers[0].own = process;
	return process;
}

enum check_verdict process_run(struct race *race, bool alone)
{
	enum check_verdict verdict = CHECK_PASS;

	race->idle = true;
	if (alone)
		verdict = race_run(race);
	race->idle = false;
	race->figures = (struct race_figures){ 0 };
	((struct process *)race->racers[0].own)->round = 0;
	return verdict ?: race_run(race);
}
