# SPDX-License-Identifier: EUPL-1.2
"""The bootstrap over units: an interval for a figure that is no proportion, such as an agreement.

Units go in as what they contribute; they are drawn anew with replacement, as many as there are, and the
figure is computed for each draw (Efron and Tibshirani 1993; for alpha: Hayes and Krippendorff 2007).

Units that contribute the same are drawn together: how often each kind is drawn is multinomial, one binomial
after the other, so that thousands of units of few kinds cost no more than the kinds.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from math import sqrt
from random import Random
from typing import TypeVar

from hausgeist.core.statistics.interval import Interval

T = TypeVar("T", bound=Hashable)

DRAWS = 1_000
_WORK = 400_000
"""So many kinds are drawn altogether at most: with many kinds, fewer draws are steady enough."""
_DRAWS_LEAST = 200
_NORMAL_FROM = 25.0
"""From this variance on, a binomial is drawn as a rounded normal."""


def over_units(
    units: Sequence[T],
    figure: Callable[[Mapping[T, int]], float | None],
    *,
    seed: int = 1,
    level: float = 0.95,
) -> Interval | None:
    """The figure of all units with its percentile interval, two-sided; None where it has none.

    ``figure`` gets how often each unit is there. Draws in which it has no value are left out.
    """
    counts = Counter(units)
    observed = figure(counts)
    if observed is None:
        return None
    draw = Random(seed)  # noqa: S311 - repeatable, no secret
    times = max(_DRAWS_LEAST, min(DRAWS, _WORK // len(counts)))
    found = (figure(_multinomial(counts, len(units), draw)) for _ in range(times))
    drawn = sorted(value for value in found if value is not None)
    if not drawn:
        return Interval(observed, observed, observed)
    tail, last = (1 - level) / 2, len(drawn) - 1
    low, high = drawn[round(tail * last)], drawn[round((1 - tail) * last)]
    return Interval(observed, min(low, observed), max(high, observed))


def _multinomial(counts: Mapping[T, int], of: int, draw: Random) -> dict[T, int]:
    """How often each kind comes in ``of`` draws with replacement."""
    left, weight = of, of
    made: dict[T, int] = {}
    for kind, count in counts.items():
        if not left:
            break
        many = left if count >= weight else _binomial(left, count / weight, draw)
        if many:
            made[kind] = many
        left -= many
        weight -= count
    return made


def _binomial(of: int, share: float, draw: Random) -> int:
    """So many of ``of`` with this probability each: by inversion, where the mean is large by the normal."""
    if share > 0.5:
        return of - _binomial(of, 1 - share, draw)
    mean = of * share
    if mean * (1 - share) > _NORMAL_FROM:
        return min(of, max(0, round(draw.gauss(mean, sqrt(mean * (1 - share))))))
    odds = share / (1 - share)
    chance = (1 - share) ** of
    left = draw.random()
    many = 0
    while left > chance and many < of:
        left -= chance
        many += 1
        chance *= odds * (of - many + 1) / many
    return many
