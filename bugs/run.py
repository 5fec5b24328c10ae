#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Build kernels with a bug each, run the suite on them, and say which tests noticed.

    run.py --list          what there is
    run.py --image NAME    build only, and print the path of the kernel
    run.py [NAME]...       these, or all

See README.md here for what a bug looks like. From the environment: BUGS_JOBS, guests at a time
(default: one for each CPU; races, whose guests have two CPUs, half as many); BUILD, where logs
and tables go; KSRC; PEER=khugepaged, to run the kernel tree's own test as well. Exit status: 0
if every bug was noticed and the right kernel passed everything, else 1.
"""
import argparse
import concurrent.futures
import os
import pathlib
import sys
import time

sys.dont_write_bytecode = True
# What is beside this file, and in vm/.
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "vm"))
import peer
from bug import RIGHT, V10, Bug, find_bugs, read_bugs
from children import Trouble, exit_with
from guest import BUILD, alone_in, jobs_wanted
from guests import EXPLORER, RACES, TESTS
from images import Images
from progress import Progress, note
from report import Tables, describe, report
from rows import Rows
from trial import GOOD, Result, try_bug, try_right, try_v10

FOLDER = BUILD / "bugs"


def build_all(bugs, images):
    """All images, before any guest runs beside the compiler. Return: {name: Result}."""
    results = {bug.name: Result(bug) for bug in bugs}
    missing = [bug for bug in bugs if not images.path(bug).exists()]
    progress = Progress(len(missing))
    for bug in missing:
        result = results[bug.name]
        try:
            result.build_seconds = images.build(bug)
        except (Trouble, OSError) as trouble:
            result.trouble = str(trouble)
        progress.tell(f"{bug.name}: {result.trouble or f'built in {result.build_seconds:.0f} s'}")
    return results


def others_to_try(names, images):
    """Kernels that are no bugs: [(name, program, what says what is wrong, image)]."""
    kernels = []
    if not names or RIGHT in names:
        kernels.append((RIGHT, kernel_of(RIGHT), try_right, (TESTS, EXPLORER, RACES)))
    if not names or V10.stem in names:
        kernels.append((V10.stem, kernel_of(V10.stem), try_v10, (TESTS, EXPLORER)))
    others = []
    for name, bug, try_it, programs in kernels:
        note(f"{name}: built in {images.build(bug):.0f} s")
        others += [(name, program, try_it, images.path(bug)) for program in programs]
    return others


def try_peer(results, images, jobs):
    """The kernel's own test. It sleeps more than it works, so twice as many guests as jobs."""
    other = peer.Peer(images)
    note(f"{peer.NAME} fails on the right kernel: {', '.join(sorted(other.known)) or 'nothing'}")
    progress = Progress(len(results))

    def try_one(result):
        try:
            result.peer = other.noticed(result.bug, images.path(result.bug))
        except (Trouble, OSError) as trouble:
            result.trouble = str(trouble)
        progress.tell(f"{peer.NAME} on {result.bug.name}: {len(result.peer or [])} failed")

    with concurrent.futures.ThreadPoolExecutor(2 * jobs) as pool:
        for _ in pool.map(try_one, results):
            pass


def refuse_unknown_rows(bugs, rows):
    for bug in bugs:
        for row in bug.rows:
            if not rows.tests_of(row):
                raise Trouble(f"{bug.name}: Rows: there is no row {row}")


def try_all(bugs, names, jobs):
    """
    Build, then try: first what one CPU is enough for, then races, which want two. Return:
    entries for the report, and what no bug failed but should not have.
    """
    rows = Rows()
    refuse_unknown_rows(bugs, rows)
    images = Images()
    tables = Tables(FOLDER, images.dir.name)
    results = build_all(bugs, images)
    others = others_to_try(names, images)
    wrong = {name: [] for name, *_ in others}
    fit = [bug for bug in bugs if not results[bug.name].trouble]
    progress = Progress(len(others) + len(fit))

    def try_one(bug):
        try_bug(results[bug.name], images.path(bug), rows, note)
        tables.add([results[bug.name]])
        progress.tell(f"{bug.name}: {describe(results[bug.name])}")

    def try_other(name, program, try_it, image):
        try:
            failed, said = try_it(image, program)
        except (Trouble, OSError) as trouble:
            failed, said = [f"{program}: {trouble}"], str(trouble)
        wrong[name] += failed
        progress.tell(f"{name}: {program}: {said}")

    for racing, at_a_time in ((False, jobs), (True, max(1, jobs // 2))):
        with concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
            work = [pool.submit(try_other, *one) for one in others if (RACES in one) == racing]
            work += [pool.submit(try_one, bug) for bug in fit if bool(bug.races) == racing]
            for done in work:
                done.result()
    if os.environ.get("PEER"):
        try_peer([results[bug.name] for bug in fit], images, jobs)
    return tables.add(results.values()), wrong


def list_bugs(paths):
    """A line for each bug. One with a broken head hides no other. Return: is none broken?"""
    broken = 0
    for path in paths:
        try:
            bug = Bug.read(path)
            print(f"{bug.name:32} {bug.head['Rows']:18} {bug.head['Bug']}")
        except Trouble as trouble:
            note(f"bugs: {trouble}")
            broken += 1
    return not broken


def kernel_of(name):
    """The Bug that is called so; None: the right kernel, which has none."""
    if name == RIGHT:
        return None
    return Bug.read(V10) if name == V10.stem else read_bugs([name])[0]


def image_of(name):
    """Path of the image of a kernel; builds it if that was not done yet."""
    bug, images = kernel_of(name), Images()
    images.build(bug)
    return images.path(bug)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0].strip(), epilog=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="list the bugs, and exit")
    parser.add_argument("--image", metavar="NAME", help="build one kernel, and print its path")
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help=f"of a bug, '{RIGHT}' or '{V10.stem}'; default: all of them")
    options = parser.parse_args()
    if options.list:
        return list_bugs(find_bugs(options.names))
    if options.image:
        print(image_of(options.image))
        return True
    bugs = read_bugs(options.names)
    if os.environ.get("PEER", peer.NAME) != peer.NAME:
        raise Trouble(f"PEER={os.environ['PEER']}: there is only {peer.NAME}")
    jobs = jobs_wanted("BUGS_JOBS")
    with alone_in(FOLDER):
        start = time.monotonic()
        entries, wrong = try_all(bugs, options.names, jobs)
        report(entries, wrong, time.monotonic() - start)
        print(f"all that is known: {FOLDER}/bugs.md {FOLDER}/bugs.json")
    return not any(wrong.values()) and all(entry["verdict"] in GOOD for entry in entries)


if __name__ == "__main__":
    exit_with("bugs", main)
