# SPDX-License-Identifier: GPL-2.0
"""Guests, and what a program of the suite said in one."""
import dataclasses
import re

from children import Trouble
from guest import TOP, run_guest

TESTS, RACES, EXPLORER = "mthp_khugepaged", "mthp_races", "mthp_explore"
# Seconds that a guest may take, and be silent for: a wrong kernel may hang.
TIMEOUT = {TESTS: "900", RACES: "900", EXPLORER: "400"}
HANG_TIMEOUT = "150"
# Races have two parties; for the others one CPU is enough.
CPUS = {TESTS: "1", RACES: "2", EXPLORER: "1"}

# What the explorer says of its own luck, and not of the kernel.
OF_LUCK = {"every_rule_reached", "second_looks_are_rare"}
# What stands above the reason of a failure.
NO_REASON = r"case \d+ of \d+$|seed \d+; batches|the same again: |/suite/corpus/"
# Ends of a guest that a wrong kernel may be the cause of. Others are this machine's.
BY_THE_KERNEL = re.compile("the guest's kernel panicked|the guest's kernel log complains|"
                           "the guest hangs|the guest died before the command ended")


@dataclasses.dataclass
class Outcome:
    """What one program said about one kernel."""
    program: str
    seconds: float
    noticed: list       # tests that failed
    why: str            # what ended it before its end, or the first line of a failure
    passed: int
    skipped: int
    log: str

    @property
    def hangs(self):
        return self.why.startswith("the guest hangs")


def running_test(lines):
    """The test that had begun and not ended, or nothing."""
    name = None
    for line in lines:
        begun = re.match(r"# +RUN +(\S+)", line)
        if begun:
            name = begun[1]
        elif name and re.match(rf"(not )?ok \d+ (- )?{re.escape(name)}( |$)", line):
            name = None
    return name


def first_words(lines):
    """The first thing that the first failing test had to say."""
    begin = 0
    for nr, line in enumerate(lines):
        if re.match(r"# +RUN ", line):
            begin = nr
        if line.startswith("not ok"):
            break
    said = [line[2:].strip() for line in lines[begin + 1:] if line.startswith("# ")]
    return next((line for line in said if not re.match(NO_REASON, line)), "")


def verdict_of(console):
    """What vm/run.sh says of how a guest ended; Trouble when that is no kernel's doing."""
    said = re.search(r"^@vm@ verdict (.*)", console, re.M)
    if said and not BY_THE_KERNEL.match(said[1]):
        raise Trouble(said[1])
    return said[1] if said else ""


def outcome_of(program, ktap, console, status):
    """What came of a guest, from its output; Trouble when nothing can be said."""
    lines, verdict = ktap.splitlines(), verdict_of(console)
    if not any("TAP version" in line for line in lines):
        raise Trouble(f"{program} never began: {verdict or f'status {status}'}")
    bail_out = next((line for line in lines if line.startswith("Bail out!")), "")
    if bail_out:
        raise Trouble(f"{program}: {bail_out}")
    failed = [re.sub(r"^not ok \d+ (- )?", "", line).split(" #")[0]
              for line in lines if line.startswith("not ok")]
    noticed = [test for test in failed if test not in OF_LUCK]
    if verdict and running_test(lines):
        noticed.append(running_test(lines))
    elif verdict and not noticed:
        noticed.append(program)
    if status not in (0, 4) and not noticed and not failed:
        raise Trouble(f"{program} ended with status {status}, and no test failed")
    passed = [line for line in lines if re.match(r"ok \d", line)]
    skipped = sum("# SKIP" in line for line in passed)
    return Outcome(program, 0, list(dict.fromkeys(noticed)),
                   verdict or (first_words(lines) if noticed else ""),
                   len(passed) - skipped, skipped, "")


def boot_once(name, image, program, tests, model):
    run_id = f"bug-{name}-{program}{'-rows' if tests else ''}{f'-{model}' if model else ''}"
    guest = run_guest([TOP / "vm/suite.sh", "vm"], run_id, TIMEOUT=TIMEOUT[program],
                      HANG_TIMEOUT=HANG_TIMEOUT, KERNEL=str(image), PROGRAM=program,
                      TESTS=" ".join(tests), CPUS=CPUS[program],
                      ARGS=f"--model {model}" if model else "")
    outcome = outcome_of(program, guest.text("ktap"), guest.text("console"), guest.status)
    outcome.seconds = guest.seconds
    outcome.log = str(guest.log("ktap"))
    return outcome


def boot(name, image, program, tests=(), model=None):
    """Run a program of the suite in a guest; of tests, those of some rows only."""
    outcome = boot_once(name, image, program, tests, model)
    # A guest that got no CPU for long hangs once; a wrong kernel does it again.
    return boot_once(name, image, program, tests, model) if outcome.hangs else outcome
