# SPDX-License-Identifier: EUPL-1.2
"""What several openings of one gold set cost: ``python bench/workbench/openings.py [--draws 4000]``.

One teacher, and students that are truly worse by exactly the margin, so that every "not worse" is false. All
are asked about the same gold texts, one opening after the other, until one passes. Printed is how often any
did, by the number of openings: as it is (each opening at 5 percent), with equal shares of 5 percent, and with
half of what is left at each opening and all of it at the last. Errors of two students go along with how hard
a text is, as in life.
"""

import argparse
from functools import cache

import numpy as np

from hausgeist.core.statistics.difference import paired

OPENINGS = 5
ITEMS = 600
MARGIN = 0.05
RIGHT = 0.88


@cache
def passes(wins: int, losses: int, alpha: float) -> bool:
    """Whether "not worse by the margin" is shown at this level on one side (Tango 1998)."""
    found = paired(wins, losses, ITEMS, 1 - 2 * alpha)
    assert found is not None
    return found.low > -MARGIN


def levels(name: str, many: int) -> list[float]:
    """The level of each opening."""
    if name == "equal shares":
        return [0.05 / many] * many
    if name == "halves":
        found = [0.05 / 2 ** (at + 1) for at in range(many)]
        found[-1] = 0.05 - sum(found[:-1])
        return found
    return [0.05] * many


def main() -> None:
    """Draw, and print a line for each number of openings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=4_000)
    draws = parser.parse_args().draws
    chance = np.random.default_rng(20)
    hard = chance.beta(0.9, 0.9, size=2_000_000) + chance.normal(0, 0.1, size=2_000_000)
    limits = np.quantile(hard, [RIGHT, RIGHT - MARGIN])
    names = ("each at 5 %", "equal shares", "halves")
    false = {(name, many): 0 for name in names for many in range(1, OPENINGS + 1)}
    for _ in range(draws):
        items = chance.beta(0.9, 0.9, size=ITEMS)

        def right(limit: float, items: np.ndarray = items) -> np.ndarray:
            return items + chance.normal(0, 0.1, size=ITEMS) < limit

        teacher = right(limits[0])
        pairs = []
        for _ in range(OPENINGS):
            student = right(limits[1])
            pairs.append((int((student & ~teacher).sum()), int((teacher & ~student).sum())))
        for name, many in false:
            told = zip(pairs, levels(name, many), strict=False)
            false[name, many] += any(passes(*pair, round(alpha, 6)) for pair, alpha in told)
    for many in range(1, OPENINGS + 1):
        shares = ", ".join(f"{name} {false[name, many] / draws:6.1%}" for name in names)
        print(f"{many} openings: {shares}")


if __name__ == "__main__":
    main()
