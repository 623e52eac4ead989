# SPDX-License-Identifier: EUPL-1.2
"""Pearson's chi-square test of homogeneity: whether two rows of counts come from the same distribution."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma, log

_LEAST = 5.0
"""Expected counts below this are put together (Cochran 1954)."""


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """The statistic, its degrees of freedom, and how likely one at least as large is by chance."""

    statistic: float
    freedom: int
    p: float


def homogeneity(first: Sequence[int], second: Sequence[int]) -> ChiSquare | None:
    """Two rows over the same columns (Pearson 1900); None where there are too few counts to tell.

    Columns in which fewer than five are expected in a row are put together, the rarest first.

    Raises:
        ValueError: the rows are not equally long.
    """
    columns = sorted(
        ((one, two) for one, two in zip(first, second, strict=True) if one + two), key=sum
    )
    rows = (sum(one for one, _ in columns), sum(two for _, two in columns))
    every = sum(rows)
    if not all(rows):
        return None
    smaller = min(rows) / every
    while len(columns) > 1 and sum(columns[0]) * smaller < _LEAST:
        one, two = columns[0], columns[1]
        columns = sorted([(one[0] + two[0], one[1] + two[1]), *columns[2:]], key=sum)
    if len(columns) < 2 or sum(columns[0]) * smaller < _LEAST:
        return None
    statistic = 0.0
    for column in columns:
        for row, seen in zip(rows, column, strict=True):
            expected = row * sum(column) / every
            statistic += (seen - expected) ** 2 / expected
    return ChiSquare(statistic, len(columns) - 1, survival(statistic, len(columns) - 1))


def survival(statistic: float, freedom: int) -> float:
    """The probability of a chi-square variable above ``statistic``: Q(k/2, x/2).

    By its series below k/2 + 1 and its continued fraction above (Abramowitz and Stegun 6.5.29, 6.5.31).
    """
    if statistic <= 0:
        return 1.0
    a, x = freedom / 2, statistic / 2
    front = exp(a * log(x) - x - lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        step = a
        while abs(term) > abs(total) * 1e-15:
            step += 1
            term *= x / step
            total += term
        return max(0.0, 1 - front * total)
    return front * _fraction(a, x)


def _fraction(a: float, x: float) -> float:
    """The continued fraction of the upper incomplete gamma function, by Lentz' method."""
    tiny = 1e-300
    b = x + 1 - a
    c, d = 1 / tiny, 1 / b
    value = d
    for at in range(1, 10_000):
        numerator = -at * (at - a)
        b += 2
        d = 1 / ((numerator * d + b) or tiny)
        c = (b + numerator / c) or tiny
        change = c * d
        value *= change
        if abs(change - 1) < 1e-15:
            break
    return value
