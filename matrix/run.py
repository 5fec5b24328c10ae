#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The suite on many kernels, and the table of what came of it.

    run.py matrix                    on every kernel that Debian has; see below
    run.py compare A B               what differs between two kernels, or two saved logs
    run.py report [-o FOLDER] LOG... the table and the page of saved logs

From the environment, for matrix: ARCH, machines (amd64 arm64 arm64-16k), SERIES, what to run of
each (all, latest, 7.2 or 7.2.11; default: all on this machine's architecture, latest on others),
PROGRAMS, JOBS, guests at a time, FRESH=1, to forget what an earlier run has ended, TURNS, a folder
for the locks by which guests of several matrices take turns; and what vm/suite.sh takes. Exit
status: 0 if nothing failed, all came to an end, and nothing was skipped without a reason; of
compare, if nothing differs; else 1.
"""
import argparse
import concurrent.futures
import os
import pathlib
import queue
import signal
import sys

sys.dont_write_bytecode = True
# What is beside this file, and in vm/.
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "vm"))
import output
from children import Trouble, ending, exit_with, run
from column import columns_of
from compare import differences
from guest import BUILD, TOP, alone_in, jobs_wanted, turn
from guests import PROGRAMS, TESTS, Guests, column_of, failed_entry
from kernels import Kernel, here, is_log, named, select
from progress import Progress, count, note
from rows import Rows
from text import aligned, in_words, kernel_lines

DEFAULT_MACHINES = "amd64 arm64 arm64-16k"


def words(name, default):
    return list(dict.fromkeys((os.environ.get(name) or default).split()))


def wanted_kernels():
    """Kernels of ARCH and SERIES. Slow machines first: what is long begins early."""
    kernels, troubles = [], []
    for machine in words("ARCH", DEFAULT_MACHINES):
        try:
            kernels += select(machine, words("SERIES", "all" if machine == here() else "latest"))
        except Trouble as trouble:
            troubles.append(str(trouble))
    if not kernels:
        raise Trouble("; ".join(troubles))
    for trouble in troubles:
        note(f"left out: {trouble}")
    return sorted(kernels, key=lambda kernel: kernel.machine == here())


def programs():
    wanted = words("PROGRAMS", TESTS)
    for program in wanted:
        if program not in PROGRAMS:
            raise Trouble(f"PROGRAMS={program}: there are {' '.join(PROGRAMS)}")
    return wanted


def build_for(kernels):
    """The programs, for each architecture, and for this machine, which is asked for the rows."""
    # What make was called with is not for the make that is called here.
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "PAGE")}
    for arch in dict.fromkeys([here(), *(kernel.arch for kernel in kernels)]):
        environment["ARCH"] = arch
        note(f"building for {arch}")
        run([TOP / "vm/deps.sh", "build", "vm"], env=environment, stderr=None)
        run(["make", "-s", "-C", TOP, "build"], env=environment)


def refuse_unknown_tests():
    """A word that no program knows, before a guest is booted for it."""
    for test in words("TESTS", ""):
        for program in programs():
            run([BUILD / "suite" / program, "--test", test, "--categories"])


def fetch(kernel):
    """Path of its image, or why there is none."""
    try:
        return kernel.fetch(), None
    except Trouble as trouble:
        return None, f"could not be fetched: {trouble}"


def what_is_known(kernels, guests):
    """
    Before anything is booted.
    Return: {kernel: path of its image}, {(kernel, program): entry}, [(kernel, program)] to be run
    """
    images, entries, left, kept = {}, {}, [], 0
    for kernel in kernels:
        images[kernel], why_not = fetch(kernel)
        for one in [(kernel, program) for program in programs()]:
            known = None if why_not else guests.known(*one, images[kernel])
            kept += bool(known)
            if known or why_not:
                entries[one] = known or failed_entry(why_not)
            else:
                left.append(one)
    if kept:
        note(f"going on: {kept} of {kept + len(left)} are known; FRESH=1 begins anew")
    return images, entries, left


def run_guests(kernels, guests):
    """
    Run what is not known yet.
    Return: [Column], in the order of the kernels
    """
    images, entries, left = what_is_known(kernels, guests)
    note(f"booting {count(len(left), 'guest')}")
    progress = Progress(len(left))
    turns = queue.SimpleQueue()
    jobs = jobs_wanted("JOBS")
    for number in range(jobs):
        turns.put(number)

    def run_one(one):
        kernel, program = one
        number = turns.get()
        try:
            with turn(number) as held:
                entry = guests.run(kernel, program, images[kernel], held)
        except OSError as error:
            entry = failed_entry(f"{error.strerror}: {error.filename}")
        finally:
            turns.put(number)
        entries[one] = entry
        if ending.is_set():
            return
        progress.tell(f"{kernel.name}, {program}: {in_words(column_of(kernel, [entry]))} "
                      f"({entry['seconds']:.0f} s)")

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for _ in pool.map(run_one, left):
            pass
    return [column_of(kernel, [entries[kernel, program] for program in programs()])
            for kernel in kernels]


def matrix():
    # Before anything is built or fetched for a wrong word.
    jobs_wanted("JOBS")
    programs()
    kernels = wanted_kernels()
    folder = BUILD / "matrix"
    with alone_in(folder):
        guests = Guests(folder / "guests")
        ended = folder / "ended"
        if ended.exists() or os.environ.get("FRESH"):
            guests.forget()
            ended.unlink(missing_ok=True)
        for old in folder.glob("matrix.*"):
            old.unlink()
        build_for(kernels)
        refuse_unknown_tests()
        columns = sorted(run_guests(kernels, guests), key=lambda column: column.key)
        output.write(columns, folder, "matrix", f"mTHP collapse on {count(len(columns), 'kernel')}")
        ended.touch()
    return all(column.is_good for column in columns)


def one_side(side, wanted):
    """What A or B names: the column of a saved log, or a kernel that is to be run."""
    path = pathlib.Path(wanted)
    if path.is_file() and is_log(path):
        return columns_of([(path.stem, path.read_text(errors="replace"))])[0]
    return named(f"compare: {side}", wanted)


def run_side(side, kernel):
    """The column of a kernel, run anew."""
    build_for([kernel])
    guests = Guests(BUILD / "compare" / side)
    guests.forget()
    return run_guests([kernel], guests)[0]


def compare(a, b):
    if not a or not b:
        raise Trouble("compare: say which two kernels, with A= and B=")
    with alone_in(BUILD / "compare"):
        sides = {"A": one_side("A", a), "B": one_side("B", b)}
        build_for([])
        refuse_unknown_tests()
        columns = [run_side(side, what) if isinstance(what, Kernel) else what
                   for side, what in sides.items()]
    for side, line in zip(["", "A", "B"], aligned(list(kernel_lines(columns)))):
        print(f"{side:3}{line}")
    lines = differences(*columns, Rows())
    print("\n" + "\n".join(lines or ["no difference"]))
    return not lines


def report(logs, folder):
    texts = []
    for path in map(pathlib.Path, logs):
        try:
            texts.append((path.stem, path.read_text(errors="replace")))
        except OSError as error:
            raise Trouble(f"report: {path}: {error.strerror}") from None
    if not texts:
        raise Trouble('report: say which logs, with LOGS="FILE..."')
    columns = columns_of(texts)
    output.write(columns, folder, "report", f"mTHP collapse, {count(len(texts), 'log')}")
    return all(column.is_good for column in columns)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0].strip(), epilog=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("matrix")
    comparing = commands.add_parser("compare")
    comparing.add_argument("a", metavar="A")
    comparing.add_argument("b", metavar="B")
    reporting = commands.add_parser("report")
    reporting.add_argument("-o", dest="folder", metavar="FOLDER", type=pathlib.Path,
                           default=BUILD / "report")
    reporting.add_argument("logs", nargs="*", metavar="LOG")
    options = parser.parse_args()
    if options.command == "matrix":
        return matrix()
    if options.command == "compare":
        return compare(options.a, options.b)
    return report(options.logs, options.folder)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    exit_with("matrix", main)
