# SPDX-License-Identifier: GPL-2.0
"""The tables as text for a terminal, and as Markdown."""
from cells import aligned, as_markdown, bars
from log import FAIL, LOST, PASS, SKIP, XFAIL
from progress import count
from table import Reasons, fold_columns, fold_rows, short_names, spans, word_of


def in_words(column):
    """What came of a kernel, in a few words."""
    if column.troubles:
        return f"did not finish: {column.troubles[0].trouble}"
    return ", ".join(f"{column.number(verdict)} {word}" for verdict, word in (
        (PASS, "passed"), (FAIL, "failed"), (XFAIL, "xfailed"), (SKIP, "skipped")))


def kernel_lines(columns):
    """A line for each kernel, with a head."""
    yield "kernel", "pages", "PMD", "logs", "passed", "failed", "xfailed", "skipped", "s", ""
    for column in columns:
        counts = [str(column.number(verdict)) for verdict in (PASS, FAIL, XFAIL, SKIP)]
        trouble = f"did not finish: {column.troubles[0].trouble}" if column.troubles else ""
        yield (column.name, f"{column.known('page_kb')}k" if column.known("page_kb") else "",
               str(column.known("pmd_order")), str(len(column.logs)), *counts,
               f"{column.seconds:.0f}" if column.seconds else "", trouble)


def column_letters(groups):
    return [chr(ord("A") + nr) if nr < 26 else f"A{nr}" for nr in range(len(groups))]


def names_of(columns, group):
    """Versions of each machine, those that follow each other as a range."""
    by_machine = {}
    for nr in group:
        by_machine.setdefault(columns[nr].machine, []).append(nr)
    parts = []
    for machine, numbers in by_machine.items():
        texts = [columns[first].version if first == last else
                 f"{columns[first].version} to {columns[last].version}"
                 for first, last in spans(numbers)]
        parts.append(f"{', '.join(texts)} {machine}".strip())
    return "; ".join(parts)


def row_lines(table, columns, reasons):
    """Rows and kernels, those that agree together."""
    groups = fold_columns(table, columns)
    yield "rows", *column_letters(groups)
    for rows in fold_rows(table):
        cells = [rows[0].cells[group[0]] for group in groups]
        yield short_names(rows), *(f"{word_of(cell)} {reasons.letters(cell)}".strip()
                                   for cell in cells)


def legend(table, columns, reasons):
    """What the letters stand for: (letter, text)."""
    groups = fold_columns(table, columns)
    for letter, group in zip(column_letters(groups), groups):
        yield letter, names_of(columns, group)
    for reason, numbers in reasons.tests.items():
        most = max(numbers)
        least = min(filter(None, numbers))
        tests = count(most, "test") if least == most else f"{least} to {most} tests"
        where = names_of(columns, [nr for nr, number in enumerate(numbers) if number])
        yield reasons.letter(reason), f"{reason} ({tests}; {where})"


def failures(columns):
    """What failed or did not finish, with how to see it again."""
    for column in columns:
        for log in column.troubles:
            yield f"{column.name}: did not finish: {log.trouble}"
            yield from (f"  | {line}" for line in log.last_lines)
        for reason in column.unexpected:
            yield f"{column.name}: its machine is no reason to skip for this: {reason}"
        for log in column.logs:
            for test in log.tests:
                if test.verdict in (FAIL, LOST):
                    what = "failed" if test.verdict == FAIL else "was running"
                    yield f"{column.name}: {test.name} {what}: see {log.source}"


def plain(table, columns):
    reasons = Reasons(columns)
    blocks = [aligned(list(kernel_lines(columns))),
              aligned(list(row_lines(table, columns, reasons))),
              map(": ".join, legend(table, columns, reasons)), failures(columns)]
    return "\n\n".join(filter(None, ("\n".join(block) for block in blocks))) + "\n"


def markdown(table, columns):
    reasons = Reasons(columns)
    meanings = legend(table, columns, reasons)
    blocks = [bars(list(kernel_lines(columns))), bars(list(row_lines(table, columns, reasons))),
              [f"- {letter}: {as_markdown(text)}" for letter, text in meanings],
              [f"    {line}" for line in failures(columns)]]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"
