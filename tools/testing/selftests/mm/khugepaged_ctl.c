// SPDX-License-Identifier: GPL-2.0
/* Complete scans of khugepaged; see khugepaged_ctl.h. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "khugepaged_ctl.h"
#include "knob.h"
#include "vm_util.h"

#define SCAN_SLEEP	THP_SYSFS "/khugepaged/scan_sleep_millisecs"
#define FULL_SCANS	THP_SYSFS "/khugepaged/full_scans"

#define DEAD_AFTER_NS	10000000000ULL
#define KICK_AGAIN_NS	100000000ULL
#define MAX_KICKS	100	/* for one scan; a failed allocation costs one */
#define MIN_WAIT_NS	50000L
#define MAX_WAIT_NS	1000000L

/* What /proc/PID/stat tells of the thread. */
struct thread_stat {
	char comm[32];
	char state;
	int ppid;
	unsigned long cpu;	/* clock ticks */
};

static int read_stat(pid_t pid, struct thread_stat *stat)
{
	unsigned long user, system;
	char path[64], text[1024];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	len = read_text(path, text, sizeof(text));
	if (len < 0)
		return len;
	if (sscanf(text, "%*d (%31[^)]) %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
		   stat->comm, &stat->state, &stat->ppid, &user, &system) != 5)
		return -EINVAL;
	stat->cpu = user + system;
	return 0;
}

/* A child of kthreadd; any process may call itself khugepaged. */
static bool is_khugepaged(const struct thread_stat *stat)
{
	struct thread_stat parent;

	return !strcmp(stat->comm, "khugepaged") && !read_stat(stat->ppid, &parent) &&
	       !strcmp(parent.comm, "kthreadd");
}

pid_t khugepaged_find(void)
{
	struct thread_stat stat;
	struct dirent *entry;
	pid_t found = 0;
	DIR *proc;

	proc = opendir("/proc");
	if (!proc)
		return 0;
	while (!found && (entry = readdir(proc))) {
		pid_t pid = atoi(entry->d_name);

		if (isdigit((unsigned char)entry->d_name[0]) && !read_stat(pid, &stat) &&
		    is_khugepaged(&stat))
			found = pid;
	}
	closedir(proc);
	return found;
}

/* State of the thread; where it cannot be seen, it is taken to be asleep. */
static void look(struct khugepaged *khugepaged, struct thread_stat *stat)
{
	if (khugepaged->pid && !read_stat(khugepaged->pid, stat) &&
	    !strcmp(stat->comm, "khugepaged"))
		return;
	khugepaged->pid = khugepaged_find();
	if (!khugepaged->pid || read_stat(khugepaged->pid, stat))
		*stat = (struct thread_stat){ .state = 'S' };
}

static void wait_a_little(long *ns)
{
	struct timespec ts = { .tv_nsec = *ns };

	nanosleep(&ts, NULL);
	*ns = *ns * 2 < MAX_WAIT_NS ? *ns * 2 : MAX_WAIT_NS;
}

static int wait_until_asleep(struct khugepaged *khugepaged)
{
	uint64_t deadline = now_ns() + DEAD_AFTER_NS;
	struct thread_stat stat;
	unsigned long cpu = 0;
	long ns = MIN_WAIT_NS;

	for (look(khugepaged, &stat); stat.state != 'S'; look(khugepaged, &stat)) {
		if (stat.cpu != cpu)
			deadline = now_ns() + DEAD_AFTER_NS;
		cpu = stat.cpu;
		if (now_ns() > deadline)
			return -ETIMEDOUT;
		wait_a_little(&ns);
	}
	return 0;
}

static int kick(void)
{
	char value[KNOB_VALUE];
	int err;

	err = knob_read(SCAN_SLEEP, value);
	return err ?: knob_write_always(SCAN_SLEEP, value);
}

/* One scan: khugepaged sleeps before the first line and after the last. */
static int scan_once(struct khugepaged *khugepaged)
{
	uint64_t deadline, kicked;
	unsigned long before, scans, cpu = 0;
	unsigned int kicks = 1;
	struct thread_stat stat;
	long ns = MIN_WAIT_NS;
	int err;

	err = wait_until_asleep(khugepaged) ?: read_ulong(FULL_SCANS, &before) ?: kick();
	kicked = now_ns();
	deadline = kicked + DEAD_AFTER_NS;
	while (!err) {
		err = read_ulong(FULL_SCANS, &scans);
		if (err || scans != before)
			break;
		wait_a_little(&ns);
		look(khugepaged, &stat);
		if (stat.cpu != cpu)
			deadline = now_ns() + DEAD_AFTER_NS;
		cpu = stat.cpu;
		if (now_ns() > deadline || kicks > MAX_KICKS)
			return -ETIMEDOUT;
		/*
		 * A kick between the end of a scan and the sleep is lost; and after
		 * a failed allocation, khugepaged sleeps in the middle of a scan.
		 */
		if (stat.state == 'S' && now_ns() - kicked > KICK_AGAIN_NS) {
			err = kick();
			kicked = now_ns();
			kicks++;
		}
	}
	return err ?: wait_until_asleep(khugepaged);
}

int khugepaged_scan(struct khugepaged *khugepaged, unsigned int passes)
{
	int err = 0;

	while (passes-- && !err)
		err = scan_once(khugepaged);
	return err;
}
