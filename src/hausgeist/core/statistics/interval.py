# SPDX-License-Identifier: EUPL-1.2
"""Intervals of a proportion: so many of so many go in, bounds from 0 to 1 come out."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from hausgeist.core.statistics.beta import beta_quantile


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its bounds."""

    estimate: float
    low: float
    high: float

    @property
    def half(self) -> float:
        """Half of its width."""
        return (self.high - self.low) / 2


def wilson(count: float, of: int, level: float = 0.95) -> Interval | None:
    """The score interval of a share (Wilson 1927), two-sided; None of nothing."""
    if not of:
        return None
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = count / of
    middle = share + z * z / (2 * of)
    spread = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    below = 1 + z * z / of
    low = max(0.0, (middle - spread) / below) if count else 0.0
    return Interval(share, low, min(1.0, (middle + spread) / below) if count < of else 1.0)


def clopper_pearson(count: int, of: int, level: float = 0.95) -> Interval | None:
    """The exact interval of a share (Clopper and Pearson 1934), two-sided; None of nothing.

    For a bound on one side of level L, take ``level = 2L - 1``.
    """
    if not of:
        return None
    tail = (1 - level) / 2
    low = beta_quantile(tail, count, of - count + 1) if count else 0.0
    high = beta_quantile(1 - tail, count + 1, of - count) if count < of else 1.0
    return Interval(count / of, low, high)


def at_most(count: int, of: int, level: float = 0.95) -> float:
    """The exact upper bound of a share, one-sided (Clopper and Pearson); 1 of nothing."""
    found = clopper_pearson(count, of, 2 * level - 1)
    return found.high if found else 1.0


def at_least(count: int, of: int, level: float = 0.95) -> float:
    """The exact lower bound of a share, one-sided (Clopper and Pearson); 0 of nothing."""
    found = clopper_pearson(count, of, 2 * level - 1)
    return found.low if found else 0.0
