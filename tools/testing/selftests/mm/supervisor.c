// SPDX-License-Identifier: GPL-2.0
/* A process above the tests that puts the machine back; see supervisor.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kselftest.h"
#include "resources.h"
#include "saved_knobs.h"
#include "supervisor.h"

/* The lock, or -1 with a message when another run has it. */
static int take_lock(void)
{
	char pid[32] = "";
	int fd;

	fd = open(SUPERVISOR_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0) {
		fprintf(stderr, "%s: %s\n", SUPERVISOR_LOCK, strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno == EWOULDBLOCK) {
			read_text(SUPERVISOR_LOCK, pid, sizeof(pid));
			fprintf(stderr,
				"another run is alive, process %s: two would disturb each other\n",
				pid);
			close(fd);
			return -1;
		}
		fprintf(stderr, "%s: %s; a second run would not be noticed\n",
			SUPERVISOR_LOCK, strerror(errno));
	}
	if (ftruncate(fd, 0) || dprintf(fd, "%d\n", getpid()) < 0)
		fprintf(stderr, "%s: %s\n", SUPERVISOR_LOCK, strerror(errno));
	return fd;
}

static void report_restored(const char *path, const char *value, int err)
{
	if (err)
		fprintf(stderr, "cannot restore %s to %s: %s\n", path, value, strerror(-err));
	else
		fprintf(stderr, "restored %s to %s\n", path, value);
}

static void report_failed(const char *path, const char *value, int err)
{
	if (err)
		report_restored(path, value, err);
}

static void report_removed(const char *kind, const char *path, int err)
{
	if (err)
		fprintf(stderr, "cannot remove %s %s: %s\n", kind, path, strerror(-err));
	else
		fprintf(stderr, "removed %s %s\n", kind, path);
}

static void report_not_removed(const char *kind, const char *path, int err)
{
	if (err)
		report_removed(kind, path, err);
}

static void report_file(const char *path, int err)
{
	fprintf(stderr, "%s: %s\n", path,
		err == -EINVAL ? "not written by this program; remove it" : strerror(-err));
}

/* What tests made of the machine; -ENOENT where there is nothing of it. */
static int release(void (*removed)(const char *kind, const char *path, int err))
{
	int err = resources_release(removed);

	if (err == -EBUSY)
		fprintf(stderr, "what is left is named in %s; without that file it is forgotten\n",
			RESOURCES_RECORD);
	else if (err && err != -ENOENT)
		report_file(RESOURCES_RECORD, err);
	return err;
}

/* From the file, where a killed run left one. */
static int repair_settings(const struct vm_geometry *vm, bool *found)
{
	struct saved_knobs saved;
	int err;

	err = saved_knobs_load(vm, &saved, SUPERVISOR_SAVED);
	*found = err != -ENOENT;
	if (err == -ENOENT)
		return 0;
	if (!err)
		err = saved_knobs_restore(&saved, report_restored);
	else
		report_file(SUPERVISOR_SAVED, err);
	if (!err)
		unlink(SUPERVISOR_SAVED);
	return err;
}

/* What a killed run left, in the order of a run's own end. */
static int repair(const struct vm_geometry *vm, bool *found)
{
	int settings, resources;

	settings = repair_settings(vm, found);
	resources = release(report_removed);
	if (resources == -ENOENT)
		return settings;
	*found = true;
	return settings ?: resources;
}

int supervisor_restore(const struct vm_geometry *vm)
{
	bool found;
	int err, lock;

	lock = take_lock();
	if (lock < 0)
		return KSFT_FAIL;
	err = repair(vm, &found);
	if (!found)
		fprintf(stderr, "nothing to restore\n");
	close(lock);
	return err ? KSFT_FAIL : KSFT_PASS;
}

/* What runs below the supervisor. */
struct ward {
	pid_t pid;
	bool has_namespace;		/* of its own: all in it end with it */
	unsigned long long born;	/* clock ticks since boot */
	bool gone;
	int status;			/* from waitpid(), once it is gone */
};

#define DEATH_SECONDS	10	/* that a killed process may take to die */

/*
 * The first process below. In a PID namespace of its own its death ends all the
 * others, and the supervisor's death is its death.
 */
static void start(struct ward *ward, sigset_t *unblock, int lock, int (*run)(void *arg),
		  void *arg)
{
	struct proc_stat stat;
	int alive[2];
	char byte;

	memset(ward, 0, sizeof(*ward));
	ward->pid = -1;
	ward->has_namespace = !unshare(CLONE_NEWPID);
	if (!ward->has_namespace)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (pipe2(alive, O_CLOEXEC))
		return;
	fflush(stdout);
	fflush(stderr);
	ward->pid = fork();
	if (ward->pid) {
		ward->born = proc_stat_read(ward->pid, &stat) ? ~0ULL : stat.born;
		if (ward->pid > 0 && write(alive[1], "", 1) != 1)
			kill(ward->pid, SIGKILL);
		close(alive[0]);
		close(alive[1]);
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(alive[1]);
	/* No byte: the supervisor died before its death could be a signal. */
	if (read(alive[0], &byte, 1) != 1)
		_exit(KSFT_FAIL);
	close(alive[0]);
	close(lock);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, unblock, NULL);
	exit(run(arg));
}

/*
 * Without a PID namespace, orphans become our children: end them too. A child that
 * is older is none of ours; a shell may have left it to us by exec.
 */
static void kill_orphans(const struct ward *ward)
{
	struct proc_stat stat;
	struct dirent *entry;
	bool found;

	do {
		DIR *proc = opendir("/proc");

		found = false;
		while (proc && (entry = readdir(proc))) {
			int pid = atoi(entry->d_name);

			if (pid <= 0 || proc_stat_read(pid, &stat) ||
			    stat.ppid != getpid() || stat.born < ward->born)
				continue;
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			found = true;
		}
		if (proc)
			closedir(proc);
	} while (found);
}

/* Wait until it is gone, or something else ends the wait: a signal, or 0 for the time. */
static int wait_until_gone(struct ward *ward, const sigset_t *signals, unsigned int seconds)
{
	uint64_t deadline = now_ns() + seconds * 1000000000ULL;

	for (;;) {
		pid_t pid = waitpid(ward->pid, &ward->status, WNOHANG);
		uint64_t now = now_ns();
		struct timespec ts;
		int got;

		if (pid) {
			ward->gone = true;
			if (pid < 0)
				ward->status = KSFT_FAIL << 8;
			return SIGCHLD;
		}
		if (now >= deadline)
			return 0;
		ts.tv_sec = (deadline - now) / 1000000000ULL;
		ts.tv_nsec = (deadline - now) % 1000000000ULL;
		got = sigtimedwait(signals, NULL, &ts);
		if (got > 0 && got != SIGCHLD)
			return got;
	}
}

/* Wait for the end of everything below; the signal that brought it, if one did. */
static int wait_below(struct ward *ward, const sigset_t *signals, unsigned int timeout)
{
	int cause = wait_until_gone(ward, signals, timeout);

	if (!ward->gone) {
		kill(ward->pid, SIGKILL);
		/* A deadlock in the kernel must not keep us from restoring. */
		while (wait_until_gone(ward, signals, DEATH_SECONDS) > 0 && !ward->gone)
			;
	}
	if (!ward->has_namespace)
		kill_orphans(ward);
	return cause;
}

static int verdict_of(const struct ward *ward, int cause, unsigned int timeout)
{
	if (!ward->gone)
		printf("Bail out! process %d cannot be killed, see its stack under /proc\n",
		       ward->pid);
	else if (!cause)
		printf("Bail out! not done after %u seconds\n", timeout);
	else if (cause != SIGCHLD)
		printf("Bail out! ended by signal %d (%s)\n", cause, strsignal(cause));
	else if (WIFSIGNALED(ward->status))
		printf("Bail out! the tests were killed by signal %d (%s)\n",
		       WTERMSIG(ward->status), strsignal(WTERMSIG(ward->status)));
	else
		return WEXITSTATUS(ward->status);
	fflush(stdout);
	return KSFT_FAIL;
}

/* Save all knobs; KSFT_PASS, or a verdict with a message. */
static int save(const struct vm_geometry *vm, struct saved_knobs *saved)
{
	char error[256];
	bool found;
	int err;

	err = repair(vm, &found);
	if (err)
		return KSFT_FAIL;
	err = saved_knobs_read(vm, saved, error, sizeof(error));
	if (err)
		ksft_print_header();
	if (err == -EROFS || err == -EACCES) {
		printf("1..0 # SKIP the settings of khugepaged cannot be written\n# %s\n", error);
		return KSFT_SKIP;
	}
	if (err) {
		printf("Bail out! %s\n", error);
		return KSFT_FAIL;
	}
	err = saved_knobs_store(saved, SUPERVISOR_SAVED);
	if (err) {
		ksft_print_header();
		printf("Bail out! settings cannot be saved to %s: %s\n", SUPERVISOR_SAVED,
		       strerror(-err));
		return KSFT_FAIL;
	}
	return KSFT_PASS;
}

/*
 * The settings first: that is done at once, and gives back the memory that a swapoff may
 * need. A swapoff takes time, and for ever where a process hangs in the kernel with its
 * mm locked: then it is left to --restore.
 */
static bool put_back(const struct saved_knobs *saved, bool hung)
{
	bool settings = !saved_knobs_restore(saved, report_failed);
	int resources = -EBUSY;

	if (settings)
		unlink(SUPERVISOR_SAVED);
	if (!hung)
		resources = release(report_not_removed);
	else if (!access(RESOURCES_RECORD, F_OK))
		fprintf(stderr, "left to --restore: what is named in %s\n", RESOURCES_RECORD);
	return settings && (!resources || resources == -ENOENT);
}

int supervise(const struct vm_geometry *vm, unsigned int timeout,
	      int (*run)(void *arg), void *arg)
{
	int verdict, cause = SIGCHLD, lock;
	struct saved_knobs saved = { 0 };
	sigset_t signals, before;
	struct sigaction hangup;
	struct ward ward;

	lock = take_lock();
	if (lock < 0)
		return KSFT_FAIL;
	/* Whoever reads our output may die first, and a child must be waited for. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	if (sigaction(SIGHUP, NULL, &hangup) || hangup.sa_handler != SIG_IGN)
		sigaddset(&signals, SIGHUP);	/* not under nohup */
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGQUIT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, &before);

	verdict = save(vm, &saved);
	if (verdict)
		goto out;
	start(&ward, &signals, lock, run, arg);
	if (ward.pid > 0)
		cause = wait_below(&ward, &signals, timeout);

	/* First of all; what there is to say can wait. */
	if (!put_back(&saved, ward.pid > 0 && !ward.gone))
		verdict = KSFT_FAIL;
	if (ward.pid > 0) {
		verdict = verdict_of(&ward, cause, timeout) ?: verdict;
	} else {
		printf("Bail out! cannot start a process\n");
		verdict = KSFT_FAIL;
	}
	if (cause && cause != SIGCHLD) {
		struct sigaction action = { .sa_handler = SIG_DFL };

		sigaction(cause, &action, NULL);
		sigprocmask(SIG_SETMASK, &before, NULL);
		raise(cause);
	}
out:
	close(lock);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return verdict;
}
