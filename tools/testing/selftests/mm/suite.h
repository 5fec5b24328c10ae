/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every program of the suite begins and ends with: the machine, the options that all
 * have, the supervisor, a khugepaged that works, the kernel log and the figures.
 *
 * Programs around the kselftest harness include suite_harness.h.
 *
 *     suite_begin(), options, suite_unfit(), suite_supervise(run)
 *     in run(): suite_prepare(), checks, suite_complaints(), suite_print_figures()
 */
#ifndef SUITE_H
#define SUITE_H

#include "collapse_check.h"

/* What all processes of a run share. */
struct suite_shared {
	struct check_figures figures;
	uint64_t log;		/* how far the kernel log was looked at */
};

/* Read-only once the first process is forked. */
struct suite {
	struct vm_geometry vm;
	enum generation generation;
	bool model_given;	/* on the command line, not by the kernel */
	struct suite_shared *shared;
	unsigned int timeout;	/* seconds for the whole run */
	bool timeout_given;	/* on the command line */
	uint64_t start;		/* nanoseconds */
};

extern struct suite suite;

/* suite_begin() - learn what machine this is; the first thing that a program does.
 * Return: 0, or the error of vm_geometry_read(), for suite_unfit().
 */
int suite_begin(void);

/* suite_parse_model() - the argument of --model: whose rules to expect.
 * @name: "auto" or one of generation_names
 * Return: false with a message when there is no such model.
 */
bool suite_parse_model(const char *name);

/* suite_parse_timeout() - the argument of --timeout.
 * @text: seconds, from 1 to 86400
 * Return: false with a message when it is something else.
 */
bool suite_parse_timeout(const char *text);

/* suite_unfit() - why nothing can be checked on this machine.
 * @geometry_error: from suite_begin()
 * Return: the reason, a constant; NULL when something can.
 */
const char *suite_unfit(int geometry_error);

/* suite_skip_all() - print a whole output that says so.
 * @reason: from suite_unfit()
 * Return: KSFT_SKIP, to end with.
 */
int suite_skip_all(const char *reason);

/* suite_supervise() - run something with all settings restored afterwards.
 * @run: called in a child process, with @suite.shared; its return value is the exit code
 * @arg: given to @run
 * Return: as supervise(); KSFT_FAIL with a message when there is no memory to share.
 */
int suite_supervise(int (*run)(void *arg), void *arg);

/* suite_prepare() - in what suite_supervise() runs, before its own output begins.
 *
 * Drops the capabilities that are not needed, looks at the kernel log from here on, and
 * sees that khugepaged works.
 *
 * Return: KSFT_PASS; or the exit code to end with, a whole output was printed then.
 */
int suite_prepare(void);

/* suite_khugepaged_works() - does it complete a scan? Called by suite_prepare().
 *
 * Where not, that fails the run at once, not each test in turn. No output has begun then,
 * so this failure is printed as a whole output of its own.
 */
bool suite_khugepaged_works(void);

/* suite_orders() - bit mask of all orders that can be on. */
unsigned long suite_orders(void);

/* suite_mthp_orders() - all but the PMD order. */
unsigned long suite_mthp_orders(void);

/* suite_progress() - show what is checked now on a terminal that does not get the output.
 * @what: one line; "" takes it away
 */
void suite_progress(const char *what);

/* suite_complaints() - print the complaints of the kernel since the last look.
 *
 * To be called when the process that was checked in is gone, so that its exit is looked at
 * too. What comes later than that, as an mm that is dropped late, is found by the next
 * look: no line is skipped.
 *
 * Return: how many; 0 when the log cannot be read, which is told at the end of a run.
 */
int suite_complaints(void);

/* suite_print_figures() - the machine, and what the run took, as diagnostics. */
void suite_print_figures(void);

#endif
