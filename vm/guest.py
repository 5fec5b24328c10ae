# SPDX-License-Identifier: GPL-2.0
"""A guest from its start to its end, and the logs that it leaves."""
import contextlib
import dataclasses
import fcntl
import os
import pathlib
import re
import time

from children import Trouble, run_child
from progress import note

TOP = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD") or TOP / "build").absolute()
LOGS = BUILD / "log"
# Locks that all matrices on this machine see.
TURNS = pathlib.Path(os.environ.get("TURNS") or f"/run/lock/mthp_khugepaged-{os.getuid()}")


def jobs_wanted(name):
    """How many guests at a time; @name: the variable that may say so."""
    text = os.environ.get(name) or str(os.cpu_count() or 1)
    if not re.fullmatch("[1-9][0-9]?", text):
        raise Trouble(f"{name}={text}: not a number of guests from 1 to 99")
    return int(text)


@contextlib.contextmanager
def alone_in(folder):
    """A folder that no other run writes to meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble(f"another run writes to {folder}: give BUILD= another folder") from None
        yield


@contextlib.contextmanager
def turn(number):
    """
    Guests of all matrices on this machine take turns, so that two have the CPUs that one would
    have: else the limits of time would be wrong for both. Yields a descriptor: who inherits it
    keeps the turn, also when we are killed.
    """
    TURNS.mkdir(parents=True, exist_ok=True)
    with open(TURNS / f"guest-{number}", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note(f"waiting for another guest on this machine to end ({lock.name})")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def text_of(path):
    return path.read_text(errors="replace") if path.exists() else ""


def write_whole(path, text):
    """A file is there whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.rename(path)


@dataclasses.dataclass
class Guest:
    """What is left of one."""
    run_id: str
    status: int = 0
    seconds: float = 0

    def log(self, kind):
        """Path of a log: ktap, what the program said; console; run, what the scripts said."""
        return LOGS / f"{kind}-{self.run_id}.log"

    def text(self, kind):
        return text_of(self.log(kind))


def run_guest(command, run_id, pass_fds=(), **environment):
    """
    Run a command that starts a guest, and wait for its end.
    @run_id: names the logs
    @pass_fds: descriptors that it inherits
    @environment: what vm/suite.sh and vm/run.sh take
    """
    guest = Guest(run_id)
    LOGS.mkdir(parents=True, exist_ok=True)
    for kind in ("ktap", "console"):
        guest.log(kind).unlink(missing_ok=True)
    start = time.monotonic()
    with open(guest.log("run"), "w", encoding="utf-8") as said:
        guest.status = run_child(command, stdout=said, stderr=said, pass_fds=pass_fds,
                                 env=dict(os.environ, BUILD=str(BUILD), RUN_ID=run_id,
                                          **environment))[0]
    guest.seconds = time.monotonic() - start
    return guest
