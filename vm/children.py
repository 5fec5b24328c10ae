# SPDX-License-Identifier: GPL-2.0
"""Commands that end with us, with all that they started."""
import os
import signal
import subprocess
import sys
import threading

running = set()
starting = threading.RLock()
ending = threading.Event()
LAST_WORDS = 20     # seconds that a child may take to end


class Trouble(Exception):
    """Nothing can be said, for a reason that is no kernel's fault."""


def run_child(command, **options):
    """Run a command in a session of its own. Return: its status and output."""
    with starting:
        child = subprocess.Popen([str(word) for word in command], text=True,
                                 stdin=subprocess.DEVNULL, start_new_session=True, **options)
        running.add(child)
    with child:
        try:
            output = child.communicate()[0]
        finally:
            running.discard(child)
    return child.returncode, output


def what_went_wrong(output):
    """The first error with what follows, or else the last lines."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [nr for nr, line in enumerate(lines) if "error:" in line]
    return lines[errors[0]:errors[0] + 4] if errors else lines[-3:]


def run(command, **options):
    """Run a command; its output when it succeeds, Trouble with its errors when not."""
    options.setdefault("stderr", subprocess.STDOUT)
    status, output = run_child(command, stdout=subprocess.PIPE, **options)
    if status:
        # Without output it was said where everybody sees it.
        said = what_went_wrong(output) if output else [f"failed with status {status}, see above"]
        raise Trouble(f"{command[0]}: {' / '.join(said)}")
    return output


def end(signal_number, _):
    """As a signal wants: no child may outlive us, and none may begin now."""
    starting.acquire()
    ending.set()
    for what in (signal.SIGTERM, signal.SIGKILL):
        for child in list(running):
            try:
                os.killpg(child.pid, what)
                child.wait(LAST_WORDS)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass
    os._exit(128 + signal_number)


def exit_with(name, main):
    """
    Run a program, and exit: with 0 if it returns true, 1 if not; with its words on Trouble; and
    without a child when a signal ends it.
    @name: of the program, before its words
    """
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    try:
        sys.exit(0 if main() else 1)
    except Trouble as trouble:
        sys.exit(f"{name}: {trouble}")
