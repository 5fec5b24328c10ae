# SPDX-License-Identifier: GPL-2.0
"""What differs between two kernels: verdicts, and what tests say of counters and folios."""
import re

from log import FAIL, LOST

# Where a failure says the same in other words each time: seconds, addresses, seeds.
VARIES = re.compile(r"figures: |replay: |seed \d|the same again: | ms\b|0x[0-9a-f]+")


def tests_by_name(column):
    return {test.name: test for test in column.tests}


def said_by(test):
    """What is to be compared of a test that came to its end."""
    return [line for line in test.said if not VARIES.search(line)]


def verdict_of(test):
    if not test:
        return "did not report"
    return test.verdict + (f" ({test.reason})" if test.reason else "")


def told_apart(one, other):
    """What only one of two tests said: [("A", line)], where both came to an end of their own."""
    if not one or not other or {one.verdict, other.verdict} & {FAIL, LOST}:
        return []
    return [(name, line) for name, test, against in (("A", one, other), ("B", other, one))
            for line in said_by(test) if line not in said_by(against)]


def differences(one, other, rows):
    """
    Lines on what differs between two columns, A and B; none: nothing does.
    @rows: Rows
    """
    mine, theirs = tests_by_name(one), tests_by_name(other)
    lines = [f"{name}: did not finish: {log.trouble}"
             for name, column in (("A", one), ("B", other)) for log in column.troubles]
    for name in dict.fromkeys([*mine, *theirs]):
        tests = mine.get(name), theirs.get(name)
        verdicts = list(map(verdict_of, tests))
        told = told_apart(*tests)
        if verdicts[0] != verdicts[1] or told:
            lines.append(f"{' '.join(rows.of_tests([name]) or ['-'])}: {name}")
        if verdicts[0] != verdicts[1]:
            lines += [f"    {side}: {verdict}" for side, verdict in zip("AB", verdicts)]
        lines += [f"    {side}: {line}" for side, line in told]
    return lines
