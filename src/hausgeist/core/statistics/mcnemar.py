# SPDX-License-Identifier: EUPL-1.2
"""McNemar's exact test: of the items on which exactly one of two systems is right, who has more?"""

from fractions import Fraction
from math import comb


def mcnemar(wins: int, losses: int) -> float:
    """The exact two-sided p value of so many wins and losses (McNemar 1947); 1 where there are none."""
    of, fewer = wins + losses, min(wins, losses)
    tail = term = 1
    for k in range(fewer):
        term = term * (of - k) // (k + 1)
        tail += term
    return min(1.0, _over(2 * tail, of))


def mcnemar_mid(wins: int, losses: int) -> float:
    """The two-sided mid-p value: half of what was seen counts (Fagerland, Lydersen and Laake 2013)."""
    of, fewer = wins + losses, min(wins, losses)
    if wins == losses:
        return 1.0 - _over(comb(of, fewer), of) / 2 if of else 1.0
    return mcnemar(wins, losses) - _over(comb(of, fewer), of)


def _over(ways: int, of: int) -> float:
    """So many of all 2^of ways, exactly rounded however many there are."""
    return float(Fraction(ways, 1 << of))


def wins_needed(of: int, level: float = 0.95) -> int | None:
    """The fewest wins of so many differing items that are significant; None: not even all of them."""
    return next(
        (wins for wins in range(of // 2, of + 1) if mcnemar(wins, of - wins) <= 1 - level), None
    )
