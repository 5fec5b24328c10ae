# SPDX-License-Identifier: GPL-2.0
"""
Charts as inline SVG: lines, bars or steps over categories or numbers.

What is drawn names CSS classes and has no colours of its own. A chart is as wide as its box;
its letters are drawn at their size where the box has WIDTH pixels.
"""
import dataclasses
import html
import math

WIDTH, HEIGHT = 400, 250
LEFT, RIGHT, TOP, BOTTOM = 58, 20, 28, 58   # what is left free for letters
LETTER = 7.2                                # width of one, rather too much than too little
ROW = 15                                    # height of a row of them
APART = 4                                   # two lines of the same values lie beside each other
MOST_TICKS = 6
NAMED = (1, ""), (1e3, "k"), (1e6, "M"), (1e9, "G")
TIMES = (1, " ns"), (1e3, " us"), (1e6, " ms"), (1e9, " s")
MARKS = {"circle": "m-{0} 0a{0} {0} 0 1 0 {1} 0a{0} {0} 0 1 0-{1} 0z",
         "diamond": "m0-{0}l{0} {0}l-{0} {0}l-{0}-{0}z"}


def readable(number, steps=NAMED):
    """Three digits, and what they are thousands of."""
    if not number:
        return "0"
    # What is rounded up to a thousand belongs to the next step already.
    step, name = max((one for one in steps if abs(number) >= 0.9995 * one[0]), default=steps[0])
    return f"{number / step:.3g}{name}"


def readable_time(nanoseconds):
    return readable(nanoseconds, TIMES)


def percent(share):
    return f"{100 * share:.3g}%"


def nice(number, is_up):
    """The next of 1, 2, 5, 10, 20, ... that is not below it, or not above it."""
    power = 10.0 ** math.floor(math.log10(number) + 1e-9)
    steps = [power * digit for digit in (1, 2, 5, 10)]
    if is_up:
        return next(step for step in steps if step >= number * (1 - 1e-9))
    return max(step for step in steps if step <= number * (1 + 1e-9))


@dataclasses.dataclass
class Categories:
    """An axis of names."""
    names: list
    title: str = ""

    def at(self, name):
        """Where it is: from 0 to 1."""
        return (self.names.index(name) + 0.5) / len(self.names)

    @property
    def ticks(self):
        return [(self.at(name), str(name)) for name in self.names]


class Linear:
    """An axis of numbers that begins at 0."""

    def __init__(self, values, title="", text=readable):
        self.title, self.text = title, text
        low, high = min([0, *values]), max([0, *values])
        self.step = nice((high - low) / (MOST_TICKS - 1), True) if high > low else 1
        self.low = math.floor(low / self.step) * self.step
        self.high = max(math.ceil(high / self.step - 1e-9), 1) * self.step

    def at(self, value):
        return (value - self.low) / (self.high - self.low)

    @property
    def ticks(self):
        number = round((self.high - self.low) / self.step)
        values = [self.low + nr * self.step for nr in range(number + 1)]
        return [(self.at(value), self.text(value)) for value in values]


class Log:
    """An axis of numbers above 0, where the same way is the same ratio."""

    def __init__(self, values, title="", text=readable):
        self.title, self.text = title, text
        values = [value for value in values if value > 0] or [1]
        self.low, self.high = nice(min(values), False), nice(max(values), True)
        if self.low == self.high:
            self.low, self.high = self.low / 2, self.high * 2

    def at(self, value):
        """What is not above 0 is on the edge."""
        value = min(max(value, self.low), self.high)
        return math.log(value / self.low) / math.log(self.high / self.low)

    @property
    def ticks(self):
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for digits, every in ((1, 2, 5), 1), ((1,), 1), ((1,), 2), ((1,), 3):
            values = [10.0 ** power * digit for power in powers if power % every == 0
                      for digit in digits]
            values = [value for value in values
                      if self.low * 0.999 <= value <= self.high * 1.001]
            if len(values) <= MOST_TICKS:
                break
        return [(self.at(value), self.text(value)) for value in values]


@dataclasses.dataclass
class Point:
    """One value. @low, @high: how far it was from it; @text: what is said of it when pointed at"""
    x: object
    y: float
    text: str = ""
    low: float = None
    high: float = None
    is_hollow: bool = False


@dataclasses.dataclass
class Line:
    """Points in the order of the axis; where one is None, there is a gap."""
    look: str               # classes
    points: list
    mark: str = "circle"
    size: float = 5         # of the mark
    shift: float = 0        # to the right, in units of the chart


def left_of(axis, value):
    return LEFT + axis.at(value) * (WIDTH - LEFT - RIGHT)


def top_of(axis, value):
    return HEIGHT - BOTTOM - axis.at(value) * (HEIGHT - TOP - BOTTOM)


def mark_at(left, top, line, point):
    shape = MARKS[line.mark].format(line.size, 2 * line.size)
    hollow = " hollow" if point.is_hollow else ""
    return f'<path class="mark {line.look}{hollow}" d="M{left:.1f} {top:.1f}{shape}">' \
           f"<title>{html.escape(point.text)}</title></path>"


def polyline(places, look):
    """@places: [(left, top)], or None where there is a gap"""
    parts, is_on = [], False
    for place in places:
        if place:
            parts.append(f"{'L' if is_on else 'M'}{place[0]:.1f} {place[1]:.1f}")
        is_on = place is not None
    return f'<path class="line {look}" d="{"".join(parts)}"/>' if parts else ""


def lines(x, y, drawn):
    """Lines with a mark at each point, and how far the values of a point lie apart."""
    for line in drawn:
        places = [point and (left_of(x, point.x) + line.shift, top_of(y, point.y))
                  for point in line.points]
        yield polyline(places, line.look)
        for place, point in zip(places, line.points):
            if point and point.low is not None:
                yield f'<path class="spread {line.look}" d="M{place[0]:.1f} ' \
                      f'{top_of(y, point.low):.1f}V{top_of(y, point.high):.1f}"/>'
            if point:
                yield mark_at(*place, line, point)


def steps(x, y, drawn):
    """A value holds up to its point; the mark is at the end of the last."""
    for line in drawn:
        places, before = [], left_of(x, x.low)
        for point in line.points:
            left, top = left_of(x, point.x), top_of(y, point.y)
            places += [(before, top), (left, top)]
            before = left
        bottom = HEIGHT - BOTTOM
        yield polyline([*places, (before, bottom)], line.look)
        if line.points:
            yield mark_at(before, bottom, line, line.points[-1])


def bars(x, y, drawn):
    """Bars beside each other, with their values on top."""
    room = (WIDTH - LEFT - RIGHT) / len(x.names)
    wide = 0.9 * room / len(drawn)
    for nr, line in enumerate(drawn):
        for point in filter(None, line.points):
            left = left_of(x, point.x) + (nr - len(drawn) / 2) * wide + 1
            top, bottom = top_of(y, point.y), top_of(y, 0)
            yield f'<path class="bar {line.look}" ' \
                  f'd="M{left:.1f} {bottom:.1f}V{top:.1f}h{wide - 2:.1f}V{bottom:.1f}z">' \
                  f"<title>{html.escape(point.text)}</title></path>"
            # There is room for three letters.
            text = readable(point.y) if point.y >= 100 else f"{point.y:.2g}".replace("0.", ".")
            yield letters(left + wide / 2 - 1, top - 4, text, "value")


def rule(y, value):
    """A line from left to right."""
    top = top_of(y, value)
    return f'<path class="rule" d="M{LEFT} {top:.1f}H{WIDTH - RIGHT}"/>'


def letters(left, top, text, look):
    return f'<text class="{look}" x="{left:.1f}" y="{top:.1f}">{html.escape(text)}</text>'


def rows_below(x):
    """How many rows the names need on the axis below: one, or two where they have no room."""
    room = (WIDTH - LEFT - RIGHT) / max(len(x.ticks), 1)
    widest = max((len(one) + len(other) for (_, one), (_, other)
                  in zip(x.ticks, x.ticks[1:])), default=0) * LETTER / 2
    return 2 if widest > room - 4 else 1


def names_below(x):
    """Every second one in the second row, if there are two; then what they are."""
    rows, top = rows_below(x), HEIGHT - BOTTOM + 18
    for nr, (at, name) in enumerate(x.ticks):
        yield letters(LEFT + at * (WIDTH - LEFT - RIGHT), top + nr % rows * ROW, name, "middle")
    yield letters((LEFT + WIDTH - RIGHT) / 2, top + rows * ROW + 2, x.title, "title middle")


def frame(x, y):
    """Both axes, with their names."""
    for at, name in y.ticks:
        top = HEIGHT - BOTTOM - at * (HEIGHT - TOP - BOTTOM)
        yield f'<path class="grid" d="M{LEFT} {top:.1f}H{WIDTH - RIGHT}"/>'
        yield letters(LEFT - 6, top + 4, name, "end")
    yield f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>'
    yield from names_below(x)
    yield letters(2, 13, y.title, "title")


def chart(x, y, label, drawn):
    """
    @label: for those who cannot see it
    @drawn: of lines(), bars(), steps() and rule(), on the same axes
    """
    height = HEIGHT - (2 - rows_below(x)) * ROW
    return f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" ' \
           f'aria-label="{html.escape(label)}">{"".join(frame(x, y))}{"".join(drawn)}</svg>'


def swatch(look, mark="", is_hollow=False, is_bar=False):
    """A piece of a line, or a bar, for a legend. @mark: none where it is empty"""
    drawn = "" if not look else f'<path class="line {look}" d="M1 8H39"/>'
    if is_bar:
        drawn = f'<path class="bar {look}" d="M13 15V1h14V15z"/>'
    if mark:
        drawn += mark_at(20, 8, Line(look, [], mark), Point(0, 0, is_hollow=is_hollow))
    return f'<svg class="swatch" viewBox="0 0 40 16" aria-hidden="true">{drawn}</svg>'
