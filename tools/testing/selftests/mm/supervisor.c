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

/* Repair from the file, where a killed run left one. */
static int repair(const struct vm_geometry *vm, bool *found)
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
		fprintf(stderr, "%s: %s\n", SUPERVISOR_SAVED,
			err == -EINVAL ? "not written by this program; remove it" : strerror(-err));
	if (!err)
		unlink(SUPERVISOR_SAVED);
	return err;
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

/*
 * The child's first process. In a PID namespace of its own its death ends all the
 * others, and the supervisor's death is its death.
 */
static pid_t fork_below(sigset_t *unblock, int lock, int (*run)(void *arg), void *arg)
{
	int alive[2];
	char byte;
	pid_t pid;

	if (unshare(CLONE_NEWPID))
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (pipe2(alive, O_CLOEXEC))
		return -1;
	fflush(stdout);
	fflush(stderr);
	pid = fork();
	if (pid) {
		if (pid > 0 && write(alive[1], "", 1) != 1)
			kill(pid, SIGKILL);
		close(alive[0]);
		close(alive[1]);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(alive[1]);
	/* No byte: the supervisor died before its death could be a signal. */
	if (read(alive[0], &byte, 1) != 1)
		_exit(KSFT_FAIL);
	close(alive[0]);
	close(lock);
	sigprocmask(SIG_UNBLOCK, unblock, NULL);
	exit(run(arg));
}

/* Without a PID namespace, orphans become our children: end them too. */
static void kill_orphans(void)
{
	struct dirent *entry;
	bool found;

	do {
		DIR *proc = opendir("/proc");

		found = false;
		while (proc && (entry = readdir(proc))) {
			char path[300], text[1024];
			int ppid, pid = atoi(entry->d_name);
			const char *rest;

			snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
			if (!pid || read_text(path, text, sizeof(text)) <= 0)
				continue;
			rest = strrchr(text, ')');
			if (rest && sscanf(rest, ") %*c %d", &ppid) == 1 && ppid == getpid()) {
				kill(pid, SIGKILL);
				waitpid(pid, NULL, 0);
				found = true;
			}
		}
		if (proc)
			closedir(proc);
	} while (found);
}

/* Wait for the child; *signal is the one that ended it early, from outside. */
static int wait_below(pid_t pid, const sigset_t *signals, unsigned int timeout, int *signal)
{
	uint64_t deadline = now_ns() + timeout * 1000000000ULL;
	int status;

	*signal = 0;
	while (waitpid(pid, &status, WNOHANG) != pid) {
		uint64_t now = now_ns(), left = now < deadline ? deadline - now : 0;
		struct timespec ts = { left / 1000000000ULL, left % 1000000000ULL };
		int got = left ? sigtimedwait(signals, NULL, &ts) : 0;

		if (got == SIGCHLD || (got < 0 && errno != EAGAIN))
			continue;
		*signal = got > 0 ? got : SIGALRM;
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		break;
	}
	kill_orphans();
	return status;
}

static int verdict_of(int status, int signal, unsigned int timeout)
{
	if (signal == SIGALRM)
		printf("Bail out! not done after %u seconds\n", timeout);
	else if (signal)
		printf("Bail out! ended by signal %d (%s)\n", signal, strsignal(signal));
	else if (WIFSIGNALED(status))
		printf("Bail out! the tests were killed by signal %d (%s)\n",
		       WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		return WEXITSTATUS(status);
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

int supervise(const struct vm_geometry *vm, unsigned int timeout,
	      int (*run)(void *arg), void *arg)
{
	struct saved_knobs saved = { 0 };
	int verdict, status, signal, lock;
	sigset_t signals, before;
	struct sigaction hangup;
	pid_t pid;

	lock = take_lock();
	if (lock < 0)
		return KSFT_FAIL;
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
	pid = fork_below(&signals, lock, run, arg);
	if (pid < 0) {
		printf("Bail out! cannot start a process: %s\n", strerror(errno));
		verdict = KSFT_FAIL;
		signal = 0;
	} else {
		status = wait_below(pid, &signals, timeout, &signal);
		verdict = verdict_of(status, signal, timeout);
	}
	if (saved_knobs_restore(&saved, report_failed))
		verdict = KSFT_FAIL;
	else
		unlink(SUPERVISOR_SAVED);
	if (signal && signal != SIGALRM) {
		struct sigaction action = { .sa_handler = SIG_DFL };

		sigaction(signal, &action, NULL);
		sigprocmask(SIG_SETMASK, &before, NULL);
		raise(signal);
	}
out:
	close(lock);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return verdict;
}
