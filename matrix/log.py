# SPDX-License-Identifier: GPL-2.0
"""What a program of the suite said on a kernel, from its KTAP or from a guest's console."""
import dataclasses
import re

PASS, FAIL, XFAIL, SKIP, LOST = "pass", "fail", "xfail", "skip", "lost"
# Of several, the first is to be said.
VERDICTS = (FAIL, LOST, XFAIL, PASS, SKIP)

RESULT = re.compile(r"(not )?ok (\d+) (?:- )?([^#]*?)\s*(?:# *(SKIP|XFAIL)\b *(.*))?$")
BEGUN = re.compile(r"#\s+RUN\s+(\S+)")
# What the harness says beside a test's own words.
OF_THE_HARNESS = re.compile(r"#\s+(RUN|OK|SKIP|FAIL)\s")
KERNEL = re.compile(r"# figures: kernel (\S+) (\S+), page size (\d+) kB, PMD order (\d+), "
                    r"generation (\w+)")
SPOKEN_BY_THE_KERNEL = re.compile(r"\[ *\d+\.\d{6}\] ")


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
    tests: list = dataclasses.field(default_factory=list)
    planned: int = 0
    nothing_because: str = ""   # the whole program was skipped
    trouble: str = ""           # it did not come to its end
    last_lines: list = dataclasses.field(default_factory=list)
    release: str = ""
    machine: str = ""
    page_kb: int = 0
    pmd_order: int = 0
    generation: str = ""


def of_the_guest(text):
    """The part of a console log that the guest's command wrote; all of any other log."""
    inside = re.search(r"@vm@ begin [^\n]*\n(.*?)(?=\n?@vm@ exit|@vm@ verdict|\Z)", text, re.S)
    return inside[1] if inside else text


def innermost(lines):
    """
    The lines of the programs. Scripts around them (run_vmtests.sh, run_kselftest.sh) put "# "
    before each, and have results of their own, which are not looked at.
    """
    headers = [re.match(r"((?:# )*)K?TAP version ", line) for line in lines]
    depth = max((len(header[1]) for header in headers if header), default=0)
    prefix = "# " * (depth // 2)
    return [line[depth:] for line in lines if line.startswith(prefix)]


def without_noise(text):
    for line in of_the_guest(text).splitlines():
        line = line.rstrip().rpartition("\r")[2]
        if line and not SPOKEN_BY_THE_KERNEL.match(line):
            yield line


def read_tests(lines, log):
    """Fill in the tests, and return the name of the one that had begun and not ended."""
    said, running = [], None
    for line in lines:
        result, begun, plan = RESULT.match(line), BEGUN.match(line), re.match(r"1\.\.(\d+)", line)
        if plan:
            log.planned += int(plan[1])
            why = re.search(r"# *SKIP *(.*)", line)
            log.nothing_because = why[1] if why else log.nothing_because
            said = []
        elif result:
            verdict = FAIL if result[1] else (result[4] or PASS).lower()
            log.tests.append(Test(result[3], verdict, result[5] or "", said))
            said, running = [], None
        elif line.startswith("Bail out!"):
            log.trouble = line
        elif begun:
            said, running = [], begun[1]
        elif line.startswith("# ") and not OF_THE_HARNESS.match(line):
            said.append(line[2:])
    return running, said


def read_log(text):
    """Make a Log of the text of one, whole or broken off; Log.tests may be empty."""
    log = Log()
    lines = innermost(list(without_noise(text)))
    begun = re.search(r"@vm@ begin (\S+) (\S+)", text)
    if begun:
        log.release, log.machine = begun.groups()
    kernel = next(filter(None, map(KERNEL.match, lines)), None)
    if kernel:
        log.release, log.machine, _, _, log.generation = kernel.groups()
        log.page_kb, log.pmd_order = int(kernel[3]), int(kernel[4])
    running, said = read_tests(lines, log)
    verdict = re.search(r"^@vm@ verdict (.*)", text, re.M)
    missing = log.planned - len(log.tests)
    if verdict:
        log.trouble = verdict[1]
    elif missing and not log.trouble:
        log.trouble = f"{missing} of {log.planned} tests did not report"
    elif not log.planned and not log.trouble:
        log.trouble = "there is no result of a test in it"
    if log.trouble:
        log.last_lines = [line for line in text.splitlines()
                          if line.strip() and not line.startswith("@vm@")][-12:]
        if running:
            log.tests.append(Test(running, LOST, log.trouble, said))
    return log
