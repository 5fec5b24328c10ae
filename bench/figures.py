# SPDX-License-Identifier: GPL-2.0
"""What mthp_bench measured, as values: a figure, a run of all of them, and several runs."""
import dataclasses
import json
import re
import statistics

# Names of the clock; bench_figure.h says what they are.
TIME, EMULATED, INSTRUCTIONS = "time", "emulated", "instructions"


@dataclasses.dataclass
class Figure:
    """One case, as one run measured it."""
    measure: str        # scan, collapse, process, gain, growth_scan, ...
    case: str           # half.all_sizes.settled, order_4.base_pages, order_4, order_4.full
    ranges: int
    values: dict        # {unit: [sample]}
    latencies: dict     # {name: [(below, times)]}, in the clock's nanoseconds
    left: str = ""      # the table of a range in the end

    @property
    def key(self):
        return self.measure, self.case, self.ranges

    @property
    def order(self):
        """That it collapses to; None where the case says none."""
        found = re.match(r"order_(\d+)", self.case)
        return int(found[1]) if found else None

    @property
    def is_collapsed(self):
        """Does any folio stand in what was left?"""
        return bool(re.search(r"\bp\d|H", self.left))


@dataclasses.dataclass
class Run:
    """All figures of one run on one kernel."""
    kernel: str = ""
    machine: str = ""
    page_kb: int = 0
    pmd_order: int = 0
    clock: str = TIME
    figures: dict = dataclasses.field(default_factory=dict)     # {key: Figure}

    @property
    def unit(self):
        """What a nanosecond of its clock is called."""
        return "instructions" if self.clock == INSTRUCTIONS else "ns"


def read_run(text):
    """
    The figures in the output of mthp_bench, or in a file that --json wrote.
    @text: lines; those that hold no figure are passed by
    """
    run = Run()
    for line in text.splitlines():
        begin = line.find('{"kernel":')
        if begin < 0:
            continue
        try:
            read = json.loads(line[begin:])
        except ValueError:
            continue    # broken off
        run.kernel, run.machine = read["kernel"], read["machine"]
        run.page_kb, run.pmd_order, run.clock = read["page_kb"], read["pmd_order"], read["clock"]
        figure = Figure(read["measure"], read["case"], read["ranges"], read["values"],
                        {name: list(map(tuple, bins)) for name, bins in read["latencies"].items()},
                        read.get("left", ""))
        run.figures[figure.key] = figure
    return run


@dataclasses.dataclass
class Side:
    """Runs of one kernel."""
    name: str                   # A, B, or what the kernel is called
    runs: list = dataclasses.field(default_factory=list)

    @property
    def first(self):
        return self.runs[0]

    @property
    def keys(self):
        return list(dict.fromkeys(key for run in self.runs for key in run.figures))

    def figures(self, key):
        return [run.figures[key] for run in self.runs if key in run.figures]

    def medians(self, key, unit):
        """One value of each run: the median of its samples."""
        return [statistics.median(figure.values[unit]) for figure in self.figures(key)
                if figure.values.get(unit)]

    def median(self, key, unit):
        """Of all runs; None if nobody measured it."""
        medians = self.medians(key, unit)
        return statistics.median(medians) if medians else None

    def units(self, key):
        return list(dict.fromkeys(unit for figure in self.figures(key) for unit in figure.values))

    def latency(self, key, name):
        """One histogram of all runs: [(below, times)]."""
        bins = {}
        for figure in self.figures(key):
            for below, times in figure.latencies.get(name, []):
                bins[below] = bins.get(below, 0) + times
        return sorted(bins.items())
