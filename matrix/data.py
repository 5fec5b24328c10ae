# SPDX-License-Identifier: GPL-2.0
"""All that the tables are made of, for programs: JSON, and one KTAP of all kernels."""
import json

from log import FAIL, LOST, SKIP, XFAIL
from table import fold_columns


def kernel_entry(column):
    return {
        "name": column.name,
        "version": column.version,
        "machine": column.machine,
        "release": column.known("release"),
        "page_kb": column.known("page_kb"),
        "pmd_order": column.known("pmd_order"),
        "generation": column.known("generation"),
        "seconds": round(column.seconds, 1),
        "counts": column.counts,
        "troubles": [{"why": log.trouble, "last_lines": log.last_lines}
                     for log in column.troubles],
        "skipped_without_reason": column.unexpected,
        "tests": [{"name": test.name, "verdict": test.verdict, "reason": test.reason,
                   "said": test.said} for test in column.tests],
    }


def as_json(table, columns, made):
    names = [column.name for column in columns]
    rows = [{"row": row.name, "title": row.title,
             "verdicts": {name: cell.verdict for name, cell in zip(names, row.cells)},
             "skipped_because": {name: list(cell.reasons) for name, cell in zip(names, row.cells)
                                 if cell.reasons}}
            for row in table]
    alike = [[names[nr] for nr in group] for group in fold_columns(table, columns)]
    return json.dumps({"made": made, "kernels": list(map(kernel_entry, columns)), "rows": rows,
                       "kernels_alike": alike}, indent=1) + "\n"


def as_ktap(columns):
    """
    One result for each test on each kernel, and one for each kernel: whether it came to its end.
    Flat, because not every parser knows results within results.
    """
    results = []
    for column in columns:
        name = "-".join(column.name.split())
        whole = [f"# {line}" for log in column.troubles
                 for line in [f"did not finish: {log.trouble}", *log.last_lines]]
        results.append((whole, FAIL if whole else "", f"{name}.came_to_its_end", ""))
        results += [([f"# {line}" for line in test.said], test.verdict, f"{name}.{test.name}",
                     test.reason) for test in column.tests]
    yield "KTAP version 1"
    yield f"1..{len(results)}"
    for number, (said, verdict, name, reason) in enumerate(results, 1):
        yield from said
        directive = f" # {verdict.upper()} {reason}" if verdict in (SKIP, XFAIL) else ""
        yield f"{'not ok' if verdict in (FAIL, LOST) else 'ok'} {number} {name}{directive}"
