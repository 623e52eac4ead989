# SPDX-License-Identifier: EUPL-1.2
"""The difference of two proportions on the same items, and whether it may be worse than a margin.

``wins`` are items on which only the first is right, ``losses`` those on which only the second is; ``of`` is
the number of all items. Differences are from -1 to 1.
"""

from collections.abc import Callable
from math import sqrt
from statistics import NormalDist

from hausgeist.core.statistics.interval import Interval

_NORMAL = NormalDist()


def score(wins: int, losses: int, of: int, difference: float) -> float:
    """The score statistic of "the true difference is this" (Tango 1998); standard normal if it is."""
    middle = (wins + losses) - (2 * of - wins + losses) * difference
    root = middle * middle + 8 * of * losses * difference * (1 - difference)
    losing = (middle + sqrt(max(0.0, root))) / (4 * of)
    spread = of * (2 * losing + difference * (1 - difference))
    above = wins - losses - of * difference
    if spread <= 1e-12:
        return 0.0 if abs(above) < 1e-12 else above * 1e12
    return above / sqrt(spread)


def paired(wins: int, losses: int, of: int, level: float = 0.95) -> Interval | None:
    """Tango's score interval of the difference, two-sided; None of nothing.

    For one side of level L, take ``level = 2L - 1`` and the bound of that side.
    """
    if not of:
        return None
    z = _NORMAL.inv_cdf((1 + level) / 2)
    seen = (wins - losses) / of
    return Interval(
        seen,
        _where(lambda at: score(wins, losses, of, at) > z, -1.0, seen),
        _where(lambda at: score(wins, losses, of, at) > -z, seen, 1.0),
    )


def not_inferior(wins: int, losses: int, of: int, margin: float) -> float:
    """The one-sided p value of "worse by the margin or more"; small: not inferior. ``margin`` 0 to 1."""
    return 1.0 - _NORMAL.cdf(score(wins, losses, of, -margin)) if of else 1.0


def inferior(wins: int, losses: int, of: int, margin: float) -> float:
    """The one-sided p value of "worse by the margin at most"; small: worse than that."""
    return _NORMAL.cdf(score(wins, losses, of, -margin)) if of else 1.0


def _where(below: Callable[[float], bool], low: float, high: float) -> float:
    """Where the answer turns from yes to no, by halving."""
    for _ in range(60):
        middle = (low + high) / 2
        if below(middle):
            low = middle
        else:
            high = middle
    return (low + high) / 2
