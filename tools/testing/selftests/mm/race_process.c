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
	[ACT_FAULT] = "page fault",
	[ACT_MAP] = "mmap+munmap",
	[ACT_READ] = "read",
};

const char *const process_latency_names[2][NR_ACTS] = {
	{ "page fault alone", "mmap+munmap alone", "read alone" },
	{ "page fault beside", "mmap+munmap beside", "read beside" },
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

static void read_any(struct racer *racer)
{
	const struct race_memory *memory = &racer->race->memory;

	*(volatile char *)race_page(memory, racer_below(racer, memory->nr));
}

/* The next multiple of its period. */
static void wait_for_turn(struct process *process)
{
	uint64_t now = now_ns();

	if (process->turn < now)
		process->turn += (now - process->turn) / PERIOD_NS * PERIOD_NS;
	process->turn += PERIOD_NS;
	wait_until_ns(process->turn);
}

static bool racer_lives(struct racer *racer)
{
	static void (*const acts[NR_ACTS])(struct racer *racer) = {
		[ACT_FAULT] = fault, [ACT_MAP] = map_and_unmap, [ACT_READ] = read_any,
	};
	struct process *process = racer->own;
	enum process_act act;

	wait_for_turn(process);
	madvise(process->page, racer->race->vm->page_size, MADV_DONTNEED);
	for (act = 0; act < NR_ACTS; act++) {
		uint64_t start = now_ns();

		acts[act](racer);
		latency_add(&process->latency[!racer->race->idle][act], now_ns() - start);
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

enum check_verdict process_run(struct race *race, uint64_t idle_ns)
{
	uint64_t duration = race->duration_ns;
	enum check_verdict verdict;

	race->idle = true;
	race->duration_ns = idle_ns;
	verdict = idle_ns ? race_run(race) : CHECK_PASS;
	race->idle = false;
	race->duration_ns = duration;
	race->figures = (struct race_figures){ 0 };
	return verdict ?: race_run(race);
}
