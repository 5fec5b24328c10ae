# SPDX-License-Identifier: GPL-2.0
"""Columns beside each other: which row has which verdict on which kernel."""
import dataclasses

from log import LOST, PASS, SKIP, VERDICTS

# Beside the verdicts of tests: nobody asked.
NOT_RUN = "not run"


@dataclasses.dataclass(frozen=True)
class Cell:
    """What the tests of a row came to on a kernel."""
    verdict: str
    reasons: tuple = ()     # of those that were skipped


@dataclasses.dataclass
class Row:
    """A behaviour, and what came of it in each column."""
    name: str
    title: str
    cells: list


def cell_of(tests, column):
    """
    The verdict of a row on a kernel.
    @tests: those of the row, of that column
    """
    verdicts = {test.verdict for test in tests}
    reasons = dict.fromkeys(test.reason for test in tests if test.verdict == SKIP)
    if verdicts:
        return Cell(next(verdict for verdict in VERDICTS if verdict in verdicts), tuple(reasons))
    if column.troubles:
        return Cell(LOST)
    nothing = column.known("nothing_because")
    return Cell(SKIP, (nothing,)) if nothing else Cell(NOT_RUN)


def rows_of(columns, rows):
    """
    All rows that a column knows something of, and last those without a number: tests that no
    row names, by their own names.
    @rows: Rows
    """
    table, named = [], set()
    by_name = [{} for _ in columns]
    for tests, column in zip(by_name, columns):
        for test in column.tests:
            tests.setdefault(test.short_name, []).append(test)
    for row in rows.titles:
        names = rows.tests_of(row)
        named |= names
        cells = [cell_of([test for name in sorted(names) for test in tests.get(name, [])], column)
                 for tests, column in zip(by_name, columns)]
        if any(names & tests.keys() for tests in by_name):
            table.append(Row(row, rows.titles[row], cells))
    others = dict.fromkeys(name for tests in by_name for name in tests if name not in named)
    for name in others:
        table.append(Row(name, "", [cell_of(tests.get(name, []), column)
                                    for tests, column in zip(by_name, columns)]))
    return table


def fold_columns(table, columns):
    """Columns that agree in all cells, together: [[number of a column]]."""
    groups = {}
    for nr in range(len(columns)):
        groups.setdefault(tuple(row.cells[nr] for row in table), []).append(nr)
    return list(groups.values())


def fold_rows(table):
    """Rows of a family (ORD, OCC, ...) that agree in all cells, together: [[Row]]."""
    groups = {}
    for row in table:
        family = row.name.partition("-")[0] if row.title else "tests without a row"
        groups.setdefault((family, tuple(row.cells)), []).append(row)
    return list(groups.values())


def spans(numbers):
    """Numbers that follow each other, together: [[first, last]]."""
    found = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def short_names(rows):
    """ORD-1 to 3, 6: of rows of one family."""
    if not rows[0].title:
        return ", ".join(row.name for row in rows)
    family = rows[0].name.partition("-")[0]
    numbers = [int(row.name.partition("-")[2]) for row in rows]
    parts = [str(first) if first == last else f"{first} to {last}"
             for first, last in spans(numbers)]
    return f"{family}-{', '.join(parts)}"


class Reasons:
    """Why something was skipped, with a letter each."""

    def __init__(self, columns):
        self.tests = {}     # reason: [number of tests, by column]
        for nr, column in enumerate(columns):
            for test in column.tests:
                if test.verdict == SKIP:
                    self.tests.setdefault(test.reason, [0] * len(columns))[nr] += 1
            if column.known("nothing_because"):
                # Of all its tests; how many they are it did not say.
                self.tests.setdefault(column.known("nothing_because"), [0] * len(columns))[nr] += 1

    def letter(self, reason):
        """a, ..., z, aa, ..."""
        number, text = list(self.tests).index(reason) + 1, ""
        while number:
            number, digit = divmod(number - 1, 26)
            text = chr(ord("a") + digit) + text
        return text

    def letters(self, cell):
        return " ".join(self.letter(reason) for reason in self.tests if reason in cell.reasons)


WORDS = {PASS: "ok", NOT_RUN: "-"}


def word_of(cell):
    """FAIL is to be seen in a column of ok."""
    word = WORDS.get(cell.verdict, cell.verdict)
    return word.upper() if word == "fail" else word
