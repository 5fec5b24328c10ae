# SPDX-License-Identifier: GPL-2.0
"""The figures as tables: of one kernel, and of two."""
import math

from figures import EMULATED, INSTRUCTIONS

SIZES = {"one_size": "one", "all_sizes": "all", "pmd_size": "PMD"}


def number(value):
    """As many digits as say something."""
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def times(value, base):
    """So many times the base."""
    return f"{value / base:.2f}" if value is not None and base else "-"


def table_left(text, width=24):
    """What was left of a range, in a cell."""
    return text if len(text) <= width else text[:width - 3] + "..."


def of_measure(side, measure):
    return [side.figures(key)[0] for key in side.keys if key[0] == measure]


def scan_lines(side):
    """A line for each occupancy and state, with what all sizes cost more than the PMD size."""
    unit = side.first.unit
    yield ("occupancy, state", "sizes on", f"{unit}/PTE", "PTEs/range", f"{unit}/range",
           "of PMD only", "allocations/range", "left")
    for figure in of_measure(side, "scan"):
        occupancy, sizes, state = figure.case.split(".")

        def value(what, case=figure.case, key=figure.key):
            return side.median((key[0], case, key[2]), what)

        # Only these look at the same PTEs, whatever sizes are on.
        base = value(f"{unit}/range", f"{occupancy}.pmd_size.{state}") \
            if state == "unreferenced" else None
        yield (f"{occupancy.replace('_', ' ')}, {state}", SIZES[sizes], number(value(f"{unit}/PTE")),
               number(value("PTEs/range")), number(value(f"{unit}/range")),
               times(value(f"{unit}/range"), base), number(value("allocations/range")),
               table_left(figure.left))


def collapse_lines(side):
    unit = side.first.unit
    with_speed = any("MB/s" in figure.values for figure in of_measure(side, "collapse"))
    yield ("order, source", f"{unit}/page", "of the PMD order", *(["MB/s"] if with_speed else []),
           "allocations/folio", "pages/range")
    for figure in of_measure(side, "collapse"):
        source = figure.case.partition(".")[2]
        cost = side.median(figure.key, f"{unit}/page")
        base = side.median(("collapse", f"order_{side.first.pmd_order}.{source}", figure.ranges),
                           f"{unit}/page")
        yield (f"{figure.order}, {source.replace('_', ' ')}", number(cost), times(cost, base),
               *([number(side.median(figure.key, "MB/s"))] if with_speed else []),
               number(side.median(figure.key, "allocations/folio")),
               number(side.median(figure.key, "pages/range")))


def acts_of(side):
    """What a process did, of the figures that tell it: (figure, act)."""
    for figure in of_measure(side, "process"):
        for text in figure.values:
            if text.endswith(" beside"):
                yield figure, text.partition("/")[2].removesuffix(" beside")


def waits_of(unit, act):
    """The units of what is chance: how many waited, for how long, and the longest."""
    return f"waits/range {act}", f"{unit} waited/range {act}", f"{unit} longest {act}"


def process_lines(side):
    unit = side.first.unit
    yield ("order, act", f"{unit} alone", f"{unit} beside", "ratio", "waits/range",
           "waited/range", "longest")
    for figure, act in acts_of(side):
        alone, beside = (side.median(figure.key, f"{unit}/{act} {when}")
                         for when in ("alone", "beside"))
        yield (f"{figure.order}, {act}", number(alone), number(beside), times(beside, alone),
               *(number(side.median(figure.key, what)) for what in waits_of(unit, act)))


def span(side, key, unit):
    """The median of all runs, from the least to the most of them."""
    values = side.medians(key, unit)
    if not values:
        return "-"
    return f"{number(side.median(key, unit))} ({number(min(values))}-{number(max(values))})"


def wait_lines(a, b):
    """What is chance, beside each other: no ratio is made of it."""
    unit = a.first.unit
    yield ("order, act", "waits/range A", "B", f"{unit} waited/range A", "B", "longest A", "B")
    for figure, act in acts_of(a):
        cells = [span(side, figure.key, what) for what in waits_of(unit, act) for side in (a, b)]
        if any(not cell.startswith(("0 ", "-")) for cell in cells[:4]):
            yield (f"{figure.order}, {act}", *cells)


def gain_lines(side):
    unit = side.first.unit
    yield ("order, occupancy", f"{unit}/chase before", "after", "ratio", f"{unit}/page before",
           "after", "ratio", "dTLB/chase before", "after", "% more memory")
    for figure in of_measure(side, "gain"):
        cells = []
        for what in (f"{unit}/chase", f"{unit}/page"):
            before, after = (side.median(figure.key, f"{what} {when}")
                             for when in ("before", "after"))
            cells += [number(before), number(after), times(after, before)]
        misses = [number(side.median(figure.key, f"dTLB/chase {when}"))
                  for when in ("before", "after")]
        yield (f"{figure.order}, {figure.case.partition('.')[2]}", *cells, *misses,
               number(side.median(figure.key, "% more memory")))


FLAT = 0.1
# What of a growing number of ranges has to stay what it is.
GROWTH = {"growth_scan": "/range", "growth_collapse": "/page",
          "growth_process": "/mmap+munmap beside", "growth_gain": "/chase after"}


def growth_lines(side):
    unit = side.first.unit
    numbers = sorted({key[2] for key in side.keys if key[0] in GROWTH})
    yield "measure", "value", *(f"{nr} ranges" for nr in numbers), "last of first"
    for measure, suffix in GROWTH.items():
        figures = of_measure(side, measure)
        if not figures:
            continue
        cells = [side.median((measure, figures[0].case, nr), unit + suffix) for nr in numbers]
        known = [cell for cell in cells if cell is not None]
        if not known:
            continue
        yield (f"{measure.removeprefix('growth_')} {figures[0].case}", unit + suffix,
               *map(number, cells), times(known[-1], known[0]))


def not_flat(side):
    """Where a range, or a page, of more ranges costs something else: lines."""
    for line in list(growth_lines(side))[1:]:
        name, value, *cells, _ = line
        known = [(cell, float(cell)) for cell in cells if cell != "-"]
        if known and any(abs(cost / known[0][1] - 1) > FLAT for _, cost in known):
            yield f"not flat: {name}, {value}: {', '.join(cell for cell, _ in known)}"


TABLES = {
    "Scans that collapse nothing": scan_lines,
    "Collapse": collapse_lines,
    "What a process meets": process_lines,
    "What reads gain, and the memory that it takes": gain_lines,
    "More ranges": growth_lines,
}


def tables_of(side):
    """(title, lines of cells, the first of them the head), of what was measured."""
    for title, lines_of in TABLES.items():
        lines = list(lines_of(side))
        if len(lines) > 1:
            yield title, lines


def ratio_lines(found):
    """All ratios, a line each. @found: [Ratio]"""
    yield "figure", "ranges", "value", "A", "B", "B/A", "from", "to", "", "A left", "B left"
    for ratio in found:
        least, most = ratio.spread
        left = ["", ""] if ratio.leaves_the_same else \
            [table_left(figure.left) for figure in ratio.left]
        yield (f"{ratio.key[0]} {ratio.key[1]}", str(ratio.key[2]), ratio.unit, number(ratio.a),
               number(ratio.b), f"{ratio.median:.3f}", f"{least:.3f}", f"{most:.3f}",
               "differs" if ratio.differs else "", *left)


def place_of(ratio):
    """Where a ratio stands in the tables of them: table, line, column; None: nowhere."""
    measure, case, ranges = ratio.key
    what, per, value = ratio.unit.partition("/")
    if what not in ("ns", "instructions"):
        return None
    parts = [part.replace("_", " ") for part in case.split(".")]
    if measure == "scan":
        return "Scans, a range", f"{parts[0]}, {parts[2]}", SIZES[case.split(".")[1]]
    if measure in GROWTH:
        wanted = GROWTH[measure] == per + value
        return ("More ranges", measure.removeprefix("growth_"), f"{ranges} ranges") if wanted \
            else None
    title = {"collapse": "Collapse, a page", "process": "What a process meets",
             "gain": "Reads"}[measure]
    if measure == "gain":
        return title, f"order {ratio.order}, {parts[1]}", value
    return title, f"order {ratio.order}", parts[1] if measure == "collapse" else value


def largest_lines(found, most=12):
    """Those that are off in every pair, the largest first."""
    def size(ratio):
        return abs(math.log(ratio.median)) if 0 < ratio.median < math.inf else math.inf

    marked = sorted((ratio for ratio in found if ratio.differs), key=size, reverse=True)
    head, *_ = ratio_lines([])
    return [head, *list(ratio_lines(marked[:most]))[1:]]


def short_ratio(ratio):
    """The ratio and its spread, in a cell."""
    least, most = ratio.spread
    marks = ("*" if ratio.differs else "") + ("" if ratio.leaves_the_same else "#")
    return f"{ratio.median:.3f} ({least:.3f}-{most:.3f}){marks}"


def ratio_tables(found):
    """The ratios of times, those that belong together in a table: (title, lines of cells)."""
    tables = {}
    for ratio in found:
        place = place_of(ratio)
        if place:
            title, line, column = place
            tables.setdefault(title, {}).setdefault(line, {})[column] = short_ratio(ratio)
    for title, lines in tables.items():
        columns = list(dict.fromkeys(column for cells in lines.values() for column in cells))
        yield f"B/A: {title}", [("", *columns), *((line, *(cells.get(column, "-")
                                                       for column in columns))
                                                  for line, cells in lines.items())]


def about_the_clock(clock):
    """What its times are worth; nothing to say of a real one."""
    return {
        EMULATED: "Times of an emulator: in themselves they say nothing, and they depend on what "
                  "else the machine does. Only ratios are worth a look.",
        INSTRUCTIONS: "Counts of instructions of an emulated CPU, not times: what a cache, a TLB "
                      "or an interrupt of other CPUs costs is not in them.",
    }.get(clock, "")
