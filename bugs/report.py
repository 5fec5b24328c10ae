# SPDX-License-Identifier: GPL-2.0
"""The tables, in Markdown and JSON, and what is said meanwhile."""
import json
import threading
import time

from bug import BUGS
from guest import write_whole
from progress import count


def describe(result):
    """One line on what became of a bug."""
    if result.trouble:
        return f"{result.verdict}: {result.trouble}"
    parts = []
    if result.by_tests:
        parts.append(f"{count(len(result.by_tests), 'test')} of "
                     f"{' '.join(result.rows) or 'no row'}")
    if result.by_explorer:
        parts.append("the explorer")
    why = next((outcome.why for outcome in result.outcomes if outcome.why), "")
    if not parts:
        passed = sum(outcome.passed for outcome in result.outcomes)
        skipped = sum(outcome.skipped for outcome in result.outcomes)
        why = f"{passed} passed, {skipped} skipped; logs: {result.outcomes[-1].log}"
    return (f"{result.verdict}, noticed by {' and '.join(parts) or 'nobody'}"
            f"{f': {why}' if why else ''} ({result.seconds:.0f} s)")


def entry_of(result):
    """All that is known, for JSON and from there for the tables."""
    return {
        "name": result.bug.name,
        "bug": result.bug.head["Bug"],
        "verdict": result.verdict,
        "trouble": result.trouble,
        "rows_named": result.bug.rows,
        "rows_noticed": result.rows or [],
        "tests": result.by_tests,
        "explorer": result.explorer_said,
        "explorer_blind": result.bug.head.get("Explorer"),
        "peer": result.peer,
        "why": [outcome.why for outcome in result.outcomes if outcome.why],
        "build_seconds": round(result.build_seconds, 1),
        "run_seconds": round(result.seconds, 1),
        "logs": [outcome.log for outcome in result.outcomes],
        "at": time.strftime("%Y-%m-%d %H:%M"),
    }


def peer_said(entry):
    if entry["peer"] is None:
        return "-"
    return f"{len(entry['peer'])} failed" if entry["peer"] else "no"


def markdown(entries):
    with_peer = any(entry["peer"] is not None for entry in entries)
    columns = ["bug", "what is wrong", "verdict", "rows named", "rows that noticed", "explorer",
               "s"] + ["kernel's own test"] * with_peer
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    for entry in entries:
        cells = [entry["name"], entry["bug"], entry["verdict"] +
                 (f": {entry['trouble']}" if entry["trouble"] else ""),
                 " ".join(entry["rows_named"]), " ".join(entry["rows_noticed"]),
                 entry["explorer"], f"{entry['run_seconds']:.0f}"] + [peer_said(entry)] * with_peer
        yield f"| {' | '.join(cells)} |"


class Tables:
    """bugs.md and bugs.json: the newest that is known of each bug, on one kernel."""

    def __init__(self, folder, kernel):
        self.folder, self.kernel, self.entries = folder, kernel, {}
        self.lock = threading.Lock()
        try:
            old = json.loads((folder / "bugs.json").read_text())
        except (OSError, ValueError):
            return
        if old.get("kernel") == kernel:
            self.entries = {entry["name"]: entry for entry in old["bugs"]
                            if (BUGS / f"{entry['name']}.cocci").exists()}

    def add(self, results):
        """Take results in, and write both files. Return: their entries, of this run alone."""
        new = [entry_of(result) for result in results]
        with self.lock:
            for entry in new:
                known = self.entries.get(entry["name"], {}).get("peer")
                peer = known if entry["peer"] is None else entry["peer"]
                self.entries[entry["name"]] = {**entry, "peer": peer}
            entries = [self.entries[name] for name in sorted(self.entries)]
            text = json.dumps({"kernel": self.kernel, "bugs": entries}, indent=1)
            write_whole(self.folder / "bugs.json", text + "\n")
            write_whole(self.folder / "bugs.md", "\n".join(markdown(entries)) + "\n")
        return new


def report(entries, wrong, seconds):
    """
    Print the table of this run, and a summary.
    @wrong: {name: what failed} of kernels that are no bugs
    """
    if entries:
        print("\n".join(markdown(entries)) + "\n")
    verdicts = [entry["verdict"] for entry in entries]
    took = f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"
    print(f"{count(len(entries), 'bug')} in {took}: " +
          ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in sorted(set(verdicts))))
    said = [entry["explorer"] for entry in entries]
    print(f"the explorer noticed {said.count('yes')}, and is blind to {said.count('blind')}")
    if any(entry["peer"] is not None for entry in entries):
        print(f"the kernel's own test noticed {sum(bool(entry['peer']) for entry in entries)}")
    for name, failed in wrong.items():
        print(f"{name}: {'wrong: ' + ', '.join(failed) if failed else 'as it should be'}")
