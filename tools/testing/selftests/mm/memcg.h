/* SPDX-License-Identifier: GPL-2.0 */
/* A memory cgroup of a test's own. */
#ifndef MEMCG_H
#define MEMCG_H

#include <stdbool.h>
#include <stddef.h>

#include "resources.h"

struct memcg {
	char path[RESOURCE_PATH];
};

/* memcg_make() - a fresh one.
 * Return: NULL; or the reason to skip, a constant.
 */
const char *memcg_make(struct memcg *memcg);

/* memcg_join() - put the calling process into it. Return: 0 or a negative errno. */
int memcg_join(const struct memcg *memcg);

/* memcg_enter() - memcg_make() and memcg_join().
 * Return: NULL; or the reason to skip, a constant.
 */
const char *memcg_enter(struct memcg *memcg);

/* memcg_has() - does it have such a file, to be written to? */
bool memcg_has(const struct memcg *memcg, const char *file);

/* memcg_set() - write to one of its files. Return: 0 or a negative errno. */
int memcg_set(const struct memcg *memcg, const char *file, const char *value);

/* memcg_value() - a number out of one of its files.
 * @file: as "memory.stat"
 * @key: the word before the number; NULL where the file is one number
 * Return: the number; -1 when there is none.
 */
long memcg_value(const struct memcg *memcg, const char *file, const char *key);

/* memcg_set_tight() - let it have what it uses now, and not a page more.
 *
 * What the CPUs hold in stock for it is charged too, and would be handed out beyond the
 * limit: a memory.high of 0 takes it back (mm/memcontrol.c: memory_high_write()), and
 * unlike memory.max never kills. From other CPUs it is taken back a little later, so all
 * processes of the cgroup should have run on the CPU of the caller. Nothing of it may be
 * swapped out, so that its memory stays.
 *
 * Return: 0; -EAGAIN when its use does not come to rest; another negative errno.
 */
int memcg_set_tight(const struct memcg *memcg);

#endif
