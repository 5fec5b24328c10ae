# SPDX-License-Identifier: GPL-2.0
"""One program of the suite on one kernel, and what is kept of it."""
import contextlib
import fcntl
import hashlib
import json
import os
import pathlib

from column import Column
from guest import BUILD, TOP, run_guest, text_of, write_whole
from log import read_log

CACHE = pathlib.Path(os.environ.get("CACHE") or pathlib.Path(
    os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "mthp_khugepaged")
TESTS, EXPLORER, RACES = PROGRAMS = "mthp_khugepaged", "mthp_explore", "mthp_races"
# Races have two parties; for the others one CPU is enough.
CPUS = {RACES: "2"}


def suite_of(kernel):
    """Where the programs for it are built; vm/common.sh has the same rule."""
    arch = kernel.environment["ARCH"]
    other = BUILD / arch / "suite"
    return other if other.is_dir() else BUILD / "suite"


@contextlib.contextmanager
def turn(number):
    """
    Guests of all matrices on this machine take turns, so that two have the CPUs that one would
    have: else the limits of time would be wrong for both.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"guest-{number}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Guests:
    """Guests of a matrix, and what is known of those that have ended: a file each."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def kept(self, kernel, program):
        return self.folder / f"{kernel.file_name}-{program}.json"

    def identity(self, kernel, program, image):
        """Changes when another run would not be the same again."""
        found = hashlib.sha256((suite_of(kernel) / program).read_bytes())
        known = image.stat()
        found.update(repr((str(image), known.st_size, known.st_mtime_ns,
                           [os.environ.get(name, "") for name in
                            ("TESTS", "ARGS", "MEM", "CPUS", "APPEND", "ACCEL")])).encode())
        return found.hexdigest()

    def known(self, kernel, program, image):
        """What was kept of just this; None if it has to be run."""
        try:
            entry = json.loads(text_of(self.kept(kernel, program)))
        except ValueError:
            return None
        return entry if entry["identity"] == self.identity(kernel, program, image) else None

    def run(self, kernel, program, image):
        """Boot it. The entry is kept when the guest has come to an end, whichever."""
        guest = run_guest([TOP / "vm/suite.sh", "vm"], f"matrix-{kernel.file_name}-{program}",
                          **dict(kernel.environment, KERNEL=str(image), PROGRAM=program,
                                 CPUS=os.environ.get("CPUS") or CPUS.get(program, "1")))
        entry = {"identity": self.identity(kernel, program, image), "status": guest.status,
                 "seconds": guest.seconds, "log": str(guest.log("console")),
                 "said": guest.text("run").splitlines()[-12:]}
        write_whole(self.kept(kernel, program), json.dumps(entry))
        return entry

    def forget(self):
        for path in self.folder.glob("*.json"):
            path.unlink()


def log_of(kernel, entry):
    """The Log of a guest, with what it does not say itself."""
    log = read_log(text_of(pathlib.Path(entry["log"])))
    if not log.tests and not log.nothing_because and entry["said"]:
        # vm/run.sh says why, and shows what it saw.
        why = [line for line in entry["said"] if line.startswith("run.sh: ")]
        log.trouble = (why[0].removeprefix("run.sh: ") if why else log.trouble)
        log.last_lines = log.last_lines or entry["said"]
    elif entry["status"] not in (0, 1, 4) and not log.trouble:
        log.trouble = f"vm/suite.sh ended with status {entry['status']}"
    if kernel.has_feature is not None and log.generation and not log.trouble and \
       kernel.has_feature == (log.generation == "none"):
        log.trouble = f"the rules of {log.generation} were taken for those of Linux {kernel.wanted}"
    return log


def column_of(kernel, entries):
    """
    All programs of a kernel, as a column.
    @entries: what Guests.run() returned
    """
    column = Column(kernel.machine_of_logs, kernel.name.split()[0],
                    [log_of(kernel, entry) for entry in entries])
    column.seconds = sum(entry["seconds"] for entry in entries)
    return column
