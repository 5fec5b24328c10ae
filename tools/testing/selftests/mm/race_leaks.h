/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a race leaves behind when its memory is gone: memory that is charged to its cgroup, and
 * swap that is counted and nowhere. Counters of the whole machine would be those of other
 * processes, too.
 */
#ifndef RACE_LEAKS_H
#define RACE_LEAKS_H

#include "collapse_model.h"
#include "memcg.h"
#include "vm_util.h"

struct race_leaks {
	struct memcg memcg;	/* of this process; without path where there are none */
	enum generation generation;
};

/* race_leaks_begin() - put the process into a memory cgroup.
 * @generation: of khugepaged; older kernels count swap only about
 */
void race_leaks_begin(struct race_leaks *leaks, enum generation generation);

/* race_leaks_check() - is there anything? What waits to be freed is given time.
 * Return: false, with a diagnostic, when something was left.
 */
bool race_leaks_check(const struct race_leaks *leaks);

#endif
