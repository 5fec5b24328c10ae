# SPDX-License-Identifier: GPL-2.0
"""What differs between two kernels: verdicts, and what tests say of counters and folios."""
import collections
import re

from log import LOST, VERDICTS

# What is not the kernel's doing: seconds, addresses, seeds, and that something was done again.
VARIES = re.compile(r"figures: |replay: |seed \d|the same again: | ms\b|0x[0-9a-f]+|"
                    r"the counters differ; |pages were moved|one more scan")


def tests_by_name(column):
    """Of tests of one name (seeds of the explorer) the one that has most to say."""
    tests = {}
    for test in sorted(column.tests, key=lambda test: -VERDICTS.index(test.verdict)):
        tests[test.name] = test
    return tests


def said_by(test):
    """How often each line was said that is to be compared."""
    return collections.Counter(line for line in test.said if not VARIES.search(line))


def verdict_of(test):
    if not test:
        return "did not report"
    return test.verdict + (f" ({test.reason})" if test.reason else "")


def told_apart(one, other):
    """
    What only one of two tests said, or more often: [("A", line)]. Of one that failed and one that
    did not, the verdict says it.
    """
    if not one or not other or one.verdict != other.verdict or one.verdict == LOST:
        return []
    said = said_by(one), said_by(other)
    return [(side, line) for side, lines in (("A", said[0] - said[1]), ("B", said[1] - said[0]))
            for line in lines]


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
