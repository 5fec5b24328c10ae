/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests need of the machine beside memory: swap, memory cgroups, a trace instance.
 *
 * Each is made when a test first asks for it. No test takes one away, it may be killed
 * at any moment: the supervisor does, when all tests are gone. What is to be taken away
 * stands in a file before it is made, so that after a kill of the supervisor the next
 * run, or --restore, finds it.
 *
 * All this works with what privileges_drop() leaves, in a PID namespace. No module is
 * ever loaded: zram and loop devices are used where their driver is there already.
 */
#ifndef RESOURCES_H
#define RESOURCES_H

#include <stdbool.h>
#include <stddef.h>

#define RESOURCES_RECORD	"/run/mthp_khugepaged.resources"

#define RESOURCE_PATH		256	/* bytes for any path of these, with its end */

/* resource_swap() - make sure that there is swap with 64 MB free.
 *
 * What is there is used; else 256 MB are made on a new zram device, else 128 MB on a
 * loop device over an unlinked file. Other processes may be swapped there too.
 * On zram a swapped page is read synchronously and may bypass the swap cache
 * (mm/memory.c: do_swap_page(), SWP_SYNCHRONOUS_IO).
 *
 * Return: NULL; or the reason to skip, a constant, with errno set.
 */
const char *resource_swap(void);

/* resource_memcg() - a fresh cgroup (v2) with the memory controller.
 * @path: receives its folder
 * @size: of @path, bytes; RESOURCE_PATH is enough
 *
 * A process of any PID namespace puts itself there by writing 0 to its cgroup.procs.
 * Each call makes another.
 *
 * Return: NULL; or the reason to skip, a constant, with errno set.
 */
const char *resource_memcg(char *path, size_t size);

/* resource_trace() - a trace instance of one's own, empty, with no event on.
 * @path: receives its folder
 * @size: of @path, bytes; RESOURCE_PATH is enough
 * @keep: or as an earlier call left it
 *
 * There is one: the next call makes it anew, and must not come while it is in use. Its
 * buffer is small; lost events are told in per_cpu/cpuN/stats.
 *
 * Return: NULL; or the reason to skip, a constant, with errno set.
 */
const char *resource_trace(char *path, size_t size, bool keep);

/* resource_ksm() - may a test switch KSM on?
 * Not where it was stopped with pages merged: those would be unmerged when its settings
 * are restored. The settings themselves are thp_knobs().
 * Return: NULL; or the reason to skip, a constant.
 */
const char *resource_ksm(void);

/* What --probe says of them: "yes", how they would be made, or the reason why not. They
 * change nothing.
 */
const char *resource_swap_probe(void);
const char *resource_memcg_probe(void);
const char *resource_trace_probe(void);
const char *resource_ksm_probe(void);

/* resources_release() - take away all that was made, by this run or by a killed one.
 * @removed: called for each thing that was removed (@err 0) or could not be (a negative
 *           errno); may be NULL. @kind says what it is, @path where.
 *
 * To be called when no test is alive. What stands in the file and is not, or no longer,
 * ours is left alone. The file goes when nothing is left.
 *
 * Return: 0; -ENOENT when there is nothing of ours; -EBUSY when something could not be removed,
 * of which @removed was told, the others were all the same; -EINVAL when the file is not
 * one of ours, it is left as it is; another negative errno about the file.
 */
int resources_release(void (*removed)(const char *kind, const char *path, int err));

#endif
