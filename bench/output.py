# SPDX-License-Identifier: GPL-2.0
"""Everything that is printed and written of a bench."""
import json
import os

from cells import aligned, bars
from circumstances import circumstances
from compare import only_one_has, ratios
from figures import as_json
from guest import write_whole
from page import page
from progress import count
from tables import about_the_clock, largest_lines, not_flat, ratio_lines, ratio_tables, \
    tables_of, wait_lines


# What makes a bench another one.
SAID = ("TESTS", "ARGS", "ICOUNT", "ACCEL", "MEM", "CPUS", "APPEND")


def heading(side, wanted):
    first = side.first
    return f"{side.name}: {wanted}: Linux {first.kernel} {first.machine}, pages of " \
           f"{first.page_kb} kB, PMD order {first.pmd_order}, built by " \
           f"{first.compiler or 'an unknown compiler'}; {count(len(side.runs), 'run')}"


def comparable(sides):
    """The ratios of two sides; none of one."""
    return [ratio for ratio in ratios(*sides) if not ratio.is_chance] if len(sides) == 2 else []


def summary(a, b, found):
    """What came of two kernels, in lines."""
    if not found:
        yield "nothing was measured of both"
        return
    pairs = min(len(a.runs), len(b.runs))
    differing = sum(ratio.differs for ratio in found)
    yield f"{count(len(found), 'ratio')}, from {min(ratio.median for ratio in found):.3f} to " \
          f"{max(ratio.median for ratio in found):.3f}, of {count(pairs, 'pair')} of runs; " + \
          (f"* {differing} are off by more than 5 % in each of them" if pairs > 1 else
           "one says nothing of chance: RUNS=3")
    others = {ratio.key for ratio in found if not ratio.leaves_the_same}
    if others:
        yield f"# {count(len(others), 'figure')} of which A and B leave other tables behind: " \
              f"there they do not do the same work"
    if a.first.compiler != b.first.compiler:
        yield "other compilers built them: what these do differently is in every ratio"
    if a.first.clock != b.first.clock:
        yield "their clocks differ: the ratios say nothing"
    for name, key in only_one_has(a, b):
        yield f"only {name} has {' '.join(map(str, key))}"


def as_text(sides, wanted, bench, form, whole):
    """
    @form: makes lines of text of lines of cells
    @whole: the tables of each of two kernels, too, and all ratios
    """
    found = comparable(sides)
    tables = [(f"{side.name}: {title}" if len(sides) > 1 else title, lines)
              for side in sides if whole or len(sides) == 1 for title, lines in tables_of(side)]
    if found:
        waits = list(wait_lines(*sides))
        tables += [*ratio_tables(found), *([("What waited", waits)] if len(waits) > 1 else [])]
    if any(ratio.differs for ratio in found):
        tables.append(("B/A: the largest differences", largest_lines(found)))
    if found and whole:
        tables.append(("B/A: all of it", list(ratio_lines(found))))
    mark = "### " if whole else ""
    parts = ["\n".join(heading(side, wanted[side.name]) for side in sides),
             about_the_clock(sides[0].first.clock),
             *(f"{mark}{title}\n\n" + "\n".join(form(lines)) for title, lines in tables),
             "\n".join(f"skipped, {count(len(names), 'test')}: {reason}"
                       for reason, names in bench.skipped.items())]
    parts.append("\n".join(f"{side.name}: {line}" if len(sides) > 1 else line
                           for side in sides for line in not_flat(side)))
    if len(sides) == 2:
        parts.append("\n".join(summary(*sides, found)))
    return "\n\n".join(filter(None, parts)) + "\n"


def write(sides, wanted, bench, folder):
    """
    Print the tables, and write them into a folder: bench.html, .json (of two kernels one of each)
    and .md.
    @sides: [Side], that have runs
    @wanted: {name of a side: what was asked for}
    """
    made = circumstances() | {name: os.environ[name] for name in SAID if os.environ.get(name)}
    names = []
    # What was read from a file stays there.
    for side in (side for side in sides if not wanted[side.name].endswith(".json")):
        name = f"bench-{side.name}.json" if len(sides) > 1 else "bench.json"
        write_whole(folder / name, json.dumps(
            as_json(side.runs, made | {"kernel": wanted[side.name]}), indent=1) + "\n")
        names.append(name)
    title = ", ".join(f"{side.name}: {wanted[side.name].rpartition('/')[2]}" if len(sides) > 1 else
                      f"Linux {side.first.kernel}" for side in sides)
    write_whole(folder / "bench.html", page(sides, f"What collapses cost. {title}", made))
    write_whole(folder / "bench.md", as_text(sides, wanted, bench, bars, True))
    print(as_text(sides, wanted, bench, aligned, False))
    print(" ".join(str(folder / name) for name in ("bench.html", "bench.md", *names)))
