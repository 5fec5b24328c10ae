#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Build kernels with a bug each, run the suite on them, and say which tests noticed.

    run.py --list          what there is
    run.py [NAME]...       these, or all

See README.md here for what a bug looks like. From the environment: BUGS_JOBS, guests at a time
(default: one for each CPU; races, whose guests have two CPUs, half as many); BUILD, where logs
and tables go; KSRC; PEER=khugepaged, to run the kernel tree's own test as well. Exit status: 0
if every bug was noticed and the right kernel passed everything, else 1.
"""
import argparse
import concurrent.futures
import dataclasses
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
import peer     # beside this file

BUGS = pathlib.Path(__file__).resolve().parent
# Another set of rules, which the suite has a model of, and no bug.
V10 = BUGS / "generations/v10.cocci"
TOP = BUGS.parent
BUILD = pathlib.Path(os.environ.get("BUILD") or TOP / "build").absolute()
RIGHT = "right"

TESTS, RACES, EXPLORER = "mthp_khugepaged", "mthp_races", "mthp_explore"
# Seconds that a guest may take, and be silent for: a wrong kernel may hang.
TIMEOUT = {TESTS: "900", RACES: "900", EXPLORER: "400"}
HANG_TIMEOUT = "150"

printing = threading.Lock()
children = set()    # that run now


def note(text):
    with printing:
        print(text, file=sys.stderr, flush=True)


class Trouble(Exception):
    """Nothing can be said, for a reason that is no kernel's fault."""


@dataclasses.dataclass
class Bug:
    """A semantic patch with a head of "// Key: value" lines."""
    name: str
    path: pathlib.Path
    head: dict

    KEYS = {"Bug", "Seen", "Rows", "Source", "Places", "Explorer", "Equivalent"}

    @classmethod
    def read(cls, path):
        head, key = {}, None
        for line in path.read_text().splitlines():
            if not line.startswith("//"):
                break
            begin = re.match(r"// (\w+): (.*)", line)
            if begin and begin[1] in cls.KEYS:
                key = begin[1]
                head[key] = begin[2]
            elif key and line.startswith("//   "):
                head[key] += " " + line[5:]
        missing = {"Bug", "Seen", "Rows", "Source", "Places"} - head.keys()
        if missing:
            raise Trouble(f"{path}: no line '// {sorted(missing)[0]}:'")
        return cls(path.stem, path, head)

    @property
    def rows(self):
        return [] if self.head["Rows"] == "none" else self.head["Rows"].split()

    @property
    def is_race(self):
        return any(row.startswith("RAC-") for row in self.rows)

    @property
    def sources(self):
        return self.head["Source"].split()

    @property
    def patch(self):
        """All that makes a difference to the kernel."""
        lines = self.path.read_text().splitlines()
        return "\n".join(self.sources + [line for line in lines
                                         if not line.startswith("//")]).encode()

    @property
    def places(self):
        return int(self.head["Places"])

    @property
    def explorer_is_blind(self):
        return "Explorer" in self.head

    @property
    def is_equivalent(self):
        return "Equivalent" in self.head


def read_bugs(names):
    bugs = {path.stem: path for path in sorted(BUGS.glob("*.cocci"))}
    for name in names:
        if name not in (*bugs, RIGHT, V10.stem):
            raise Trouble(f"no bug is called {name}: see --list")
    return [Bug.read(path) for name, path in bugs.items() if not names or name in names]


def run_child(command, **options):
    """Run a command that ends with us. Return: its status and output."""
    with subprocess.Popen([str(word) for word in command], text=True,
                          stdin=subprocess.DEVNULL, **options) as child:
        children.add(child)
        try:
            output = child.communicate()[0]
        finally:
            children.discard(child)
    return child.returncode, output


def run(command, **options):
    """Run a command; its output when it succeeds, Trouble with its errors when not."""
    status, output = run_child(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               **options)
    if status:
        lines = output.strip().splitlines()
        errors = [line for line in lines if "error:" in line][:3] or lines[-3:]
        raise Trouble(f"{' '.join(map(str, command[:4]))}: {' / '.join(errors)}")
    return output


def run_guest(command, **environment):
    """Run a command with a guest, which writes logs. Return: its status."""
    return run_child(command, env=dict(os.environ, BUILD=str(BUILD), HANG_TIMEOUT=HANG_TIMEOUT,
                                       **environment),
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)[0]


def end(signal_number, _):
    """As a signal wants: no child may outlive us."""
    for child in list(children):
        child.terminate()
    os._exit(128 + signal_number)


def apply_patch(bug, tree, to):
    """
    The changed sources of a bug, as {path in the tree: text}. A patch that changes more or less
    than it was written for makes another kernel than it says: Trouble.
    """
    changed, places = {}, 0
    for source in bug.sources:
        out = pathlib.Path(to) / pathlib.Path(source).name
        run(["spatch", "--very-quiet", "--sp-file", bug.path, tree / source, "-o", out])
        diff = subprocess.run(["diff", "-U0", str(tree / source), str(out)], text=True,
                              stdout=subprocess.PIPE, check=False).stdout
        places += sum(line.startswith("@@") for line in diff.splitlines())
        changed[source] = out.read_text()
    if places != bug.places:
        raise Trouble(f"{bug.path.name} changes {places} places of "
                      f"{' '.join(bug.sources)}, not {bug.places}: it does not fit this kernel")
    return changed


class Images:
    """Kernel images, built once for each source, configuration and patch."""

    def __init__(self):
        self.dir = pathlib.Path(subprocess.run([BUGS / "tree.sh"], text=True, check=True,
                                               stdout=subprocess.PIPE).stdout.strip())
        self.tree = self.dir / "linux"
        self.kept = self.dir / "images"
        self.kept.mkdir(exist_ok=True)

    def pristine(self, source):
        """The source as it came; kept beside the tree, which holds that of the last build."""
        copy = self.dir / "pristine" / source
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.tree / source, copy)
        return copy

    def path(self, bug):
        digest = hashlib.sha256(bug.patch).hexdigest()[:12] if bug else "pristine"
        return self.kept / f"{bug.name if bug else RIGHT}-{digest}"

    def build(self, bug):
        """Build the image of a bug (None: of the right kernel). Return: seconds it took."""
        image, start = self.path(bug), time.monotonic()
        if image.exists():
            return 0
        with open(self.dir / "lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Another run may have built it meanwhile.
            if not image.exists():
                self.build_locked(bug, image)
        return time.monotonic() - start

    def build_locked(self, bug, image):
        changed_file = self.dir / "changed"
        with tempfile.TemporaryDirectory(dir=self.dir) as to:
            if bug:
                for source in bug.sources:
                    self.pristine(source)
                changed = apply_patch(bug, self.dir / "pristine", to)
            else:
                changed = {}
            # What another bug changed, also in a run that was killed.
            before = changed_file.read_text().split() if changed_file.exists() else []
            changed_file.write_text(" ".join({*before, *changed}))
            for source in before:
                if source not in changed:
                    changed[source] = self.pristine(source).read_text()
            for source, text in changed.items():
                (self.tree / source).write_text(text)
            run(["make", "-s", f"-j{os.cpu_count()}", "bzImage"], cwd=self.tree)
            changed_file.write_text(" ".join(bug.sources if bug else []))
            part = pathlib.Path(to) / "image"
            shutil.copy2(self.tree / "arch/x86/boot/bzImage", part)
            part.rename(image)


class Peer:
    """The kernel tree's own test, and what it fails on the right kernel."""

    def __init__(self, images):
        self.folder = peer.build(images.tree, images.dir / "peer", run)
        images.build(None)
        self.known = set(self.run(RIGHT, images.path(None)))
        if self.known:
            note(f"peer: fails on the right kernel, and is not counted: {', '.join(self.known)}")

    def run(self, name, image):
        """Return: what failed, as peer.failures() says it."""
        run_id = f"bug-{name}-peer"
        with tempfile.TemporaryDirectory() as to:
            initramfs = pathlib.Path(to) / "initramfs"
            run([TOP / "vm/initramfs.sh", initramfs, f"{self.folder}:/peer"])
            run_guest([TOP / "vm/run.sh", image, initramfs, "/peer/run"],
                      RUN_ID=run_id, TIMEOUT=TIMEOUT[TESTS])
        return peer.failures((BUILD / "log" / f"ktap-{run_id}.log").read_text(errors="replace"))

    def noticed(self, bug, image):
        return [failed for failed in self.run(bug.name, image) if failed not in self.known]


class Suite:
    """The programs, and which test checks which rows."""

    def __init__(self):
        self.rows = {}
        for program in (TESTS, RACES):
            listing = run([BUILD / "suite" / program, "--rows"])
            for line in listing.splitlines():
                row, test = line.split("\t")[:2]
                self.rows.setdefault(test, []).append(row)

    def rows_of(self, tests):
        """Rows of tests with fixture and variant, in order and once."""
        rows = [row for test in tests for row in self.rows.get(test.split(".")[-1], [])]
        return list(dict.fromkeys(rows))


@dataclasses.dataclass
class Outcome:
    """What one program said about one kernel."""
    program: str
    seconds: float
    noticed: list       # tests that failed
    why: str            # what ended it before its end, or the first line of a failure
    passed: int
    log: str


def outcome_of(program, log, console, seconds, status):
    """What came of a guest; Trouble when the suite never began."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    said = console.read_text(errors="replace") if console.exists() else ""
    verdict = re.search(r"^@vm@ verdict (.*)", said, re.M)
    if not any("TAP version" in line for line in lines):
        raise Trouble(f"{program} never began: {verdict[1] if verdict else f'status {status}'}")
    noticed = [re.sub(r"^not ok \d+ (- )?", "", line).split(" #")[0]
               for line in lines if line.startswith("not ok")]
    why = ""
    if verdict:
        running = [line.split()[2] for line in lines if re.match(r"# +RUN ", line)]
        why = verdict[1]
        if running and not any(line.endswith(running[-1]) and " ok " in f" {line}"
                               for line in lines):
            noticed.append(running[-1])
        elif not noticed:
            noticed.append(program)
    elif any(line.startswith("Bail out!") for line in lines):
        why = next(line for line in lines if line.startswith("Bail out!"))
        noticed = noticed or [program]
    elif noticed:
        why = first_words(lines)
    if status and not noticed and status != 4:
        raise Trouble(f"{program} ended with status {status}, and no test failed: {log}")
    passed = sum(line.startswith("ok ") and "# SKIP" not in line for line in lines)
    return Outcome(program, seconds, list(dict.fromkeys(noticed)), why, passed, str(log))


def first_words(lines):
    """The first thing that the first failing test had to say."""
    begin = 0
    for nr, line in enumerate(lines):
        if re.match(r"# +RUN ", line):
            begin = nr
        if line.startswith("not ok"):
            break
    said = [line[2:] for line in lines[begin + 1:] if line.startswith("# ")]
    return said[0].strip() if said else ""


def boot(name, image, program, tests=(), model=None, cpus=2):
    """Run a program of the suite in a guest; of tests, those of some rows only."""
    run_id = f"bug-{name}-{program}{f'-{model}' if model else ''}"
    log = BUILD / "log" / f"ktap-{run_id}.log"
    console = BUILD / "log" / f"console-{run_id}.log"
    for old in (log, console):
        old.unlink(missing_ok=True)
    start = time.monotonic()
    status = run_guest([TOP / "vm/suite.sh", "vm"], KERNEL=str(image), PROGRAM=program,
                       RUN_ID=run_id, TESTS=" ".join(tests), CPUS=str(cpus),
                       ARGS=f"--model {model}" if model else "", TIMEOUT=TIMEOUT[program])
    return outcome_of(program, log, console, time.monotonic() - start, status)


@dataclasses.dataclass
class Result:
    bug: Bug
    build_seconds: float
    outcomes: list
    trouble: str = ""
    peer: list = None   # what the other test failed; None: it did not run

    def noticed(self, *programs):
        return [test for outcome in self.outcomes if outcome.program in programs
                for test in outcome.noticed]

    @property
    def by_tests(self):
        return self.noticed(TESTS, RACES)

    @property
    def by_explorer(self):
        return self.noticed(EXPLORER)

    @property
    def explorer_said(self):
        if self.bug.explorer_is_blind:
            return "blind"
        return "yes" if self.by_explorer else "no"

    @property
    def seconds(self):
        return sum(outcome.seconds for outcome in self.outcomes)

    @property
    def verdict(self):
        if self.trouble:
            return "TROUBLE"
        if self.by_tests and (self.by_explorer or self.bug.explorer_is_blind):
            return "EQUIVALENT?" if self.bug.is_equivalent else "killed"
        if self.bug.is_equivalent and not self.by_tests and not self.by_explorer:
            return "equivalent"
        return "SURVIVED the explorer" if self.by_tests else "SURVIVED"

    @property
    def is_good(self):
        return self.verdict in ("killed", "equivalent")


def try_bug(result, image, other):
    """
    First the rows that should notice; if none does, everything. Then the explorer, unless it
    cannot, and the other test if there is one.
    """
    bug = result.bug
    races = [row for row in bug.rows if row.startswith("RAC-")]
    others = [row for row in bug.rows if row not in races]
    cpus = 2 if races else 1
    try:
        if others or not races:
            result.outcomes.append(boot(bug.name, image, TESTS, others, cpus=cpus))
        if races:
            result.outcomes.append(boot(bug.name, image, RACES, races))
        if not result.by_tests:
            result.outcomes = [boot(bug.name, image, TESTS, cpus=cpus),
                               boot(bug.name, image, RACES, cpus=cpus)]
        if not bug.explorer_is_blind:
            result.outcomes.append(boot(bug.name, image, EXPLORER, cpus=cpus))
        if other:
            result.peer = other.noticed(bug, image)
    except Trouble as trouble:
        result.trouble = str(trouble)


def try_right(image):
    """Everything must pass. Return: what did not."""
    wrong = []
    for program in (TESTS, EXPLORER, RACES):
        outcome = boot(RIGHT, image, program)
        note(f"{RIGHT}: {program}: {outcome.passed} passed, {len(outcome.noticed)} failed, "
             f"{outcome.seconds:.0f} s")
        wrong += outcome.noticed
    return wrong


def try_v10(image):
    """It passes by its own model, and not by that of mainline. Return: what is wrong."""
    wrong = []
    for program in (TESTS, EXPLORER):
        own = boot(V10.stem, image, program, model=V10.stem)
        other = boot(V10.stem, image, program, model="mainline")
        note(f"{V10.stem}: {program}: {len(own.noticed)} failed by its own rules, "
             f"{len(other.noticed)} by those of mainline")
        wrong += own.noticed
        if not other.noticed:
            wrong.append(f"{program} by mainline's rules")
    return wrong


def describe(result, suite):
    parts = []
    rows = suite.rows_of(result.by_tests)
    if result.by_tests:
        parts.append(f"{len(result.by_tests)} tests of {' '.join(rows) or 'no row'}")
    if result.by_explorer:
        parts.append("the explorer")
    why = next((outcome.why for outcome in result.outcomes if outcome.why), "")
    return (f"{result.verdict} by {' and '.join(parts)}: {why}" if parts
            else f"{result.verdict} {result.trouble}")


def markdown(results, suite):
    with_peer = any(result.peer is not None for result in results)
    yield ("| bug | what is wrong | verdict | rows that noticed | explorer | s |" +
           (" kernel's own test |" if with_peer else ""))
    yield "|---|---|---|---|---|---|" + ("---|" if with_peer else "")
    for result in results:
        yield (f"| {result.bug.name} | {result.bug.head['Bug']} | {result.verdict} | "
               f"{' '.join(suite.rows_of(result.by_tests))} | "
               f"{result.explorer_said} | {result.seconds:.0f} |" +
               (f" {peer_said(result)} |" if with_peer else ""))


def peer_said(result):
    if result.peer is None:
        return ""
    return f"{len(result.peer)} failed" if result.peer else "no"


def as_json(results, suite, wrong, seconds):
    return {
        "others": wrong,
        "seconds": round(seconds),
        "bugs": [{
            "name": result.bug.name,
            "bug": result.bug.head["Bug"],
            "verdict": result.verdict,
            "trouble": result.trouble,
            "rows_named": result.bug.rows,
            "rows_noticed": suite.rows_of(result.by_tests),
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


class Progress:
    """One line a bug, with what is left."""

    def __init__(self, total):
        self.start, self.total, self.done = time.monotonic(), total, 0

    def tell(self, result, suite):
        self.done += 1
        left = (time.monotonic() - self.start) / self.done * (self.total - self.done) / 60
        note(f"{self.done}/{self.total} {result.bug.name}: {describe(result, suite)} "
             f"({result.seconds:.0f} s; {left:.0f} min left)")


def build_all(bugs, images):
    """All images, before any guest runs beside the compiler. Return: {name: Result}."""
    results = {}
    for nr, bug in enumerate(bugs):
        try:
            results[bug.name] = Result(bug, images.build(bug), [])
        except Trouble as trouble:
            results[bug.name] = Result(bug, 0, [], str(trouble))
        result = results[bug.name]
        if result.build_seconds or result.trouble:
            note(f"{nr + 1}/{len(bugs)} {bug.name}: "
                 f"{result.trouble or f'built in {result.build_seconds:.0f} s'}")
    return results


def try_all(bugs, names, jobs):
    """
    Build, then try: first those for which a CPU is enough, then races, which want two. Return:
    results, what no bug failed but should not have, and the suite.
    """
    images, suite, wrong = Images(), Suite(), {}
    results = build_all(bugs, images)
    if not names or RIGHT in names:
        note(f"{RIGHT}: built in {images.build(None):.0f} s")
        wrong[RIGHT] = try_right(images.path(None))
    if not names or V10.stem in names:
        v10 = Bug.read(V10)
        note(f"{V10.stem}: built in {images.build(v10):.0f} s")
        wrong[V10.stem] = try_v10(images.path(v10))
    other = Peer(images) if os.environ.get("PEER") else None
    fit = [bug for bug in bugs if not results[bug.name].trouble]
    progress = Progress(len(fit))

    def try_and_tell(bug):
        try_bug(results[bug.name], images.path(bug), other)
        progress.tell(results[bug.name], suite)

    for is_race, at_a_time in ((False, jobs), (True, max(1, jobs // 2))):
        with concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
            for _ in pool.map(try_and_tell, [bug for bug in fit if bug.is_race == is_race]):
                pass
    return [results[bug.name] for bug in bugs], wrong, suite


def report(results, wrong, suite, seconds):
    """The tables, in files and as a summary. Return: whether all is well."""
    folder = BUILD / "bugs"
    folder.mkdir(parents=True, exist_ok=True)
    table = "\n".join(markdown(results, suite)) + "\n"
    (folder / "bugs.md").write_text(table)
    (folder / "bugs.json").write_text(
        json.dumps(as_json(results, suite, wrong, seconds), indent=1) + "\n")
    print(table)
    counts = {}
    for result in results:
        counts[result.verdict] = counts.get(result.verdict, 0) + 1
    print(f"{len(results)} bugs in {seconds / 60:.0f} min: "
          f"{', '.join(f'{count} {verdict}' for verdict, count in sorted(counts.items()))}")
    if any(result.peer is not None for result in results):
        print(f"the kernel's own test noticed {sum(bool(result.peer) for result in results)}")
    for name, failed in wrong.items():
        print(f"{name}: {'fails ' + ', '.join(failed) if failed else 'as it should be'}")
    print(f"tables: {folder}/bugs.md {folder}/bugs.json")
    return not any(wrong.values()) and all(result.is_good for result in results)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0].strip(), epilog=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="list the bugs, and exit")
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help=f"of a bug, '{RIGHT}' or '{V10.stem}'; default: all of them")
    options = parser.parse_args()
    bugs = read_bugs(options.names)
    if options.list:
        for bug in bugs:
            print(f"{bug.name:30} {bug.head['Rows']:18} {bug.head['Bug']}")
        return True
    if os.environ.get("PEER", peer.NAME) != peer.NAME:
        raise Trouble(f"PEER={os.environ['PEER']}: there is only {peer.NAME}")
    jobs = os.environ.get("BUGS_JOBS") or str(os.cpu_count() or 1)
    if not re.fullmatch("[1-9][0-9]?", jobs):
        raise Trouble(f"BUGS_JOBS={jobs}: not a number of guests from 1 to 99")
    start = time.monotonic()
    results, wrong, suite = try_all(bugs, options.names, int(jobs))
    return report(results, wrong, suite, time.monotonic() - start)


if __name__ == "__main__":
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    try:
        sys.exit(0 if main() else 1)
    except (Trouble, subprocess.CalledProcessError) as trouble:
        sys.exit(f"bugs: {trouble}")
