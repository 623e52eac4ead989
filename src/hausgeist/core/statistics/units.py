# SPDX-License-Identifier: EUPL-1.2
"""The bootstrap over units: an interval for a figure that is no proportion, such as an agreement.

Units go in as what they contribute; they are drawn anew with replacement, as many as there are, and the
figure is computed for each draw (Efron and Tibshirani 1993; for alpha: Hayes and Krippendorff 2007).
"""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from random import Random
from typing import TypeVar

from hausgeist.core.statistics.interval import Interval

T = TypeVar("T", bound=Hashable)

DRAWS = 1_000
_WORK = 1_500_000
"""So many units are drawn altogether at most: with many units, fewer draws are steady enough."""
_DRAWS_LEAST = 200


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
    kinds = list(counts)
    draw = Random(seed)  # noqa: S311 - repeatable, no secret
    places = {one: at for at, one in enumerate(kinds)}
    listed = [places[one] for one in units]
    drawn: list[float] = []
    for _ in range(max(_DRAWS_LEAST, min(DRAWS, _WORK // len(units)))):
        found = Counter(draw.choices(listed, k=len(units)))
        value = figure({kinds[at]: times for at, times in found.items()})
        if value is not None:
            drawn.append(value)
    drawn.sort()
    tail = (1 - level) / 2
    last = len(drawn) - 1
    if last < 0:
        return Interval(observed, observed, observed)
    low, high = drawn[round(tail * last)], drawn[round((1 - tail) * last)]
    return Interval(observed, min(low, observed), max(high, observed))
