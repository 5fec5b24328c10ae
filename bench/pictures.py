# SPDX-License-Identifier: GPL-2.0
"""What is drawn of the figures: each picture with its question, its legend and its numbers."""
import dataclasses
import statistics

import curves
from curves import Line, Point
from figures import EMULATED, INSTRUCTIONS, TIME
from html_page import escaped, table_of

OCCUPANCIES = ("empty", "sparse", "alternating", "half", "one_hole", "full")
SIZES = {"one_size": "One size is on", "all_sizes": "All sizes are on",
         "pmd_size": "The PMD size alone is on"}
SOURCES = {"base_pages": "From base pages", "smaller_folios": "From folios of the next order below",
           "holes": "One page in each folio, the rest are holes"}
GAINS = {"full": "all pages are there", "alternating": "every other page is a hole"}
ACTS = {"page fault": "A page fault", "mmap+munmap": "mmap and munmap", "read": "A read"}
NAMES = ("a", "b")                          # classes of the sides, and their marks
MARKS = {"a": "circle", "b": "diamond"}
QUANTILES = ((0.5, "half are below"), (0.99, "99% are below"), (1, "all are below"))
MOST_LEFT = 60                              # letters of the table of a range
NOT_OF_TLB = "Reads under an emulator do not show what a TLB gains: its time is not that of " \
             "a TLB, or it has none. Only the memory says something here."


@dataclasses.dataclass(frozen=True)
class Value:
    """Where a number is found on each side."""
    measure: str
    unit: str           # {} stands for what a nanosecond is called
    case: str = ""      # any, where it is empty
    ranges: int = 0     # any, where it is 0
    base: object = None     # Value that this one is divided by; or None

    def key(self, side):
        return next((key for key in side.keys if key[0] == self.measure and
                     self.case in ("", key[1]) and self.ranges in (0, key[2])), None)

    def medians(self, side):
        """One of each run."""
        medians = side.medians(self.key(side), self.unit.format(side.first.unit))
        if not self.base:
            return medians
        base = self.base.median(side)
        return [median / base for median in medians] if base else []

    def median(self, side):
        medians = self.medians(side)
        return statistics.median(medians) if medians else None

    def name(self, sides):
        """Of the unit."""
        return "times" if self.base else self.unit.format(clock_unit(sides))

    def figure(self, side):
        return next(iter(side.figures(self.key(side))), None)


@dataclasses.dataclass
class Curve:
    """Values over an axis. The thin one is what the other is to be compared with."""
    what: str
    values: dict        # {x: Value}
    is_thin: bool = False
    shows_left: bool = False    # and whether folios are in it


@dataclasses.dataclass
class Panel:
    """One chart: the same curves of each side."""
    title: str
    curves: list


def clock_unit(sides):
    return " or ".join(dict.fromkeys(side.first.unit for side in sides))


def clock_title(sides, per):
    """What an axis of times is called."""
    names = {TIME: "time", EMULATED: "emulated time", INSTRUCTIONS: "instructions"}
    clocks = dict.fromkeys(names.get(side.first.clock, side.first.clock) for side in sides)
    return f"{' or '.join(clocks)} per {per}"


def clock_text(sides):
    """How a number on such an axis is written."""
    return curves.readable if clock_unit(sides) != "ns" else curves.readable_time


def number(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def numbers(sides, rows, name, what_else=""):
    """
    What is drawn as a table, to be opened.
    @rows: [(what, unit, [number of each side], text of each side or nothing)]
    @what_else: what these texts are
    """
    head = ["what", "unit", *(escaped(side.name) for side in sides)]
    comparable = len(sides) == 2 and len({side.first.clock for side in sides}) == 1
    if comparable:
        head.append(" / ".join(escaped(side.name) for side in reversed(sides)))
    if what_else:
        head += (f"{what_else} {escaped(side.name)}" for side in sides)
    lines = [head]
    for what, unit, values, *texts in rows:
        line = [escaped(what), escaped(unit), *map(number, values)]
        if comparable:
            line.append(number(values[1] / values[0]) if values[0] and values[1] is not None
                        else "-")
        lines.append([*line, *map(escaped, texts)])
    return f"<details><summary>Numbers: {escaped(name)}</summary>" \
           f"{table_of(lines, escaped(name))}</details>"


def left_of(value, side):
    """The table of a range in the end, or what of it has room."""
    figure = value.figure(side)
    left = figure.left if figure else "-"
    return left if len(left) <= MOST_LEFT else left[:MOST_LEFT] + "..."


def rows_of(sides, panels):
    for panel in panels:
        for curve in panel.curves:
            for x, value in curve.values.items():
                texts = [left_of(value, side) for side in sides] if curve.shows_left else []
                yield f"{panel.title}: {curve.what}, {x}", value.name(sides), \
                    [value.median(side) for side in sides], *texts


def point_of(side, curve, x, text):
    """None where this side has no such value."""
    value = curve.values.get(x)
    medians = value.medians(side) if value else []
    if not medians:
        return None
    median = statistics.median(medians)
    said = f"{side.name}, {curve.what}, {x}: {text(median)}"
    point = Point(x, median, said)
    if len(medians) > 1:
        point.low, point.high = min(medians), max(medians)
        point.text += f" ({text(point.low)} to {text(point.high)} in {len(medians)} runs)"
    if curve.shows_left:
        point.is_hollow = not value.figure(side).left_folios
        point.text += f"; left {left_of(value, side)}"
    return point


def shift_of(nr, sides):
    return (nr - (len(sides) - 1) / 2) * 2 * curves.APART


def lines_of(sides, panel, names, text):
    for curve in sorted(panel.curves, key=lambda curve: not curve.is_thin):
        for nr, side in enumerate(sides):
            points = [point_of(side, curve, x, text) for x in names]
            yield Line(f"{NAMES[nr]}{' thin' if curve.is_thin else ''}", points,
                       MARKS[NAMES[nr]], 3.5 if curve.is_thin else 5, shift_of(nr, sides))


def missing(sides, drawn):
    """Which side has nothing in this chart, in words."""
    empty = [side.name for nr, side in enumerate(sides)
             if not any(any(line.points) for line in drawn if line.look.split()[0] == NAMES[nr])]
    return escaped(f" - nothing of {', '.join(empty)}") if empty else ""


def values_of(sides, panels):
    return [median for panel in panels for curve in panel.curves
            for value in curve.values.values() for side in sides for median in value.medians(side)]


def figure(title, svg):
    return f"<figure><figcaption>{title}</figcaption>{svg}</figure>"


def charts(sides, panels, x_title, y_axis, draw=curves.lines, rule=None):
    """
    All panels on the same axes; those are left out of which nothing was measured.
    @y_axis: from values to an axis
    @rule: a value that a line is drawn at
    """
    names = list(dict.fromkeys(x for panel in panels for curve in panel.curves
                               for x in curve.values))
    y = y_axis(values_of(sides, panels))
    for panel in panels:
        drawn = list(lines_of(sides, panel, names, y.text))
        if not any(any(line.points) for line in drawn):
            continue
        parts = list(draw(curves.Categories(names, x_title), y, drawn))
        if rule is not None:
            parts.insert(0, curves.rule(y, rule))
        yield figure(escaped(panel.title) + missing(sides, drawn),
                     curves.chart(curves.Categories(names, x_title), y, panel.title, parts))


def legend(sides, *others, is_bar=False):
    """@others: (swatch, meaning)"""
    items = [(curves.swatch(NAMES[nr], "" if is_bar else MARKS[NAMES[nr]], is_bar=is_bar),
              side.name) for nr, side in enumerate(sides)]
    return '<p class="legend">' + "".join(f"<span>{drawn} {escaped(meaning)}</span>"
                                          for drawn, meaning in [*items, *others]) + "</p>"


def thin_and_thick(thin, thick):
    return (curves.swatch("thin"), thin), (curves.swatch("thick"), thick)


def picture(heading, text, key, *groups):
    """
    A section of the page; where nothing was measured, it says so.
    @groups: each begins a new line: (figures, what comes below them)
    """
    groups = [("".join(drawn), below) for drawn, below in groups]
    yield f"<section><h2>{escaped(heading)}</h2>"
    if any(drawn for drawn, _ in groups):
        yield f"<p>{escaped(text)}</p>{key}"
    else:
        yield "<p>Nothing of this was measured.</p>"
    for drawn, below in groups:
        if drawn:
            yield f'<div class="charts">{drawn}</div>{below}'
    yield "</section>"


def occupancy_name(occupancy):
    return occupancy.replace("_", " ")


def scan_values(unit, sizes, end):
    return {occupancy_name(occupancy): Value("scan", unit, f"{occupancy}.{sizes}.{end}")
            for occupancy in OCCUPANCIES}


def scan(sides):
    unit = "{}/range"
    panels = [Panel(title,
                    [Curve("unreferenced", scan_values(unit, sizes, "unreferenced"), True, True),
                     Curve("settled", scan_values(unit, sizes, "settled"), False, True)])
              for sizes, title in SIZES.items()]
    key = legend(sides, *thin_and_thick("no page was referenced: the look at the PTEs alone",
                                        "settled: the look, and the decision"),
                 (curves.swatch("", "circle"), "filled: folios stand there"),
                 (curves.swatch("", "circle", True), "hollow: none do, or ranges differ"))
    drawn = charts(sides, panels, "which pages of a range are there",
                   lambda values: curves.Log(values, clock_title(sides, "range"),
                                             clock_text(sides)))
    return picture("What does a scan cost that collapses nothing?",
                   "khugepaged comes by again and again; this is what each range costs it every "
                   "time. Lower is better; each step of the scale is a factor. What is between "
                   "thin and thick line is the price of the decision.",
                   key, (drawn, numbers(sides, rows_of(sides, panels), "cost of a scan",
                                        "left by")))


def steady(sides):
    panels = [Panel(title,
                    [Curve("settled", scan_values("allocations/range", sizes, "settled"))])
              for sizes, title in SIZES.items()]
    drawn = charts(sides, panels, "which pages of a range are there",
                   lambda values: curves.Linear(values, "folios allocated per range and scan"),
                   curves.bars)
    return picture("Does khugepaged come to rest?",
                   "Folios that it allocates in each scan of ranges in which there is nothing "
                   "left to collapse. 0 is right; all others were allocated, and freed, in vain, "
                   "and will be in the next scan.",
                   legend(sides, is_bar=True),
                   (drawn, numbers(sides, rows_of(sides, panels), "allocations in vain")))


def orders_of(sides, measure):
    return sorted({figure.order for side in sides for key in side.keys if key[0] == measure
                   for figure in side.figures(key) if figure.order is not None})


def size_name(sides, order):
    """As "64k"; without a size where both sides differ in that of a page."""
    sizes = {side.first.page_kb for side in sides}
    if len(sizes) > 1:
        return ""
    size = sizes.pop() << order
    return f"{size >> 10}M" if size >= 1024 else f"{size}k"


def order_title(sides, orders):
    if not orders or not size_name(sides, orders[0]):
        return "order"
    ends = ", ".join(f"{order}: {size_name(sides, order)}" for order in (orders[0], orders[-1]))
    return f"order ({ends})"


def by_order(measure, unit, orders, end):
    return {order: Value(measure, unit, f"order_{order}.{end}") for order in orders}


def collapse(sides):
    orders = orders_of(sides, "collapse")
    panels = [Panel(title,
                    [Curve("order", by_order("collapse", "{}/page", orders, source))])
              for source, title in SOURCES.items()]
    drawn = charts(sides, panels, order_title(sides, orders),
                   lambda values: curves.Linear(values, clock_title(sides, "page"),
                                                clock_text(sides)))
    return picture("What does it cost to collapse a page?",
                   "The scan that collapses, for each page of the folios that it made. Lower is "
                   "better; the scale begins at 0, so half as high is half the price.",
                   legend(sides),
                   (drawn, numbers(sides, rows_of(sides, panels), "cost of a collapse")))


def survivors(bins):
    """How large a share of all took as long as each bin, or longer: [(below, share)]."""
    left = total = sum(times for _, times in bins)
    for below, times in bins:
        yield below, left / total
        left -= times


def quantile(bins, share):
    """What so many of them were below; None if there are none."""
    total, seen = sum(times for _, times in bins), 0
    for below, times in bins:
        seen += times
        if seen >= share * total:
            return below
    return None


def latency_of(side, order, act, when):
    key = Value("process", "", f"order_{order}").key(side)
    return side.latency(key, f"{act} {when}")


def tails(sides, order, act, text):
    """Lines of one chart: alone and beside khugepaged."""
    for when in ("alone", "beside"):
        for nr, side in enumerate(sides):
            bins = latency_of(side, order, act, when)
            longest = f"{side.name}, {when}: the longest of {sum(times for _, times in bins)} " \
                      f"was below {text(bins[-1][0])}" if bins else ""
            yield Line(f"{NAMES[nr]}{' thin' if when == 'alone' else ''}",
                       [Point(below, share, longest) for below, share in survivors(bins)],
                       MARKS[NAMES[nr]], 3.5 if when == "alone" else 5)


def latency_rows(sides, act, orders):
    for order in orders:
        for when in ("alone", "beside"):
            mean = Value("process", f"{{}}/{act} {when}", f"order_{order}")
            yield f"order {order}, {when}: on average", clock_unit(sides), \
                [mean.median(side) for side in sides]
            for share, name in QUANTILES:
                yield f"order {order}, {when}: {name}", clock_unit(sides), \
                    [quantile(latency_of(side, order, act, when), share) for side in sides]


def latency_charts(sides, act, orders):
    """Of one operation, on the same axes."""
    text = clock_text(sides)
    drawn = {order: list(tails(sides, order, act, text)) for order in orders}
    points = [point for lines in drawn.values() for line in lines for point in line.points]
    if not points:
        return
    x = curves.Log([point.x for point in points] + [min(point.x for point in points) / 2],
                   clock_title(sides, "operation"), text)
    y = curves.Log([point.y for point in points] + [0.01], "share that took longer", curves.percent)
    for order, lines in drawn.items():
        if any(line.points for line in lines):
            size = size_name(sides, order)
            title = f"{ACTS[act]}, order {order}{f' ({size})' if size else ''}"
            yield figure(escaped(title) + missing(sides, lines),
                         curves.chart(x, y, title, curves.steps(x, y, lines)))


def process(sides):
    orders = orders_of(sides, "process")
    shown = sorted({orders[0], orders[(len(orders) - 1) // 2], orders[-1]}) if orders else []
    groups = [(latency_charts(sides, act, shown),
               numbers(sides, latency_rows(sides, act, orders), f"{title}, all orders"))
              for act, title in ACTS.items()]
    return picture("What does a process feel while it is collapsed?",
                   "How many of its operations took longer than a time: at 1%, it is one in a "
                   "hundred. The further to the right a line reaches, the longer was the worst "
                   "wait; it ends in a mark at the longest. Where thick is right of thin, "
                   "khugepaged was in the way.",
                   legend(sides, *thin_and_thick("alone", "beside khugepaged")), *groups)


def gain_panels(orders, case):
    """{unit: Panel}; memory beside what it is paid for, then what not every machine counts."""
    def reads(title, unit):
        return Panel(title, [Curve(when, by_order("gain", f"{unit} {when}", orders, case),
                                   when == "before") for when in ("before", "after")])

    memory = by_order("gain", "% more memory", orders, case)
    return {"{}/chase": reads("Reads at random", "{}/chase"),
            "{}/page": reads("Reads in order", "{}/page"),
            "%": Panel("Memory", [Curve("after", memory)]),
            "dTLB/chase": reads("dTLB misses at random", "dTLB/chase")}


def gain(sides):
    orders = orders_of(sides, "gain")
    title, groups = order_title(sides, orders), []
    y_titles = {"{}/chase": (clock_title(sides, "read"), clock_text(sides)),
                "{}/page": (clock_title(sides, "page read"), clock_text(sides)),
                "dTLB/chase": ("misses per read", curves.readable),
                "%": ("% more than before", curves.readable)}
    panels = {what: gain_panels(orders, case) for case, what in GAINS.items()}
    for what, of_unit in panels.items():
        drawn = []
        for unit, panel in of_unit.items():
            # The same axis wherever the unit is the same.
            y = curves.Linear(values_of(sides, [one[unit] for one in panels.values()]),
                              *y_titles[unit])
            panel.title = f"{panel.title}: {what}"
            drawn += charts(sides, [panel], title, lambda _, y=y: y)
        groups.append((drawn, numbers(sides, rows_of(sides, of_unit.values()),
                                      f"reads and memory, {what}")))
    key = legend(sides, *thin_and_thick("before the collapse", "after it"))
    if any(side.first.clock != TIME for side in sides):
        key = f'<p class="warning">{NOT_OF_TLB}</p>{key}'
    return picture("What does a collapse give, and what memory does it cost?",
                   "Reads of the pages that were there at first: each page once at random, where "
                   "no read can begin before the one before has ended, and all that is in them "
                   "in order. Thick below thin is what was won; the memory is what was paid for "
                   "it.", key, *groups)


def grown(measure, unit, numbers_of_ranges):
    """{ranges: Value}, as a multiple of that of the fewest."""
    base = Value(measure, unit, ranges=numbers_of_ranges[0])
    return {ranges: Value(measure, unit, ranges=ranges, base=base)
            for ranges in numbers_of_ranges}


def growth(sides):
    ranges = sorted({key[2] for side in sides for key in side.keys
                     if key[0].startswith("growth_")})
    wanted = [("A scan, per range", "growth_scan", {"": "{}/range"}),
              ("A collapse, per page", "growth_collapse", {"": "{}/page"}),
              *((f"{title}, beside khugepaged", "growth_process", {"": f"{{}}/{act} beside"})
                for act, title in ACTS.items()),
              ("A read at random", "growth_gain",
               {"before": "{}/chase before", "after": "{}/chase after"})]
    panels = [Panel(title,
                    [Curve(f"{what} ranges".strip(), grown(measure, unit, ranges),
                           what == "before") for what, unit in units.items()])
              for title, measure, units in wanted if ranges]
    absolute = [Panel(panel.title,
                      [dataclasses.replace(curve, values={
                          x: dataclasses.replace(value, base=None)
                          for x, value in curve.values.items()}) for curve in panel.curves])
                for panel in panels]
    # Less than twice is flat.
    drawn = charts(sides, panels, "ranges",
                   lambda values: curves.Log([0.5, 2, *values],
                                             "times what it is with the fewest ranges"),
                   rule=1) if panels else []
    return picture("Does it stay the same where there is more memory?",
                   "What one of them costs, as a multiple of what it is with the fewest ranges. "
                   "Flat at 1 is right; a line that rises says that many ranges cost more than "
                   "their number.",
                   legend(sides, *thin_and_thick("reads before the collapse", "after it, and all "
                                                 "others")),
                   (drawn, numbers(sides, rows_of(sides, panels + absolute), "growth")))
