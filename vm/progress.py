# SPDX-License-Identifier: GPL-2.0
"""What is said while something takes long."""
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
