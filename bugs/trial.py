# SPDX-License-Identifier: GPL-2.0
"""One kernel, and what the suite and its peer say of it."""
import dataclasses

from bug import RIGHT, V10, Bug
from children import Trouble
from guests import EXPLORER, RACES, TESTS, boot

GOOD = {"killed", "equivalent"}


@dataclasses.dataclass
class Result:
    """What became of a bug."""
    bug: Bug
    build_seconds: float = 0
    outcomes: list = dataclasses.field(default_factory=list)
    trouble: str = ""
    rows: list = None   # whose tests noticed
    peer: list = None   # what the other test failed; None: it did not run

    def noticed(self, *programs):
        return [test for outcome in self.outcomes if outcome.program in programs
                for test in outcome.noticed]

    @property
    def by_tests(self):
        return list(dict.fromkeys(self.noticed(TESTS, RACES)))

    @property
    def by_explorer(self):
        return self.noticed(EXPLORER)

    @property
    def explorer_said(self):
        if self.bug.explorer_is_blind:
            return "blind"
        if EXPLORER not in [outcome.program for outcome in self.outcomes]:
            return "-"
        return "yes" if self.by_explorer else "no"

    @property
    def seconds(self):
        return sum(outcome.seconds for outcome in self.outcomes)

    @property
    def by_named_rows(self):
        if self.bug.nothing_may_pass:
            return not any(outcome.passed for outcome in self.outcomes)
        return bool(set(self.rows) & set(self.bug.rows))

    @property
    def verdict(self):
        if self.trouble:
            return "TROUBLE"
        if self.bug.is_equivalent:
            return "EQUIVALENT?" if self.by_tests or self.by_explorer else "equivalent"
        if not self.by_tests:
            return "SURVIVED"
        if not self.by_named_rows:
            return "NOT BY ITS ROWS"
        if self.explorer_said == "no":
            return "NOT BY THE EXPLORER"
        return "killed"


def try_bug(result, image, rows, note):
    """
    First the rows that should notice; if none does, everything. Then the explorer, unless it
    cannot. Fills in the result.
    """
    bug = result.bug
    others = [row for row in bug.rows if row not in bug.races]
    try:
        if others or not bug.races:
            result.outcomes.append(boot(bug.name, image, TESTS, others))
        if bug.races:
            result.outcomes.append(boot(bug.name, image, RACES, bug.races))
        if not result.by_tests and not bug.nothing_may_pass:
            note(f"{bug.name}: its rows noticed nothing; all tests now, for minutes")
            result.outcomes += [boot(bug.name, image, program) for program in (TESTS, RACES)]
        if not bug.explorer_is_blind:
            result.outcomes.append(boot(bug.name, image, EXPLORER))
    except (Trouble, OSError, ValueError) as trouble:
        result.trouble = str(trouble) or type(trouble).__name__
    result.rows = rows.of_tests(result.by_tests)


def try_right(image, program):
    """Everything must pass. Return: what did not, and a line on it."""
    outcome = boot(RIGHT, image, program)
    return (outcome.noticed or ([] if outcome.passed else [f"{program}: nothing passed"]),
            f"{outcome.passed} passed, {len(outcome.noticed)} failed, "
            f"{outcome.skipped} skipped ({outcome.seconds:.0f} s)")


def try_v10(image, program):
    """It passes by its own model, and not by that of mainline. Return: as try_right()."""
    own = boot(V10.stem, image, program, model=V10.stem)
    other = boot(V10.stem, image, program, model="mainline")
    wrong = own.noticed or ([] if own.passed else [f"{program}: nothing passed"])
    return (wrong + ([] if other.noticed else [f"{program}: passes by mainline's rules"]),
            f"{own.passed} passed and {len(own.noticed)} failed by its own rules, "
            f"{len(other.noticed)} failed by those of mainline "
            f"({own.seconds + other.seconds:.0f} s)")
