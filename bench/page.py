# SPDX-License-Identifier: GPL-2.0
"""The figures of one kernel or of two as one HTML page that needs nothing else."""
import pathlib

from html_page import document, escaped, made_how, table_of
from pictures import collapse, gain, growth, process, scan, steady
from tables import about_the_clock

STYLE = (pathlib.Path(__file__).parent / "page.css").read_text(encoding="ascii")
PICTURES = (scan, steady, collapse, process, gain, growth)
OF_RUNS = "Each value is the median of its runs; an upright line at it is from the least to the " \
          "most of them."


def kernels(sides):
    yield "", "kernel", "machine", "page", "PMD order", "compiler", "clock", "runs", "figures"
    for side in sides:
        run = side.first
        yield (escaped(side.name), escaped(run.kernel), escaped(run.machine),
               f"{run.page_kb}k", run.pmd_order, escaped(run.compiler or "unknown"),
               escaped(run.clock), len(side.runs), len(side.keys))


def warnings(sides):
    """What one has to know of the clocks before one looks at anything."""
    clocks = list(dict.fromkeys(side.first.clock for side in sides))
    for clock in clocks:
        if about_the_clock(clock):
            yield f'<p class="warning">{about_the_clock(clock)}</p>'
    if len(clocks) > 1:
        yield '<p class="warning">Both were measured with different clocks: do not compare ' \
              "them.</p>"


def page(sides, title, made):
    """
    The whole page, as text.
    @sides: one Side, or two to be compared
    @made: {what: text}, of how it came to be
    """
    body = [f"<h1>{escaped(title)}</h1>", *warnings(sides), made_how(made),
            table_of(kernels(sides), "What was measured")]
    if any(len(side.runs) > 1 for side in sides):
        body.append(f"<p>{OF_RUNS}</p>")
    for picture in PICTURES:
        body += picture(sides)
    return document(title, body, STYLE)
