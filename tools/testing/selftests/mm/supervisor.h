/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A process above the tests that puts the machine back as it was.
 *
 * A test may be killed at any moment, by a time-out of the harness too, so no
 * test restores anything. The supervisor saves every knob before the first test
 * and restores it after the last, however that ended; then it removes what tests
 * made of the machine beside that (resources.h). If the supervisor itself is
 * killed, the next run, or --restore, does it from two files. All tests live in a
 * PID namespace, so that none outlives the supervisor.
 */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include "vm_util.h"

#define SUPERVISOR_SAVED	"/run/mthp_khugepaged.saved"
#define SUPERVISOR_LOCK		"/run/mthp_khugepaged.lock"

/* supervise() - run something with all settings restored afterwards.
 * @vm: the machine
 * @timeout: seconds after which it is killed
 * @run: called in a child process; its return value is the exit code
 * @arg: given to @run
 *
 * SIGINT, SIGTERM, SIGHUP and SIGQUIT end the child, then the settings are
 * restored and the resources removed, then the signal ends the caller.
 *
 * Return: the exit code of @run; KSFT_FAIL with a message when it was killed or
 * timed out, when another run is alive, when a setting could not be saved or
 * restored, or a resource not removed; KSFT_SKIP when the settings cannot be written at all.
 */
int supervise(const struct vm_geometry *vm, unsigned int timeout,
	      int (*run)(void *arg), void *arg);

/* supervisor_restore() - repair what a killed run left.
 * @vm: the machine
 * Return: KSFT_PASS, or KSFT_FAIL with a message.
 */
int supervisor_restore(const struct vm_geometry *vm);

#endif
