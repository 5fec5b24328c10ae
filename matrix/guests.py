# SPDX-License-Identifier: GPL-2.0
"""One program of the suite on one kernel, and what is kept of it."""
import hashlib
import json
import os
import pathlib

from column import Column, machine_of, version_of
from guest import BUILD, TOP, run_guest, text_of, write_whole
from kernels import here
from log import read_log
from skips import unexpected_skips

TESTS, RACES = "mthp_khugepaged", "mthp_races"
PROGRAMS = (TESTS, "mthp_explore", RACES)
# Races have two parties; for the others one CPU is enough.
CPUS = {RACES: "2"}
# What makes a guest another one.
VARIABLES = ("TESTS", "ARGS", "MEM", "CPUS", "NODES", "APPEND", "ACCEL", "ICOUNT", "QEMU",
             "TIMEOUT", "HANG_TIMEOUT", "BOOT_TIMEOUT")


def digest(*paths):
    """Of files, and of all files in folders."""
    found = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                found.update(f"{file.name} {file.stat().st_size} ".encode() + file.read_bytes())
    return found.hexdigest()


class Guests:
    """Guests, and what is known of those that have ended: two files each in a folder."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def file(self, kernel, program, suffix):
        return self.folder / f"{kernel.file_name}-{program}.{suffix}"

    @staticmethod
    def identity(kernel, image):
        """Changes when another run would not be the same again."""
        suite = (BUILD if kernel.arch == here() else BUILD / kernel.arch) / "suite"
        known = image.stat()
        return digest(suite, TOP / "vm", image.parent / "modules") + repr(
            (str(image), known.st_size, known.st_mtime_ns,
             [os.environ.get(name, "") for name in VARIABLES]))

    def known(self, kernel, program, image):
        """What was kept of just this; None if it has to be run."""
        try:
            entry = json.loads(text_of(self.file(kernel, program, "json")))
        except ValueError:
            return None
        return entry if entry["identity"] == self.identity(kernel, image) else None

    def run(self, kernel, program, image, held):
        """
        Boot it.
        @held: descriptor of its turn
        Return: the entry; kept when the guest came to its end, so that others are tried again
        """
        identity = self.identity(kernel, image)
        guest = run_guest([TOP / "vm/suite.sh", "vm"],
                          f"{self.folder.name}-{kernel.file_name}-{program}", pass_fds=[held],
                          **dict(kernel.environment, KERNEL=str(image), PROGRAM=program,
                                 CPUS=os.environ.get("CPUS") or CPUS.get(program, "1")))
        console = self.file(kernel, program, "log")
        # There is none where the guest was refused before it began.
        console.write_text(guest.text("console"))
        entry = {"identity": identity, "status": guest.status, "seconds": guest.seconds,
                 "log": str(console), "said": guest.text("run").splitlines()}
        if "@vm@ end" in text_of(console):
            write_whole(self.file(kernel, program, "json"), json.dumps(entry))
        return entry

    def forget(self):
        for path in self.folder.iterdir():
            path.unlink()


def failed_entry(why):
    """Of a guest that there never was."""
    return {"status": 1, "seconds": 0, "log": os.devnull, "said": [f"run.sh: {why}"]}


def log_of(kernel, entry):
    """The Log of a guest, and whether it is one of this kernel."""
    log = read_log(text_of(pathlib.Path(entry["log"])))
    log.source = entry["log"]
    if not log.release:
        # vm/run.sh says why, and shows what it saw.
        why = [line.partition(": ")[2] for line in entry["said"] if ".sh: " in line]
        log.trouble = why[0] if why else log.trouble
        log.last_lines = [line[4:] for line in entry["said"] if line.startswith("  | ")]
        return log
    if log.page_kb and machine_of(log) != kernel.machine_of_logs:
        log.blame(f"the guest was {machine_of(log)}")
    if kernel.is_own:
        return log
    if version_of(log.release).split(".")[:2] != kernel.wanted.split(".")[:2]:
        log.blame(f"the guest ran {log.release}")
    if log.generation and kernel.has_feature == (log.generation == "none"):
        log.blame(f"the rules of {log.generation} were taken for those of Linux {kernel.wanted}")
    return log


def column_of(kernel, entries):
    """
    All programs of a kernel, as a column.
    @entries: what Guests.run() returned
    """
    column = Column(kernel.machine_of_logs, kernel.version,
                    [log_of(kernel, entry) for entry in entries], again=kernel.again)
    column.seconds = sum(entry["seconds"] for entry in entries)
    if not kernel.is_own and kernel.has_feature:
        column.unexpected = unexpected_skips(column)
    return column
