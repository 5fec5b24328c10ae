#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The page of the benchmark, opened in headless Chromium: wide, narrow and in the dark. Nothing
# overflows, both kernels are in each picture and can be told apart, what one of them has not
# measured is left out, and the numbers are those that were measured. Beside others.
set -u
. "${0%/*}/tap.sh"
. "${0%/*}/browser.sh"

# Pages of figures that are made up: B takes twice as long as A, and lacks some.
cat >"$work/make.py" <<'EOF'
import json
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path[:0] = [f"{sys.argv[1]}/bench", f"{sys.argv[1]}/vm"]
from figures import Side, read_run
from page import page

OCCUPANCIES = "empty", "sparse", "alternating", "half", "one_hole", "full"
SIZES = "one_size", "all_sizes", "pmd_size"
ACTS = "page fault", "mmap+munmap", "read"
HOSTILE = "<b>bold</b> & \"quoted\" </title>"
# The longest read is at the right end of its axis.
BINS = {"page fault": [[1024, 980], [2048, 15], [1048576, 5]], "mmap+munmap": [[4096, 1000]],
        "read": [[256, 1000]]}


def figures(unit, times):
    """(measure, case, ranges, values, latencies)"""
    for nr, occupancy in enumerate(OCCUPANCIES):
        for sizes in SIZES:
            for end in ("unreferenced", "settled")[occupancy == "empty":]:
                yield "scan", f"{occupancy}.{sizes}.{end}", 16, \
                    {f"{unit}/range": [1000 * times * 4 ** nr], "allocations/range": [nr / 3]}, {}
    for order in range(2, 10):
        for source in ("base_pages", "smaller_folios", "holes"):
            yield "collapse", f"order_{order}.{source}", 16, \
                {f"{unit}/page": [300 * times, 100 * times, 200 * times]}, {}
        for occupancy in ("full", "alternating"):
            reads = {f"{unit}/chase before": 90 * times, f"{unit}/chase after": 9 * times,
                     f"{unit}/page before": 400 * times, f"{unit}/page after": 300 * times,
                     "dTLB/chase before": 0.9, "dTLB/chase after": 0.01, "% more memory": 100}
            yield "gain", f"order_{order}.{occupancy}", 16, \
                {name: [value] for name, value in reads.items()}, {}
        names = {f"{act} {when}": act for act in ACTS for when in ("alone", "beside")}
        yield "process", f"order_{order}", 16, \
            {f"{unit}/{name}": [1000 * times] for name in names}, \
            {name: [[below * times, number] for below, number in BINS[act]]
             for name, act in names.items()}
    for ranges in (16, 64, 256, 1024):
        yield "growth_scan", "sparse.all_sizes.settled", ranges, \
            {f"{unit}/range": [1000 * times]}, {}
        yield "growth_collapse", "order_9.holes", ranges, {f"{unit}/page": [100 * times]}, {}
        yield "growth_process", "order_9", ranges, \
            {f"{unit}/{act} beside": [100 * times * ranges / 16] for act in ACTS}, {}
        yield "growth_gain", "order_9.sparse", ranges, \
            {f"{unit}/chase before": [9], f"{unit}/chase after": [8]}, {}


def run_of(clock, times, without=()):
    """As mthp_bench prints it. @without: measures, or cases of them"""
    unit = "instructions" if clock == "instructions" else "ns"
    lines = ["TAP version 13"]
    for measure, case, ranges, values, latencies in figures(unit, times):
        if not {measure, case}.intersection(without):
            lines.append("# " + json.dumps({
                "kernel": f"7.2.{times} {HOSTILE}", "machine": "x86_64", "page_kb": 4,
                "version": "Linux version 7.3.4 (gcc-14 (Debian) 14.2.0)",
                "pmd_order": 9, "clock": clock, "measure": measure, "case": case,
                "ranges": ranges, "values": values, "latencies": latencies,
                "left": "p4*32" if ".settled" in case else HOSTILE,
                "left_folios": ".settled" in case}, separators=(",", ":")))
    return read_run("\n".join(lines))


def write(name, *sides):
    path = pathlib.Path(sys.argv[2], f"{name}.html")
    path.write_text(page(sides, "A page", {"at": "night", "suite": HOSTILE}), encoding="ascii")


FEW = "growth_gain", "half.all_sizes.settled", *(f"order_{nr}.smaller_folios" for nr in range(10))
A = Side("A", [run_of("time", 1)])
write("both", A, Side("B", [run_of("time", 2, FEW)]))
write("runs", Side("A", [run_of("time", 1), run_of("time", 3)]))
write("emulated", Side("A", [run_of("emulated", 1)]))
write("instructions", Side("A", [run_of("instructions", 1)]), Side("B", [run_of("time", 1)]))
write("empty", A, Side("B", [read_run("")]))
write("nothing", Side("A", [read_run("1..0 # SKIP no transparent huge pages")]))
EOF
try /usr/bin/python3 "$work/make.py" "$TOP" "$work"
for page in both runs emulated instructions empty nothing; do
	ok "$page: made" [ "$status" -eq 0 -a -s "$work/$page.html" ]
	ok "$page: needs nothing from elsewhere" needs_nothing_else "$work/$page.html"
done

lacks()
{
	! grep -q "$1" "$2"
}

# has PAGE TEXT, has_no PAGE TEXT
has()
{
	ok "$1: $2" grep -q "$2" "$work/$1.html"
}

has_no()
{
	ok "$1: not: $2" lacks "$2" "$work/$1.html"
}

has emulated "Times of an emulator"
has emulated "do not show what a TLB gains"
has instructions "not times: what a cache"
has instructions "different clocks"
has instructions "do not show what a TLB gains"
has_no instructions "<th scope=col>B / A</th>"
has both "<th scope=col>B / A</th>"
has_no both "emulator"
has_no both "different clocks"
has_no both "median of its runs"
has runs "median of its runs"
has runs 'class="spread a"'
has nothing "Nothing of this was measured"

cat >"$work/look.py" <<'EOF'
import sys

from browser import RATIO, browser_of, views
from selenium.webdriver.common.by import By

# Letters that are cut off, or that are nearly on each other.
LETTERS = """
const boxes = chart => [...chart.querySelectorAll("text")].filter(one => one.textContent)
    .map(one => [one.textContent, one.getBoundingClientRect()]);
const out = (one, all) => one.left < all.left - 1 || one.right > all.right + 1 ||
                          one.top < all.top - 1 || one.bottom > all.bottom + 1;
const meet = (a, b) => a.left < b.right + 3 && b.left < a.right + 3 && a.top < b.bottom - 3 &&
                       b.top < a.bottom - 3;
const found = [];
for (const chart of document.querySelectorAll("svg.chart")) {
    const all = chart.getBoundingClientRect(), texts = boxes(chart);
    texts.forEach(([text, box], nr) => {
        if (out(box, all))
            found.push(text + " is cut");
        for (const [other, second] of texts.slice(nr + 1))
            if (meet(box, second))
                found.push(text + " on " + other);
    });
}
return found"""
SMALLEST = """
return Math.min(...[...document.querySelectorAll("svg.chart text")].filter(one => one.textContent)
    .map(one => one.getBoundingClientRect().height))"""
# Charts in which a side is not drawn.
WITHOUT = """
const [side] = arguments;
return [...document.querySelectorAll("figure")]
    .filter(one => !one.querySelector(`.mark.${side}, .bar.${side}`))
    .map(one => one.querySelector("figcaption").textContent)"""
NO_LEGEND = """
const named = one => [...one.querySelectorAll(".legend span")]
    .filter(item => item.querySelector("svg.swatch path")).map(item => item.textContent.trim());
return [...document.querySelectorAll("section:has(svg.chart)")]
    .filter(one => !named(one).includes("A") || !named(one).includes("B"))
    .map(one => one.querySelector("h2").textContent)"""
APART = """
const kinds = kind => ["a", "b"].map(side => document.querySelector(`.${kind}.${side}`));
const style = (one, name) => getComputedStyle(one)[name];
const shape = one => one.getAttribute("d").replace(/^M[0-9.]+ [0-9.]+/, "");
const [lines, marks, bars] = [kinds("line"), kinds("mark"), kinds("bar")];
return {colours: style(lines[0], "stroke") != style(lines[1], "stroke"),
        dashes: style(lines[0], "strokeDasharray") != style(lines[1], "strokeDasharray"),
        marks: shape(marks[0]) != shape(marks[1]),
        bars: style(bars[0], "fill") == style(bars[0], "stroke") &&
              style(bars[1], "fill") != style(bars[1], "stroke")}"""
PALEST = RATIO + """
return Math.min(...[...document.querySelectorAll("path.line, path.mark, path.bar")]
    .map(one => ratio(getComputedStyle(one).stroke, back(one))))"""
# How far marks are above the axis, of a chart that begins so.
HEIGHTS = """
const [name, side] = arguments;
const chart = [...document.querySelectorAll("figure")]
    .find(one => one.textContent.startsWith(name));
const axis = chart.querySelector(".axis").getAttribute("d").match(/V([0-9.]+)/)[1];
return [...chart.querySelectorAll(`.mark.${side}`)]
    .map(one => axis - one.getAttribute("d").match(/^M[0-9.]+ ([0-9.]+)/)[1])"""
ROW = """
const [name] = arguments;
const row = [...document.querySelectorAll("tbody tr")]
    .find(one => one.firstElementChild.textContent == name);
return [...row.children].slice(1).map(one => one.textContent)"""
POINTED_AT = """
return [...document.querySelectorAll("svg title")].map(one => one.textContent)
    .find(one => one.includes("<b>bold</b>"))"""


def look(browser, name, _):
    run = browser.execute_script
    print(f"{name}: letters {run(LETTERS)}")
    print(f"{name}: large enough {run(SMALLEST) >= 11}")
    print(f"{name}: pale {run(PALEST) < 3}")
    print(f"{name}: no legend {run(NO_LEGEND)}")
    print(f"{name}: apart {all(run(APART).values())}")
    details = browser.find_elements(By.CSS_SELECTOR, "details")
    tables = browser.find_elements(By.CSS_SELECTOR, "details table")
    shown = "return arguments[0].filter(one => one.checkVisibility()).length"
    print(f"{name}: tables shown {run(shown, tables)}")
    for one in details:
        one.find_element(By.CSS_SELECTOR, "summary").click()
    print(f"{name}: all after clicks {len(tables) > 0 and run(shown, tables) == len(tables)}")


def numbers(browser):
    """What the pictures and the tables say."""
    run = browser.execute_script
    print("without A:", run(WITHOUT, "a"))
    print("without B:", "; ".join(run(WITHOUT, "b")))
    low, high = (run(HEIGHTS, "From base pages", side) for side in "ab")
    print("twice as dear:", {round(one / other, 2) for one, other in zip(high, low)})
    steps = run(HEIGHTS, "One size is on", "a")[-6:]
    print("same factor, same step:", max(steps) > 0 and
          max(b - a for a, b in zip(steps, steps[1:])) -
          min(b - a for a, b in zip(steps, steps[1:])) < 0.3)
    for row in ("From base pages: order, 4", "order 2, beside: 99% are below",
                "order 2, beside: all are below", "All sizes are on: settled, half",
                "A page fault, beside khugepaged: ranges, 1024"):
        print(f"{row}:", " | ".join(run(ROW, row)))
    print("hollow:", len(browser.find_elements(By.CSS_SELECTOR, ".chart .mark.hollow:not(.thin)")),
          len(browser.find_elements(By.CSS_SELECTOR, ".chart .mark.thin.a.hollow")))
    print("text of others is text:", not browser.find_elements(By.CSS_SELECTOR, "b"),
          run(POINTED_AT))


with browser_of(sys.argv[3]) as chromium:
    for view in views(chromium, sys.argv[1], sys.argv[2]):
        look(chromium, *view)
    numbers(chromium)
EOF
look "$work/look.py" "$work/both.html"
for view in $views; do
	seen_in "$view"
	seen "$view: letters []"
	seen "$view: large enough True"
	seen "$view: pale False"
	seen "$view: no legend []"
	seen "$view: apart True"
	seen "$view: tables shown 0"
	seen "$view: all after clicks True"
done
seen "without A: []"
seen "without B: From folios of the next order below - nothing of B; A read at random - nothing of B"
seen "twice as dear: {2.0}"
seen "same factor, same step: True"
seen "From base pages: order, 4: ns/page | 200 | 400 | 2"
seen "order 2, beside: 99% are below: ns | 2,048 | 4,096 | 2"
seen "order 2, beside: all are below: ns | 1,048,576 | 2,097,152 | 2"
seen "All sizes are on: settled, half: ns/range | 64,000 | - | - | p4*32 | -"
seen "A page fault, beside khugepaged: ranges, 1024: times | 64 | 64 | 1"
# Of all ranges that were not referenced, and of no settled one: these have folios.
seen "hollow: 0 15"
seen 'text of others is text: True A, unreferenced, sparse: 4 us; left <b>bold</b> & "quoted" </title>'
seen "errors: []"

finish
