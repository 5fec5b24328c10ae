# SPDX-License-Identifier: GPL-2.0
"""Which test checks which rows, as the programs that were built say themselves."""
from children import run
from guest import BUILD

PROGRAMS = ("mthp_khugepaged", "mthp_races")


class Rows:
    """Rows and tests, each way."""

    def __init__(self):
        self.titles, self.of_test = {}, {}
        for program in PROGRAMS:
            for line in run([BUILD / "suite" / program, "--rows"]).splitlines():
                row, test, title = line.split("\t")
                self.titles[row] = title
                self.of_test.setdefault(test, []).append(row)

    def tests_of(self, row):
        return {test for test, rows in self.of_test.items() if row in rows}

    def of_tests(self, tests):
        """Rows of tests with fixture and variant, in order and once."""
        rows = [row for test in tests for row in self.of_test.get(test.split(".")[-1], [])]
        return list(dict.fromkeys(rows))
