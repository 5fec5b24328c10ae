# SPDX-License-Identifier: GPL-2.0
"""What mthp_bench measured, as values: a figure, a run of all of them, and several runs."""
import dataclasses
import json
import re
import statistics

# Names of the clock; bench_figure.h says what they are.
TIME, EMULATED, INSTRUCTIONS = "time", "emulated", "instructions"
OF_THE_RUN = ("kernel", "version", "machine", "page_kb", "pmd_order", "clock")


def order_of(case):
    """That a case collapses to; None where it says none."""
    found = re.match(r"order_(\d+)", case)
    return int(found[1]) if found else None


@dataclasses.dataclass
class Figure:
    """One case, as one run measured it."""
    measure: str        # scan, collapse, process, gain, growth_scan, ...
    case: str           # half.all_sizes.settled, order_4.base_pages, order_4, order_4.full
    ranges: int
    values: dict        # {unit: [sample]}
    latencies: dict     # {name: [(below, times)]}, in the clock's nanoseconds
    left: str = ""          # the table of all ranges in the end
    left_hash: str = ""     # of all their PTEs
    left_folios: bool = False   # were there any that are larger than a page?

    @property
    def key(self):
        return self.measure, self.case, self.ranges

    @property
    def order(self):
        return order_of(self.case)



@dataclasses.dataclass
class Run:
    """All figures of one run on one kernel."""
    kernel: str = ""
    version: str = ""       # all of /proc/version
    machine: str = ""
    page_kb: int = 0
    pmd_order: int = 0
    clock: str = TIME
    figures: dict = dataclasses.field(default_factory=dict)     # {key: Figure}

    @property
    def compiler(self):
        """gcc-14, clang version 19.1.7: what it was built by, if that is told."""
        found = re.search(r"\b(gcc-\d+|gcc [^()]*\([^()]*\) [\d.]+|clang version [\d.]+)", self.version)
        return found[1] if found else ""

    @property
    def unit(self):
        """What a nanosecond of its clock is called."""
        return "instructions" if self.clock == INSTRUCTIONS else "ns"


def run_of(records):
    """A Run of what mthp_bench wrote of each figure, read as JSON."""
    run = Run()
    for record in records:
        for name in OF_THE_RUN:
            setattr(run, name, record[name])
        figure = Figure(record["measure"], record["case"], record["ranges"], record["values"],
                        {name: list(map(tuple, bins))
                         for name, bins in record["latencies"].items()},
                        *(record.get(name, default) for name, default in
                          (("left", ""), ("left_hash", ""), ("left_folios", False))))
        run.figures[figure.key] = figure
    return run


def records_in(text):
    """What was written of each figure; lines that hold none, or were broken off, are passed by."""
    for line in text.splitlines():
        begin = line.find('{"kernel":')
        if begin < 0:
            continue
        try:
            yield json.loads(line[begin:])
        except ValueError:
            continue


def read_run(text):
    """The figures in the output of mthp_bench, or in a file that --json wrote."""
    return run_of(records_in(text))


def as_json(runs, made):
    """
    Runs of one kernel, for json.dumps(); runs_of_json() reads them again.
    @made: {what: text}, of how they came to be
    """
    return {"made": made,
            "runs": [[{**{name: getattr(run, name) for name in OF_THE_RUN},
                       **dataclasses.asdict(figure)} for figure in run.figures.values()]
                     for run in runs]}


def runs_of_json(text):
    """[Run], of a file of as_json() or of mthp_bench; ValueError, KeyError where it is neither."""
    if next(records_in(text), None):
        return [read_run(text)]
    return [run_of(records) for records in json.loads(text)["runs"]]


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

    def of_each_run(self, key, unit):
        """The median of each run's samples; None where it was not measured."""
        samples = [run.figures[key].values.get(unit) if key in run.figures else None
                   for run in self.runs]
        return [statistics.median(values) if values else None for values in samples]

    def medians(self, key, unit):
        """Those of the runs that measured it."""
        return [value for value in self.of_each_run(key, unit) if value is not None]

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
