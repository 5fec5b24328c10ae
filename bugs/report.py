# SPDX-License-Identifier: GPL-2.0
"""The tables, in Markdown and JSON, and what is said meanwhile."""
import json
import sys
import threading
import time

printing = threading.Lock()


def note(text):
    with printing:
        print(text, file=sys.stderr, flush=True)


class Progress:
    """One line for each of a known number of things, with the time that is left."""

    def __init__(self, total):
        self.start, self.total, self.done = time.monotonic(), total, 0

    def tell(self, text):
        self.done += 1
        left = (time.monotonic() - self.start) / self.done * (self.total - self.done) / 60
        note(f"{self.done}/{self.total} {text}; {left:.0f} min left")


def describe(result):
    """One line on what became of a bug."""
    if result.trouble:
        return f"{result.verdict}: {result.trouble}"
    parts = []
    if result.by_tests:
        count = len(result.by_tests)
        parts.append(f"{count} test{'s' if count > 1 else ''} of "
                     f"{' '.join(result.rows) or 'no row'}")
    if result.by_explorer:
        parts.append("the explorer")
    why = next((outcome.why for outcome in result.outcomes if outcome.why), "")
    return (f"{result.verdict}, noticed by {' and '.join(parts) or 'nobody'}"
            f"{f': {why}' if why else ''} ({result.seconds:.0f} s)")


def peer_said(result):
    if result.peer is None:
        return ""
    return f"{len(result.peer)} failed" if result.peer else "no"


def markdown(results, with_peer):
    columns = ["bug", "what is wrong", "verdict", "rows named", "rows that noticed", "explorer",
               "s"] + ["kernel's own test"] * with_peer
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    for result in results:
        cells = [result.bug.name, result.bug.head["Bug"], result.verdict,
                 " ".join(result.bug.rows), " ".join(result.rows or []), result.explorer_said,
                 f"{result.seconds:.0f}"] + [peer_said(result)] * with_peer
        yield f"| {' | '.join(cells)} |"


def as_json(results, wrong, seconds):
    return {
        "others": wrong,
        "seconds": round(seconds),
        "bugs": [{
            "name": result.bug.name,
            "bug": result.bug.head["Bug"],
            "verdict": result.verdict,
            "trouble": result.trouble,
            "rows_named": result.bug.rows,
            "rows_noticed": result.rows,
            "tests": result.by_tests,
            "explorer": result.explorer_said,
            "explorer_blind": result.bug.head.get("Explorer"),
            "peer": result.peer,
            "why": [outcome.why for outcome in result.outcomes if outcome.why],
            "build_seconds": round(result.build_seconds, 1),
            "run_seconds": round(result.seconds, 1),
            "logs": [outcome.log for outcome in result.outcomes],
        } for result in results],
    }


def report(folder, results, wrong, seconds):
    """
    Write the tables to files, and print the Markdown and a summary.
    @wrong: {name: what failed} of kernels that are no bugs
    """
    with_peer = any(result.peer is not None for result in results)
    table = "\n".join(markdown(results, with_peer)) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bugs.md").write_text(table)
    (folder / "bugs.json").write_text(json.dumps(as_json(results, wrong, seconds), indent=1) +
                                      "\n")
    print(table)
    counts = {}
    for result in results:
        counts[result.verdict] = counts.get(result.verdict, 0) + 1
    print(f"{len(results)} bugs in {seconds / 60:.0f} min: "
          f"{', '.join(f'{count} {verdict}' for verdict, count in sorted(counts.items()))}")
    said = [result.explorer_said for result in results]
    print(f"the explorer noticed {said.count('yes')}, and is blind to {said.count('blind')}")
    if with_peer:
        print(f"the kernel's own test noticed {sum(bool(result.peer) for result in results)}")
    for name, failed in wrong.items():
        print(f"{name}: {'wrong: ' + ', '.join(failed) if failed else 'as it should be'}")
    print(f"tables: {folder}/bugs.md {folder}/bugs.json")
