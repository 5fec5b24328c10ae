// SPDX-License-Identifier: GPL-2.0
/*
 * For tests/resources.t: a run of the suite whose one test does what the command line
 * says. resources_tool ACTION..., each prints a line:
 *
 *   swap, memcg, trace, ksm   ask for it: "swap: yes", or the reason why not
 *   out                       swap memory out, and look whether it comes back
 *   enter                     go into the cgroup of the last memcg
 *   write FILE VALUE          set something
 *   merge                     let KSM merge pages, and keep them
 *   hold                      wait for a signal, for ever
 *   die                       by SIGKILL
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "knob.h"
#include "kselftest.h"
#include "privileges.h"
#include "resources.h"
#include "supervisor.h"
#include "thp_settings.h"
#include "vm_util.h"

#define SECONDS		60
#define OUT_BYTES	((size_t)16 << 20)
#define MERGE_BYTES	((size_t)1 << 20)

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

static struct vm_geometry vm;

static char *map(size_t bytes)
{
	char *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			   0);

	return start == MAP_FAILED ? NULL : start;
}

/* A page's own content: zram would keep no page that is the same all over. */
static unsigned int *word_of(char *start, size_t page)
{
	return (unsigned int *)(start + page * vm.page_size);
}

static unsigned int count_swapped(const char *start, size_t nr)
{
	unsigned int swapped = 0;
	uint64_t entry;
	size_t i;

	for (i = 0; i < nr; i++)
		if (!pagemap_read(&vm, start + i * vm.page_size, 1, &entry) && entry & PM_SWAP)
			swapped++;
	return swapped;
}

static const char *swap_out(void)
{
	size_t i, nr = OUT_BYTES / vm.page_size;
	char *start = map(OUT_BYTES);

	if (!start)
		return "no memory";
	for (i = 0; i < nr; i++)
		*word_of(start, i) = i + 1;
	if (madvise(start, OUT_BYTES, MADV_PAGEOUT))
		return strerror(errno);
	if (count_swapped(start, nr) < nr / 2)
		return "most is not swapped out";
	for (i = 0; i < nr; i++)
		if (*word_of(start, i) != i + 1)
			return "something else came back";
	munmap(start, OUT_BYTES);
	return NULL;
}

static const char *merge(void)
{
	uint64_t deadline = now_ns() + SECONDS / 2 * 1000000000ULL;
	unsigned long shared = 0;
	char *start = map(MERGE_BYTES);
	struct timespec ts = { .tv_nsec = 10000000 };

	if (!start)
		return "no memory";
	memset(start, 7, MERGE_BYTES);
	if (madvise(start, MERGE_BYTES, MADV_MERGEABLE))
		return strerror(errno);
	while (!shared && now_ns() < deadline) {
		nanosleep(&ts, NULL);
		if (read_ulong(KSM_SYSFS "/pages_shared", &shared))
			return "no pages_shared";
	}
	return shared ? NULL : "nothing is merged";
}

static const char *enter(const char *cgroup)
{
	char path[RESOURCE_PATH + 32], text[1024];
	int err;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	err = knob_write_always(path, "0");
	if (err)
		return strerror(-err);
	if (read_text("/proc/self/cgroup", text, sizeof(text)) < 0)
		return "no /proc/self/cgroup";
	printf("# %s\n", text);
	return NULL;
}

static void print(const char *action, const char *path, const char *reason)
{
	printf("%s: %s\n", action, reason ?: *path ? path : "yes");
	fflush(stdout);
}

/* One after another, as a test would. */
static int act(char **action)
{
	char path[RESOURCE_PATH], cgroup[RESOURCE_PATH] = "";

	for (; *action; action++) {
		const char *name = *action, *reason = "what is that?";
		int err;

		path[0] = '\0';
		if (!strcmp(name, "swap")) {
			reason = resource_swap();
		} else if (!strcmp(name, "trace")) {
			reason = resource_trace(path, sizeof(path), false);
		} else if (!strcmp(name, "memcg")) {
			reason = resource_memcg(path, sizeof(path));
			memcpy(cgroup, path, sizeof(cgroup));
		} else if (!strcmp(name, "ksm")) {
			reason = resource_ksm();
		} else if (!strcmp(name, "out")) {
			reason = swap_out();
		} else if (!strcmp(name, "merge")) {
			reason = merge();
		} else if (!strcmp(name, "enter")) {
			reason = enter(cgroup);
		} else if (!strcmp(name, "write") && action[1] && action[2]) {
			err = knob_write(action[1], action[2]);
			reason = err ? strerror(-err) : NULL;
			action += 2;
		} else if (!strcmp(name, "hold")) {
			print("hold", path, NULL);
			for (;;)
				pause();
		} else if (!strcmp(name, "die")) {
			raise(SIGKILL);
		}
		print(name, path, reason);
	}
	return 0;
}

/* As in the harness: the test is a child, without the capabilities that it does not need. */
static int run(void *arg)
{
	int status = -1;
	pid_t pid;

	if (privileges_drop())
		printf("# no capability is dropped\n");
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(act(arg));
	if (pid > 0)
		waitpid(pid, &status, 0);
	return status ? KSFT_FAIL : KSFT_PASS;
}

int main(int argc, char **argv)
{
	int err = vm_geometry_read(&vm);

	if (err || argc < 2) {
		fprintf(stderr, "%s: %s\n", argv[0], err ? strerror(-err) : "do what?");
		return KSFT_FAIL;
	}
	return supervise(&vm, SECONDS, run, argv + 1);
}
