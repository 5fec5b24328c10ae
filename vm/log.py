# SPDX-License-Identifier: GPL-2.0
"""What a program of the suite said on a kernel, from its KTAP or from a guest's console."""
import dataclasses
import re

PASS, FAIL, XFAIL, SKIP, LOST = "pass", "fail", "xfail", "skip", "lost"
# Of several, the first is to be said.
VERDICTS = (FAIL, LOST, XFAIL, PASS, SKIP)

HEADER = re.compile(r"((?:# )*)K?TAP version ")
# A name has no bracket: that is the kernel, in the middle of a line.
RESULT = re.compile(r"(not )?ok (\d+) (?:- )?([^#\[]*?)\s*(?:# *(?:(SKIP|XFAIL)\b)? *(.*))?$")
BEGUN = re.compile(r"#\s+RUN\s+(\S+)")
# What the harness says beside a test's own words.
OF_THE_HARNESS = re.compile(r"#\s+(RUN|OK|SKIP|FAIL)\s")
KERNEL = re.compile(r"# figures: kernel (\S+) (\S+), page size (\d+) kB, PMD order (\d+), "
                    r"generation (\w+)")
SPOKEN_BY_THE_KERNEL = re.compile(r"\[ *\d+\.\d{6}\] ")
EXCERPT = 15    # lines


@dataclasses.dataclass
class Test:
    """One result."""
    name: str           # with fixture and variant
    verdict: str
    reason: str = ""    # of SKIP, XFAIL and LOST
    said: list = dataclasses.field(default_factory=list)

    @property
    def short_name(self):
        return self.name.split(".")[-1]


@dataclasses.dataclass
class Log:
    """What one log holds."""
    source: str = ""            # the name of the log
    tests: list = dataclasses.field(default_factory=list)
    nothing_because: str = ""   # a program skipped all of its tests
    trouble: str = ""           # why it is not to be believed, whatever its tests say
    last_lines: list = dataclasses.field(default_factory=list)
    release: str = ""
    machine: str = ""
    page_kb: int = 0
    pmd_order: int = 0
    generation: str = ""

    def blame(self, why):
        """The first trouble counts."""
        self.trouble = self.trouble or why

    @property
    def failed(self):
        return any(test.verdict == FAIL for test in self.tests)


class Document:
    """The output of one program, or of a script around programs: from its header to its end."""

    def __init__(self, prefix):
        self.prefix, self.lines, self.inner = prefix, [], []

    def read(self, log):
        """Add what it holds to a log. What a script says of its programs has to agree."""
        for document in self.inner:
            document.read(log)
        results = Results()
        for line in self.lines:
            results.read(line)
        for why in results.troubles():
            log.blame(why)
        if not self.inner:
            log.tests += results.tests
            log.nothing_because = log.nothing_because or results.nothing_because
            if results.running and log.trouble:
                log.tests.append(Test(results.running, LOST, log.trouble, results.said))
        elif not log.failed:
            for test in results.tests:
                if test.verdict == FAIL:
                    log.blame(f"{test.name}: not ok, though none of its tests failed"
                              f"{f': {test.reason}' if test.reason else ''}")


class Results:
    """The results of one document, and what is wrong with them as a whole."""

    def __init__(self):
        self.tests, self.numbers, self.plans = [], [], []
        self.nothing_because = self.bail_out = ""
        self.said, self.running = [], None

    def read(self, line):
        result, begun, plan = RESULT.match(line), BEGUN.match(line), re.match(r"1\.\.(\d+)", line)
        if plan:
            self.plans.append(int(plan[1]))
            why = re.search(r"# *SKIP *(.*)", line)
            self.nothing_because = why[1] if why else ""
            self.said = []
        elif result:
            verdict = FAIL if result[1] else (result[4] or PASS).lower()
            self.tests.append(Test(result[3], verdict, result[5] or "", self.said))
            self.numbers.append(int(result[2]))
            self.said, self.running = [], None
        elif line.startswith("Bail out!"):
            self.bail_out = line
        elif begun:
            self.said, self.running = [], begun[1]
        elif line.startswith("# ") and not OF_THE_HARNESS.match(line):
            self.said.append(line[2:])

    def troubles(self):
        if self.bail_out:
            yield self.bail_out
        if len(self.plans) != 1:
            yield "there is no plan" if not self.plans else "there is more than one plan"
        elif self.numbers != list(range(1, self.plans[0] + 1)):
            missing = set(range(1, self.plans[0] + 1)) - set(self.numbers)
            yield f"{len(missing)} of {self.plans[0]} tests did not report" if missing else \
                  "tests reported more than once"


def documents(lines):
    """The outermost documents; those of the programs that a script ran are in theirs."""
    outermost, open_ones = [], []
    for line in lines:
        header = HEADER.match(line)
        if header:
            while open_ones and len(open_ones[-1].prefix) >= len(header[1]):
                open_ones.pop()
            document = Document(header[1])
            (open_ones[-1].inner if open_ones else outermost).append(document)
            open_ones.append(document)
            continue
        # Of a script are the lines that do not have the mark of a program's.
        while len(open_ones) > 1 and not line.startswith(open_ones[-1].prefix):
            open_ones.pop()
        if open_ones:
            open_ones[-1].lines.append(line[len(open_ones[-1].prefix):])
    return outermost


def printable(text):
    """What a guest writes is shown on terminals and pages."""
    return "".join(char if char.isprintable() and char.isascii() else "?" for char in text)


def lines_of(text):
    """What the programs said: of a console log the part between its marks."""
    inside = re.search(r"@vm@ begin [^\n]*\n(.*?)(?=\n?@vm@ exit|@vm@ verdict|\Z)", text, re.S)
    for line in (inside[1] if inside else text).splitlines():
        line = printable(line.expandtabs().rstrip().rpartition("\r")[2])
        if line and not SPOKEN_BY_THE_KERNEL.match(line):
            yield line


def excerpt(text):
    """From the first complaint of the kernel on, or the last lines."""
    lines = [printable(line.expandtabs()) for line in text.splitlines()
             if line.strip() and not line.startswith("@vm@ ")]
    for nr, line in enumerate(lines):
        if re.search(r"Kernel panic|BUG:|Oops:|WARNING:|Out of memory", line):
            return lines[nr:nr + EXCERPT]
    return lines[-EXCERPT:]


def judge_console(text, log):
    """What the guest's end says, beyond its tests."""
    status = re.search(r"@vm@ exit (\d+)", text)
    if not status:
        log.blame("the guest did not come to its end")
    elif status[1] not in ("0", "1", "4"):
        log.blame(f"the program ended with status {status[1]}")
    elif (status[1] == "1") != log.failed:
        log.blame(f"the program ended with status {status[1]}, and "
                  f"{'some' if log.failed else 'no'} test failed")


def read_log(text):
    """Make a Log of the text of one, whole or broken off."""
    log = Log()
    # First: why a guest ended says more than what is missing.
    verdict = re.search(r"^@vm@ verdict (.*)", text, re.M)
    if verdict:
        log.blame(printable(verdict[1]))
    begun = re.search(r"@vm@ begin (\S+) (\S+)", text)
    if begun:
        log.release, log.machine = begun.groups()
    lines = list(lines_of(text))
    found = documents(lines)
    for document in found:
        document.read(log)
    kernel = next(filter(None, (KERNEL.match(re.sub(r"^(# )+(?=# figures)", "", line))
                                for line in lines)), None)
    if kernel:
        log.release, log.machine, _, _, log.generation = kernel.groups()
        log.page_kb, log.pmd_order = int(kernel[3]), int(kernel[4])
    if not found:
        log.blame("there is no result of a test in it")
    if begun:
        judge_console(text, log)
    if log.trouble:
        log.last_lines = excerpt(text)
    return log
