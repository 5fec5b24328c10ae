# SPDX-License-Identifier: GPL-2.0
"""The tables and every failure as one HTML page that needs nothing else."""
import itertools
import pathlib

from html_page import document, escaped, made_how, table_of
from log import FAIL, LOST, PASS, SKIP, XFAIL
from picture import is_of_map, picture
from progress import count
from table import Reasons, fold_columns, fold_rows, short_names, word_of
from text import column_letters, kernel_lines, legend, names_of

STYLE = (pathlib.Path(__file__).parent / "page.css").read_text(encoding="ascii")
# What is drawn over each other, and what it stands for.
COLOURS = ((["page"], "p", "base page"), (["folio"], "4", "folio, with its order"),
           (["empty"], "", "empty"), (["zero"], "z", "zero page"),
           (["other"], "s", "anything else"),
           (["wrong"], "!", "should not be"), (["page", "differs"], "", "expected and seen differ"))


def failing(column):
    return [test for test in column.tests if test.verdict in (FAIL, LOST)]


def anchor(column, test=None):
    name = f"{column.name}-{test.name}" if test else column.name
    return "".join(char if char.isalnum() else "-" for char in name)


def kernels(columns):
    head, *lines = kernel_lines(columns)
    yield [escaped(cell) for cell in head]
    for column, line in zip(columns, lines):
        first, *others = map(escaped, line)
        if not column.is_good:
            first = f'<a href="#{anchor(column)}">{first}</a>'
        yield first, *others


def rows_and_kernels(table, columns, reasons):
    groups = fold_columns(table, columns)

    def word(cell, group):
        text = f'<span class="{cell.verdict}" title="{escaped("; ".join(cell.reasons))}">' \
               f"{word_of(cell)}</span>"
        if cell.verdict in (FAIL, LOST):
            text = f'<a href="#{anchor(columns[group[0]])}">{text}</a>'
        return f"{text} {reasons.letters(cell)}"

    yield "rows", *(f'<abbr title="{escaped(names_of(columns, group))}">{letter}</abbr>'
                    for letter, group in zip(column_letters(groups), groups))
    for rows in fold_rows(table):
        titles = "; ".join(f"{row.name}: {row.title}" for row in rows if row.title)
        yield (f'<abbr title="{escaped(titles)}">{escaped(short_names(rows))}</abbr>',
               *(word(rows[0].cells[group[0]], group) for group in groups))


def words_and_maps(said, label):
    """What a test said, its maps as pictures."""
    for is_map, lines in itertools.groupby(said, is_of_map):
        lines = list(lines)
        yield picture(lines, label) if is_map else f"<pre>{escaped(chr(10).join(lines))}</pre>"


def failures(column):
    """The kernel's own section: why it did not finish, and each failure to be opened."""
    yield f'<section id="{anchor(column)}"><h3>{escaped(column.name)}</h3>'
    for log in column.troubles:
        yield f"<p>Did not finish: {escaped(log.trouble)}</p>" \
              f"<pre>{escaped(chr(10).join(log.last_lines))}</pre>"
    for reason in column.unexpected:
        yield f"<p>Skipped, and its machine is no reason: {escaped(reason)}</p>"
    for test in failing(column):
        what = "failed" if test.verdict == FAIL else "was running"
        yield f'<details id="{anchor(column, test)}"><summary>{escaped(test.name)} ' \
              f'<span class="{test.verdict}">{what}</span></summary>'
        yield from words_and_maps(test.said, f"{test.name} on {column.name}")
        if column.again:
            again = escaped(f"make run {column.again} TESTS={test.name}")
            yield f"<pre>again:    {again}</pre>"
        yield "</details>"
    yield "</section>"


def colours():
    yield '<p class="colours">'
    for kinds, letter, meaning in COLOURS:
        squares = "".join(f'<rect class="{kind}" width="9" height="9"/>' for kind in kinds)
        yield f'<span><svg viewBox="0 0 9 9">{squares}<text x="4.5" y="7">{letter}</text></svg> ' \
              f"{meaning}</span>"
    yield "</p>"


def summary(columns):
    bad = [column for column in columns if not column.is_good]
    total = {verdict: sum(column.number(verdict) for column in columns)
             for verdict in (PASS, FAIL, XFAIL, SKIP)}
    return f"{count(len(columns), 'kernel')}, {len(bad)} of them not as they should be. " \
           f"{total[PASS]} passed, {total[FAIL]} failed, {total[XFAIL]} xfailed, " \
           f"{total[SKIP]} skipped."


def page(table, columns, title, made):
    """
    The whole page, as text.
    @made: {what: text}, of how it came to be
    """
    reasons = Reasons(columns)
    bad = [column for column in columns if not column.is_good]
    body = [f"<h1>{escaped(title)}</h1><p>{summary(columns)}</p>",
            made_how(made),
            "<h2>Kernels</h2>", table_of(kernels(columns), "Kernels"),
            "<h2>Rows</h2>", table_of(rows_and_kernels(table, columns, reasons), "Rows"),
            "<dl>", *(f"<dt>{letter}</dt><dd>{escaped(text)}</dd>"
                      for letter, text in legend(table, columns, reasons)), "</dl>"]
    if bad:
        body += ["<h2>Failures</h2>", *colours()]
    for column in bad:
        body += failures(column)
    return document(title, body, STYLE)
