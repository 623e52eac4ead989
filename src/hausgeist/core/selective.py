# SPDX-License-Identifier: EUPL-1.2
"""From which score on a student may answer by itself: at most so many wrong, and how sure that is.

Pairs of score and rightness on development items go in; out comes the lowest threshold with a bounded error.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, log2

from hausgeist.core.statistics.interval import at_most

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Chosen:
    """A threshold and what it brings; shares are 0 to 1.

    ``coverage`` is the share of ``of`` items that score at least ``threshold``, ``wrong`` how many of these
    were wrong, ``bound`` the share that is wrong at most with the confidence asked for.
    """

    threshold: float
    coverage: float
    wrong: int
    answered: int
    of: int
    bound: float


def choose(
    pairs: Iterable[tuple[float, bool]], wrong_most: float, level: float = LEVEL
) -> Chosen | None:
    """The threshold by halving, with the bound of Clopper and Pearson at each step; None: no threshold holds.

    As several thresholds are looked at, each look has its part of what may go wrong: 1 - level over the
    number of looks (Geifman and El-Yaniv 2017, algorithm 1), so that the bound holds for the one chosen.
    """
    steps = _steps(pairs)
    if not steps:
        return None
    of = steps[-1][1]
    looks = max(1, ceil(log2(len(steps) + 1)))
    each = 1 - (1 - level) / looks
    low, high = 0, len(steps) - 1
    found: Chosen | None = None
    while low <= high:
        middle = (low + high) // 2
        score, answered, wrong = steps[middle]
        bound = at_most(wrong, answered, each)
        if bound <= wrong_most:
            found = Chosen(score, answered / of, wrong, answered, of, bound)
        # without an error only more items can show something, so the search goes on below
        if bound <= wrong_most or not wrong:
            low = middle + 1
        else:
            high = middle - 1
    return found


def at(
    pairs: Iterable[tuple[float, bool]], threshold: float, level: float = LEVEL
) -> Chosen | None:
    """What a threshold that was chosen beforehand brings; None of nothing."""
    known = list(pairs)
    if not known:
        return None
    above = [right for score, right in known if score >= threshold]
    wrong = above.count(False)
    return Chosen(
        threshold,
        len(above) / len(known),
        wrong,
        len(above),
        len(known),
        at_most(wrong, len(above), level),
    )


def _steps(pairs: Iterable[tuple[float, bool]]) -> list[tuple[float, int, int]]:
    """Per different score, the highest first: the score, how many have it or more, how many of them wrong."""
    found: list[tuple[float, int, int]] = []
    wrong = 0
    for answered, (score, right) in enumerate(sorted(pairs, key=lambda pair: -pair[0]), 1):
        wrong += not right
        if found and found[-1][0] == score:
            found.pop()
        found.append((score, answered, wrong))
    return found
