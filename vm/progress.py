# SPDX-License-Identifier: GPL-2.0
"""What is said while something takes long."""
import re
import sys
import threading
import time

printing = threading.Lock()


def note(text):
    with printing:
        print(text, file=sys.stderr, flush=True)


class Progress:
    """One line for each of a known number of things, with the time that is left."""

    def __init__(self, total):
        self.start, self.total, self.done = time.monotonic(), total, 0

    def tell(self, text):
        self.done += 1
        left = (time.monotonic() - self.start) / self.done * (self.total - self.done) / 60
        note(f"{self.done}/{self.total} {text}" + (f"; {left:.0f} min left" if left >= 1 else ""))


def count(number, what):
    return f"{number} {what}{'' if number == 1 else 's'}"


class Watch:
    """On a terminal, how far a program is that writes TAP to a file, for as long as it runs."""
    EVERY = 2   # seconds

    def __init__(self, name, path):
        self.name, self.path, self.over = name, path, threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)

    def look(self):
        while not self.over.wait(self.EVERY):
            text = self.path.read_text(errors="replace") if self.path.exists() else ""
            plan = re.search(r"^1\.\.(\d+)", text, re.M)
            if plan:
                done = len(re.findall(r"^(?:not )?ok \d+", text, re.M))
                with printing:
                    print(f"\r{self.name}: {done} of {plan[1]} ", end="", file=sys.stderr,
                          flush=True)

    def __enter__(self):
        if sys.stderr.isatty():
            self.thread.start()

    def __exit__(self, *_):
        self.over.set()
        if self.thread.ident:
            self.thread.join()
            print(end="\r", file=sys.stderr)
