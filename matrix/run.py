#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The suite on many kernels, and the table of what came of it.

    run.py matrix                    on every kernel that Debian has; see below
    run.py compare A B               what differs between two kernels, or two saved logs
    run.py report [-o FOLDER] LOG... the table and the page of saved logs

From the environment, for matrix: ARCH, machines (amd64 arm64 arm64-16k), SERIES, what to run of
each (all, latest, 7.2 or 7.2.11; default: all on this machine's architecture, latest on others),
PROGRAMS, JOBS, guests at a time, FRESH=1, to forget what an earlier run has ended; and what
vm/suite.sh takes. Exit status: 0 if nothing failed and all came to an end; of compare, if nothing
differs; else 1.
"""
import argparse
import concurrent.futures
import fcntl
import os
import pathlib
import platform
import queue
import re
import signal
import sys

sys.dont_write_bytecode = True
# What is beside this file, and in vm/.
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "vm"))
import output
from children import Trouble, end, run
from column import UNAME, columns_of
from compare import differences
from guest import BUILD, LOGS, TOP
from guests import PROGRAMS, TESTS, Guests, column_of, turn
from kernels import Kernel, select
from log import FAIL, PASS, SKIP, XFAIL
from progress import Progress, count, note
from rows import Rows
from text import aligned, kernel_lines

MACHINES = "amd64 arm64 arm64-16k"
FOLDER = BUILD / "matrix"


def words(name, default):
    return (os.environ.get(name) or default).split()


def here():
    """Debian's name of this machine's architecture."""
    uname = platform.machine()
    return next((arch for arch, name in UNAME.items() if name == uname), uname)


def wanted_kernels():
    """Kernels of ARCH and SERIES. Slow machines first: what is long begins early."""
    kernels = []
    for machine in dict.fromkeys(words("ARCH", MACHINES)):
        kernels += select(machine, words("SERIES", "all" if machine == here() else "latest"))
    return sorted(kernels, key=lambda kernel: kernel.machine == here())


def jobs():
    text = os.environ.get("JOBS") or str(os.cpu_count() or 1)
    if not re.fullmatch("[1-9][0-9]?", text):
        raise Trouble(f"JOBS={text}: not a number of guests from 1 to 99")
    return int(text)


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
    for arch in {here(), *(kernel.environment["ARCH"] for kernel in kernels)}:
        environment["ARCH"] = arch
        run([TOP / "vm/deps.sh", "build", "vm"], env=environment, stderr=None)
        run(["make", "-s", "-C", TOP, "build"], env=environment)


def fetch_all(kernels):
    """{kernel: path of its image}; those that cannot be had: {kernel: why}."""
    images, missing = {}, {}
    for kernel in kernels:
        try:
            images[kernel] = kernel.fetch()
        except Trouble as trouble:
            missing[kernel] = str(trouble)
            note(f"{kernel.name}: {trouble}")
    return images, missing


def in_words(column):
    """What came of a guest, in a few words."""
    if column.troubles:
        return f"did not finish: {column.troubles[0].trouble}"
    return ", ".join(f"{column.number(verdict)} {word}" for verdict, word in (
        (PASS, "passed"), (FAIL, "failed"), (XFAIL, "xfailed"), (SKIP, "skipped")))


def run_guests(kernels, guests):
    """
    Run what is not known yet.
    Return: [Column], in the order of the kernels
    """
    images, missing = fetch_all(kernels)
    work = [(kernel, program) for program in programs() for kernel in images]
    entries = {}
    for one in work:
        known = guests.known(*one, images[one[0]])
        if known:
            entries[one] = known
    if entries:
        note(f"going on: {len(entries)} of {len(work)} ended in an earlier run; FRESH=1 begins anew")
    left = [one for one in work if one not in entries]
    progress = Progress(len(left))
    turns = queue.SimpleQueue()

    def run_one(one):
        kernel, program = one
        number = turns.get()
        with turn(number):
            entries[one] = guests.run(kernel, program, images[kernel])
        turns.put(number)
        progress.tell(f"{kernel.name}, {program}: {in_words(column_of(kernel, [entries[one]]))} "
                      f"({entries[one]['seconds']:.0f} s)")

    with concurrent.futures.ThreadPoolExecutor(jobs()) as pool:
        for number in range(jobs()):
            turns.put(number)
        for _ in pool.map(run_one, left):
            pass
    return [column_of(kernel, [entries[kernel, program] for program in programs()])
            if kernel in images else missing_column(kernel, missing[kernel]) for kernel in kernels]


def missing_column(kernel, why):
    column = column_of(kernel, [{"log": os.devnull, "status": 1, "seconds": 0, "said": []}])
    column.logs[0].trouble = f"could not be fetched: {why}"
    return column


def matrix():
    # Before anything is built or fetched for a wrong word.
    jobs(), programs()
    kernels = wanted_kernels()
    with alone_in(FOLDER):
        guests = Guests(FOLDER / "guests")
        ended = FOLDER / "ended"
        if ended.exists() or os.environ.get("FRESH"):
            guests.forget()
            ended.unlink(missing_ok=True)
        build_for(kernels)
        columns = sorted(run_guests(kernels, guests), key=lambda column: column.key)
        ended.touch()
        output.write(columns, FOLDER, "matrix", f"mTHP collapse on {count(len(columns), 'kernel')}")
    return all(column.is_good for column in columns)


class alone_in:
    """A folder that no other run writes to meanwhile."""

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lock = open(self.folder / "lock", "w", encoding="ascii")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble(f"another run writes to {self.folder}: give BUILD= another folder"
                          ) from None

    def __exit__(self, *_):
        self.lock.close()


def one_side(wanted, guests):
    """The column of A or B: a kernel that is run, or a saved log."""
    path = pathlib.Path(wanted)
    if path.is_file():
        text = path.read_text(errors="replace")
        if "TAP version" in text or "@vm@ " in text:
            return columns_of([(path.stem, text)])[0]
        wanted = str(path.absolute())
    page = (os.environ.get("PAGE") or "4k").lower()
    machine = (os.environ.get("ARCH") or here()) + (f"-{page}" if page != "4k" else "")
    kernel = Kernel(machine, wanted)
    build_for([kernel])
    return run_guests([kernel], guests)[0]


def compare(a, b):
    if not a or not b:
        raise Trouble("compare: say which two kernels, with A= and B=")
    with alone_in(BUILD / "compare"):
        guests = Guests(BUILD / "compare" / "guests")
        guests.forget()
        build_for([])
        columns = [one_side(wanted, guests) for wanted in (a, b)]
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
    return True


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
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    try:
        sys.exit(0 if main() else 1)
    except Trouble as trouble:
        sys.exit(f"matrix: {trouble}")
