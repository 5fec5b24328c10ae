// SPDX-License-Identifier: GPL-2.0
/* What a race leaves behind; see race_leaks.h. */
#include <unistd.h>

#include "kselftest.h"

#include "collapse_check.h"
#include "race_leaks.h"

/*
 * Pages that each CPU may hold: charges in stock (mm/memcontrol.c: MEMCG_CHARGE_BATCH), which
 * come back with the next charge whenever they are taken away; and pages that are on their way
 * to four LRU lists (mm/swap.c: struct cpu_fbatches, PAGEVEC_SIZE).
 */
#define HELD_BY_CPU	(64 + 4 * 31)
#define ATTEMPTS	12	/* four seconds in all: statistics may be two seconds late */

/* Bytes of swap that the process is said to have, beyond what its page tables have. */
static long swapped_beyond(const struct race_leaks *leaks)
{
	size_t counted = 0, found = 0;

	if (leaks->generation == GEN_NONE || proc_kb("/proc/self/status", "VmSwap", &counted) ||
	    proc_kb("/proc/self/smaps_rollup", "Swap", &found))
		return 0;
	return (long)counted - (long)found;
}

/*
 * Bytes that are charged to the cgroup as mapped anonymous memory, but are not in its only
 * process. What that process had before it came is charged elsewhere, so less is no leak of
 * another.
 */
static long mapped_beyond(const struct memcg *memcg)
{
	size_t own = 0;
	long mapped = memcg_value(memcg, "memory.stat", "anon");

	proc_kb("/proc/self/smaps_rollup", "Anonymous", &own);
	return mapped > (long)own ? mapped - (long)own : 0;
}

/* Bytes that are charged as nothing that the statistics know: folios that nobody maps. */
static long charged_as_nothing(const struct memcg *memcg)
{
	static const char *const known[] = { "anon", "file", "kernel", "sock" };
	long charged, value;
	unsigned int i;

	charged = memcg_value(memcg, "memory.current", NULL);
	for (i = 0; i < ARRAY_SIZE(known); i++) {
		value = memcg_value(memcg, "memory.stat", known[i]);
		charged -= value > 0 ? value : 0;
	}
	charged -= HELD_BY_CPU * sysconf(_SC_NPROCESSORS_ONLN) * sysconf(_SC_PAGESIZE);
	return charged > 0 ? charged : 0;
}

void race_leaks_begin(struct race_leaks *leaks, enum generation generation)
{
	*leaks = (struct race_leaks){ .generation = generation };
	if (memcg_enter(&leaks->memcg)) {
		*leaks->memcg.path = '\0';
		check_print("no memory cgroup: what is left charged cannot be told");
	}
}

bool race_leaks_check(const struct race_leaks *leaks)
{
	long swapped, mapped = 0, charged = 0;
	unsigned int attempt;

	for (attempt = 0; attempt < ATTEMPTS; attempt++) {
		swapped = swapped_beyond(leaks);
		if (*leaks->memcg.path) {
			mapped = mapped_beyond(&leaks->memcg);
			charged = charged_as_nothing(&leaks->memcg);
		}
		if (!swapped && !mapped && !charged)
			return true;
		usleep(1000 << attempt);
	}
	check_printf("left behind: %ld bytes of swap, %ld mapped elsewhere, %ld by nobody",
		     swapped, mapped, charged);
	return false;
}
