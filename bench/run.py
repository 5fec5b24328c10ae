#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
What collapses cost and give (mthp_bench), on one kernel, or on two in turn.

    run.py vm              KERNEL, in a guest
    run.py native          this machine's kernel
    run.py vm A B          two kernels in turn, A B A B ..., and their ratio; each as KERNEL, or
                           bug:NAME, one of bugs/ (right, v10, ...), or the .json of an earlier run

From the environment: RUNS, of each kernel (default 1, of two kernels 3); ICOUNT=n, for a guest
that does not count instructions; JOBS, guests at a time (default 1; when they count instructions,
as many as CPUs and memory allow); ARGS, options of mthp_bench; and what vm/suite.sh takes. Exit status: 0 if all
that was to be measured was, else 1.
"""
import argparse
import concurrent.futures
import contextlib
import os
import pathlib
import queue
import re
import shlex
import sys
import threading

sys.dont_write_bytecode = True
# What is beside this file, and in vm/.
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "vm"))
import output
from children import Trouble, ending, exit_with, run
from figures import EMULATED, INSTRUCTIONS, TIME, Side, read_run, runs_of_json
from guest import BUILD, TOP, alone_in, jobs_wanted, run_guest, turn
from kernels import here, named
from log import FAIL, SKIP, read_log
from progress import Progress, Watch, count, note

FOLDER = BUILD / "bench"
# One node, so that no node's free blocks decide; 1024 ranges of 2 MB, twice.
GUEST_MB = 4096
GUEST = {"CPUS": "1", "NODES": "1", "MEM": f"{GUEST_MB}M"}


def available_mb():
    """Memory that this machine has to spare."""
    text = pathlib.Path("/proc/meminfo").read_text(encoding="ascii")
    return int(re.search(r"MemAvailable: +(\d+)", text)[1]) // 1024


def number_of_runs(default):
    text = os.environ.get("RUNS") or str(default)
    if not text.isdigit() or not 1 <= int(text) <= 99:
        raise Trouble(f"RUNS={text}: not a number of runs from 1 to 99")
    return int(text)


def clock_of(where):
    """The clock that figures of a guest have, by what emulates it."""
    if where == "native" or (os.environ.get("ACCEL") or "tcg").startswith("kvm"):
        return TIME
    counted = os.environ.get("ICOUNT") or "y"
    if counted not in ("y", "n"):
        raise Trouble(f"ICOUNT={counted}: y or n")
    return EMULATED if counted == "n" else INSTRUCTIONS


def arguments(clock):
    """What mthp_bench is called with."""
    return " ".join(filter(None, [f"--clock {clock} --json -", os.environ.get("ARGS")]))


def check_words():
    """Refuse TESTS and ARGS that mthp_bench does not know, before anything is booted for them."""
    program = BUILD / "suite/mthp_bench"
    if os.environ.get("ARCH") not in (None, "", here()):
        return
    for test in (os.environ.get("TESTS") or "").split():
        run([program, "--test", test, "--categories"])
    words = shlex.split(os.environ.get("ARGS") or "")
    if "--help" in words:
        print(run([program, "--help"]), end="")
        sys.exit(0)
    run([program, *words, "-l"])


def image_of(side, wanted):
    """Path of the image that KERNEL, A or B names."""
    if wanted.startswith("bug:"):
        return pathlib.Path(run([TOP / "bugs/run.py", "--image", wanted[4:]],
                                stderr=None).strip())
    return named(side, wanted).fetch()


class Bench:
    """Runs in guests or on this machine, and what became of them."""

    def __init__(self, where):
        self.where, self.clock = where, clock_of(where)
        self.wrong = []     # lines on what was not measured
        self.skipped = {}   # {reason: number of tests}

    def run_once(self, name, image, held):
        """
        One run.
        @name: of the run, as A-2
        @image: of a guest
        @held: descriptor of its turn
        Return: Run, or None when it came to nothing
        """
        environment = {"PROGRAM": "mthp_bench", "ARGS": arguments(self.clock)}
        if self.where == "vm":
            defaults = {key: os.environ.get(key) or value for key, value in GUEST.items()}
            environment.update(defaults, KERNEL=str(image),
                               ICOUNT="y" if self.clock == INSTRUCTIONS else "")
        with Watch(name, BUILD / f"log/ktap-bench-{name}.log"):
            guest = run_guest([TOP / "vm/suite.sh", self.where], f"bench-{name}",
                              pass_fds=[held] if held else (), **environment)
        log = read_log(guest.text("console" if self.where == "vm" else "ktap"))
        self.judge(name, guest, log)
        return read_run(guest.text("ktap"))

    def judge(self, name, guest, log):
        """Remember what was not measured, and why."""
        where = guest.log("ktap")
        wrong = [f"{name}: {log.trouble}: see {where}"] if log.trouble else []
        wrong += [f"{name}: {test.name} failed: see {where}" for test in log.tests
                  if test.verdict == FAIL]
        if guest.status not in (0, 4) and not wrong:
            wrong.append(f"{name}: ended with status {guest.status}: see {guest.log('run')}")
        self.wrong += wrong
        for test in log.tests:
            if test.verdict == SKIP:
                self.skipped.setdefault(test.reason, set()).add(test.name)

    def jobs(self):
        """Guests at a time: as many as there are CPUs for, and memory."""
        if os.environ.get("JOBS"):
            return jobs_wanted("JOBS")
        # Beside each other they would only say how busy the machine is.
        if self.clock != INSTRUCTIONS:
            return 1
        return max(1, min(jobs_wanted("JOBS"), available_mb() // GUEST_MB))

    def in_turn(self, images, runs):
        """
        All runs, A B A B ...
        @images: {name of a side: path}
        Return: [Side]
        """
        sides = [Side(name) for name in images]
        todo = [(side, nr) for nr in range(runs) for side in sides]
        jobs = self.jobs()
        turns = queue.SimpleQueue()
        for number in range(jobs):
            turns.put(number)
        progress, lock, done = Progress(len(todo)), threading.Lock(), {}

        def run_one(one):
            side, nr = one
            number = turns.get()
            try:
                with turn(number) if self.where == "vm" else contextlib.nullcontext() as held:
                    result = self.run_once(f"{side.name}-{nr + 1}", images[side.name], held)
            finally:
                turns.put(number)
            if ending.is_set():
                return
            with lock:
                done[side.name, nr] = result
            progress.tell(f"{side.name}, run {nr + 1} of {runs}: "
                          f"{count(len(result.figures), 'figure')}")

        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for _ in pool.map(run_one, todo):
                pass
        for side, nr in todo:
            if done[side.name, nr].figures:
                side.runs.append(done[side.name, nr])
        return sides


def saved_side(name, wanted):
    """The side that an earlier run wrote down, or None: it is a kernel."""
    path = pathlib.Path(wanted)
    if path.suffix != ".json" or not path.is_file():
        return None
    try:
        runs = runs_of_json(path.read_text(encoding="utf-8"))
    except (ValueError, KeyError, TypeError, AttributeError):
        runs = []
    if not runs:
        raise Trouble(f"{name}={wanted}: no figures of one kernel in it")
    return Side(name, runs)


def two_kernels(bench, a, b):
    """Sides A and B, each saved or measured now."""
    wanted = {"A": a, "B": b}
    for name, kernel in wanted.items():
        if not kernel:
            raise Trouble(f"say which two kernels, with A= and B=; {name} is missing")
    saved = {name: saved_side(name, kernel) for name, kernel in wanted.items()}
    images = {name: image_of(name, wanted[name]) for name in wanted if not saved[name]}
    measured = {side.name: side for side in bench.in_turn(images, number_of_runs(3))}
    return [saved[name] or measured[name] for name in wanted], wanted


def one_kernel(bench, where):
    kernel = os.environ.get("KERNEL") or "latest"
    name = "native" if where == "native" else "KERNEL"
    if where == "native":
        return bench.in_turn({name: None}, number_of_runs(1)), {name: "this machine"}
    return bench.in_turn({name: image_of("KERNEL", kernel)}, number_of_runs(1)), {name: kernel}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0].strip(), epilog=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("where", choices=["vm", "native"])
    parser.add_argument("kernels", nargs="*", metavar="KERNEL")
    options = parser.parse_args()
    if options.kernels and (len(options.kernels) != 2 or options.where == "native"):
        raise Trouble("two kernels can be compared, in guests: run.py vm A B")
    bench = Bench(options.where)
    number_of_runs(1)
    check_words()
    with alone_in(FOLDER):
        if options.kernels:
            sides, wanted = two_kernels(bench, *options.kernels)
        else:
            sides, wanted = one_kernel(bench, options.where)
        sides = [side for side in sides if side.runs]
        if sides:
            output.write(sides, wanted, bench, FOLDER)
    for line in bench.wrong:
        note(f"bench: {line}")
    return bool(sides) and len(sides) == len(wanted) and not bench.wrong


if __name__ == "__main__":
    exit_with("bench", main)
