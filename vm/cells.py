# SPDX-License-Identifier: GPL-2.0
"""Cells below each other: for a terminal, and in Markdown."""
import re
import textwrap

FIRST_WIDTH = 36
NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?$|-$")


def aligned(lines):
    """Cells below each other, numbers to the right; a long first cell goes on below."""
    folded = []
    for first, *others in lines:
        begin, *more = textwrap.wrap(first, FIRST_WIDTH) or [""]
        folded += [(begin, *others), *((f"  {text}", *[""] * len(others)) for text in more)]
    widths = [max(map(len, column)) for column in zip(*folded)]
    for line in folded:
        yield "  ".join(cell.rjust(width) if nr and NUMBER.match(cell) else cell.ljust(width)
                        for nr, (cell, width) in enumerate(zip(line, widths))).rstrip()


def as_markdown(text):
    return text.replace("|", "\\|").replace("<", "&lt;")


def bars(lines):
    """Cells below each other, in Markdown."""
    first, *others = (f"| {' | '.join(map(as_markdown, line))} |" for line in lines)
    return [first, "|---" * len(lines[0]) + "|", *others]
