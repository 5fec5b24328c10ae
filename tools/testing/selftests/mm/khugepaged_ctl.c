// SPDX-License-Identifier: GPL-2.0
/* Complete scans of khugepaged; see khugepaged_ctl.h. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "khugepaged_ctl.h"
#include "knob.h"
#include "vm_util.h"

#define SCAN_SLEEP	THP_SYSFS "/khugepaged/scan_sleep_millisecs"
#define FULL_SCANS	THP_SYSFS "/khugepaged/full_scans"

#define FORCE_ATTEMPTS	5

#define IDLE_LIMIT_NS	10000000000ULL	/* without any work done */
#define BUSY_LIMIT_NS	60000000000ULL	/* at work, but never done */
#define KICK_AGAIN_NS	100000000ULL
#define MAX_KICKS	100	/* for one scan; a failed allocation costs one */
#define MIN_WAIT_NS	50000L
#define MAX_WAIT_NS	1000000L

/* A child of kthreadd; any process may call itself khugepaged. */
static bool is_kernel_thread(const struct proc_stat *stat)
{
	struct proc_stat parent;

	return !proc_stat_read(stat->ppid, &parent) && !strcmp(parent.comm, "kthreadd");
}

/* The first kernel thread whose name begins so; 0 if there is none. */
static pid_t find_thread(const char *name)
{
	struct proc_stat stat;
	struct dirent *entry;
	pid_t found = 0;
	DIR *proc;

	proc = opendir("/proc");
	if (!proc)
		return 0;
	while (!found && (entry = readdir(proc))) {
		pid_t pid = atoi(entry->d_name);

		if (isdigit((unsigned char)entry->d_name[0]) && !proc_stat_read(pid, &stat) &&
		    !strncmp(stat.comm, name, strlen(name)) && is_kernel_thread(&stat))
			found = pid;
	}
	closedir(proc);
	return found;
}

pid_t khugepaged_find(void)
{
	return find_thread("khugepaged");
}

pid_t kdamond_find(void)
{
	return find_thread("kdamond.");
}

/* State of the thread; where it cannot be seen, it is taken to be asleep. */
static void look(struct khugepaged *khugepaged, struct proc_stat *stat)
{
	if (khugepaged->pid && !proc_stat_read(khugepaged->pid, stat) &&
	    !strcmp(stat->comm, "khugepaged"))
		return;
	khugepaged->pid = khugepaged_find();
	if (!khugepaged->pid || proc_stat_read(khugepaged->pid, stat))
		*stat = (struct proc_stat){ .state = 'S' };
}

/* How long to wait for khugepaged: a little more each time, as long as it works. */
struct patience {
	uint64_t start;		/* nanoseconds */
	uint64_t idle_since;
	unsigned long cpu;	/* that khugepaged had used by then, clock ticks */
	long pause;		/* nanoseconds */
};

static struct patience new_patience(void)
{
	return (struct patience){
		.start = now_ns(), .idle_since = now_ns(), .pause = MIN_WAIT_NS,
	};
}

/* Wait a little; an error when it has been too long. */
static int wait_a_little(struct patience *patience, const struct proc_stat *stat)
{
	struct timespec ts = { .tv_nsec = patience->pause };
	uint64_t now = now_ns();

	if (stat->cpu != patience->cpu) {
		patience->cpu = stat->cpu;
		patience->idle_since = now;
	}
	if (now - patience->idle_since > IDLE_LIMIT_NS)
		return -ETIMEDOUT;
	if (now - patience->start > BUSY_LIMIT_NS)
		return -EBUSY;
	nanosleep(&ts, NULL);
	if (patience->pause < MAX_WAIT_NS)
		patience->pause *= 2;
	return 0;
}

static int wait_until_asleep(struct khugepaged *khugepaged)
{
	struct patience patience = new_patience();
	struct proc_stat stat;
	int err = 0;

	for (look(khugepaged, &stat); stat.state != 'S' && !err; look(khugepaged, &stat))
		err = wait_a_little(&patience, &stat);
	return err;
}

static int kick(struct khugepaged *khugepaged)
{
	char value[KNOB_VALUE];
	int err;

	khugepaged->kicks++;
	err = knob_read(SCAN_SLEEP, value);
	return err ?: knob_write_always(SCAN_SLEEP, value);
}

/* One scan: khugepaged sleeps before the first line and after the last. */
static int scan_once(struct khugepaged *khugepaged)
{
	unsigned int last_kick = khugepaged->kicks + MAX_KICKS;
	struct patience patience;
	unsigned long before, scans;
	struct proc_stat stat;
	uint64_t kicked;
	int err;

	err = wait_until_asleep(khugepaged) ?: read_ulong(FULL_SCANS, &before) ?:
	      kick(khugepaged);
	patience = new_patience();
	kicked = now_ns();
	while (!err) {
		err = read_ulong(FULL_SCANS, &scans);
		if (err || scans != before)
			break;
		look(khugepaged, &stat);
		err = wait_a_little(&patience, &stat);
		/*
		 * A kick between the end of a scan and the sleep is lost; and after
		 * a failed allocation, khugepaged sleeps in the middle of a scan.
		 */
		if (!err && stat.state == 'S' && now_ns() - kicked > KICK_AGAIN_NS) {
			err = khugepaged->kicks < last_kick ? kick(khugepaged) : -ETIMEDOUT;
			kicked = now_ns();
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

/*
 * "S" in its stat comes before it leaves the CPU, which is when its time is added up. Who runs
 * on that CPU knows that it has left. An emulated CPU may stand still in between for long.
 */
static void wait_until_off_cpu(const struct khugepaged *khugepaged)
{
	struct proc_stat stat;
	cpu_set_t ours, its;

	if (proc_stat_read(khugepaged->pid, &stat) || sched_getaffinity(0, sizeof(ours), &ours))
		return;
	CPU_ZERO(&its);
	CPU_SET(stat.on_cpu, &its);
	sched_setaffinity(0, sizeof(its), &its);
	sched_setaffinity(0, sizeof(ours), &ours);
}

int khugepaged_cpu(const struct khugepaged *khugepaged, uint64_t *ns)
{
	char path[64], text[128], *end;
	ssize_t length;

	if (!khugepaged->pid)
		return -ESRCH;
	wait_until_off_cpu(khugepaged);
	snprintf(path, sizeof(path), "/proc/%d/schedstat", khugepaged->pid);
	length = read_text(path, text, sizeof(text));
	if (length < 0)
		return length;
	*ns = strtoull(text, &end, 10);
	return end == text ? -EINVAL : 0;
}

int khugepaged_force(char *start, size_t size)
{
	unsigned int attempt;
	int err = -EAGAIN;

	for (attempt = 0; attempt < FORCE_ATTEMPTS && err == -EAGAIN; attempt++)
		err = madvise(start, size, MADV_COLLAPSE) ? -errno : 0;
	return err;
}
