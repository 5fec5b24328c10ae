# SPDX-License-Identifier: GPL-2.0
"""A kernel, and all that is known of it: what stands below each other in a table."""
import dataclasses
import re

from log import FAIL, PASS, VERDICTS, XFAIL, read_log


@dataclasses.dataclass
class Column:
    """The logs of all programs that ran on one kernel."""
    machine: str        # x86_64, aarch64-16k: as uname has it, and pages that are not of 4k
    version: str        # 7.2.13, or the name of a file
    logs: list = dataclasses.field(default_factory=list)
    seconds: float = 0
    unexpected: list = dataclasses.field(default_factory=list)  # reasons of skips
    again: str = ""     # variables of make that boot this kernel again, where that is known

    @property
    def name(self):
        return f"{self.version} {self.machine}".strip()

    @property
    def key(self):
        """Machines apart, versions by their numbers."""
        numbers = [int(number) for number in re.findall(r"\d+", self.version)]
        return self.machine != "x86_64", self.machine, numbers, self.version

    def known(self, what):
        """What the first log that knows says of the kernel: its release, generation, ..."""
        return next(filter(None, (getattr(log, what) for log in self.logs)), "")

    @property
    def tests(self):
        return [test for log in self.logs for test in log.tests]

    @property
    def troubles(self):
        return [log for log in self.logs if log.trouble]

    def number(self, verdict):
        return sum(test.verdict == verdict for test in self.tests)

    @property
    def counts(self):
        return {verdict: self.number(verdict) for verdict in VERDICTS}

    @property
    def is_good(self):
        return not self.troubles and not self.number(FAIL) and not self.unexpected and \
            any(map(self.number, (PASS, XFAIL)))


def machine_of(log):
    if not log.machine:
        return ""
    return log.machine + (f"-{log.page_kb}k" if log.page_kb not in (0, 4) else "")


def version_of(release):
    """7.2.13, of 7.2.13+deb14-cloud-amd64."""
    known = re.match(r"\d+(\.\d+)+(-rc\d+)?", release)
    return known[0] if known else release


def columns_of(texts):
    """
    One column for each kernel: logs of one release on one machine are of one kernel. The same
    text twice counts once.
    @texts: [(name of a log, its text)]; the name stands for a kernel that is not named in it
    """
    columns = {}
    logs = [(name, read_log(text)) for text, name in {text: name for name, text in texts}.items()]
    # What broke off knows less of its machine than others of the same release.
    for name, log in sorted(logs, key=lambda one: not one[1].page_kb):
        log.source = name
        kernel = log.release or name
        if not log.page_kb:
            same = [key for key in columns if key[1] == kernel]
            machine = same[0][0] if len(same) == 1 else machine_of(log)
        else:
            machine = machine_of(log)
        column = Column(machine, version_of(log.release) if log.release else name)
        columns.setdefault((machine, kernel), column).logs.append(log)
    return with_names_apart(sorted(columns.values(), key=lambda column: column.key))


def with_names_apart(columns):
    """Of two kernels of one version the whole release is said."""
    names = [column.name for column in columns]
    for column, name in zip(columns, names):
        if names.count(name) > 1:
            column.version = column.known("release") or column.version
    return columns
