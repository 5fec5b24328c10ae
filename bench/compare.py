# SPDX-License-Identifier: GPL-2.0
"""Two kernels beside each other: ratios with their spread, and never a verdict from one run."""
import dataclasses
import statistics

from figures import order_of

TOLERANCE = 0.05
# Which operations waited, and how long, is chance: told, but no ratio is made of it.
CHANCE = ("waits/", " waited/", " longest ", "/turn ", "folios/s")
# Follows from another unit of the same figure.
DERIVED = ("/PTE", "MB/s")


@dataclasses.dataclass
class Ratio:
    """B over A, of one value of a figure."""
    key: tuple
    unit: str
    a: float            # medians of all runs
    b: float
    ratios: list        # of each pair of runs that followed each other
    left: tuple         # a Figure of each, with what was left of the ranges

    @property
    def order(self):
        return order_of(self.key[1])

    @property
    def median(self):
        return statistics.median(self.ratios)

    @property
    def spread(self):
        return min(self.ratios), max(self.ratios)

    @property
    def differs(self):
        """In every pair, to the same side; one pair says nothing."""
        least, most = self.spread
        return len(self.ratios) > 1 and (least > 1 + TOLERANCE or most < 1 - TOLERANCE)

    @property
    def is_chance(self):
        return any(word in self.unit for word in CHANCE)

    @property
    def leaves_the_same(self):
        return self.left[0].left_hash == self.left[1].left_hash


def ratio_of(one, other):
    """Two zeros are the same."""
    if one == other:
        return 1.0
    return other / one if one else float("inf")


def ratios(a, b):
    """
    All values that both sides have.
    @a, @b: Side
    """
    for key in a.keys:
        for unit in a.units(key):
            # Runs that followed each other; one that lacks it has no partner either.
            pairs = [pair for pair in zip(a.of_each_run(key, unit),
                                            b.of_each_run(key, unit))
                     if None not in pair]
            if not pairs or any(word in unit for word in DERIVED):
                continue
            yield Ratio(key, unit, *map(statistics.median, zip(*pairs)),
                        [ratio_of(*pair) for pair in pairs],
                        tuple(side.figures(key)[0] for side in (a, b)))


def only_one_has(a, b):
    """Figures that one side could not measure: [(A or B, key)]."""
    return [(side.name, key) for side, other in ((a, b), (b, a)) for key in side.keys
            if key not in other.keys]
