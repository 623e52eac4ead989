# SPDX-License-Identifier: EUPL-1.2
"""The paired bootstrap over documents: for F1 and other figures that are no proportion.

What each document adds for both systems goes in; the difference of their figures comes out, with intervals
from drawing the documents anew with replacement, both systems scored on the same draw (Efron and Tibshirani
1993; for language: Berg-Kirkpatrick, Burkett and Klein 2012).

All counts of a document are packed side by side into one whole number, wide enough that sums never touch:
adding two numbers adds all counts at once, and a draw is one ``sum``.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from statistics import NormalDist

from hausgeist.core.quality import Count, Outcome
from hausgeist.core.statistics.interval import Interval
from hausgeist.core.tasks import Metric

RESAMPLES = 10_000
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Resampled:
    """The observed difference (first minus second, -1 to 1) and the differences of all draws, sorted.

    ``bias`` and ``acceleration`` are those of the BCa interval (Efron 1987), the latter from leaving out one
    document at a time.
    """

    observed: float
    drawn: tuple[float, ...]
    bias: float
    acceleration: float

    def percentile(self, level: float = 0.95) -> Interval:
        """The interval between two percentiles of the draws, two-sided."""
        tail = (1 - level) / 2
        return Interval(self.observed, self._at(tail), self._at(1 - tail))

    def bca(self, level: float = 0.95) -> Interval:
        """The interval corrected for bias and acceleration, two-sided."""
        tail = (1 - level) / 2
        return Interval(self.observed, self._at(self._moved(tail)), self._at(self._moved(1 - tail)))

    def _at(self, share: float) -> float:
        """The draw at this share of all draws, in the order of size."""
        return self.drawn[round(min(max(share, 0.0), 1.0) * (len(self.drawn) - 1))]

    def _moved(self, share: float) -> float:
        z = self.bias + _NORMAL.inv_cdf(share)
        below = 1 - self.acceleration * z
        return _NORMAL.cdf(self.bias + z / below) if below > 0 else share


def resample(
    metric: Metric,
    first: Sequence[Outcome],
    second: Sequence[Outcome],
    *,
    seed: int,
    times: int = RESAMPLES,
    progress: Callable[[int], None] | None = None,
) -> Resampled:
    """Draw the documents anew so often; ``first`` and ``second`` are of the same documents in the same order.

    ``progress`` is told now and then how many draws are done; what it raises ends the work.

    Raises:
        ValueError: the lengths differ, or there is no document.
    """
    packed, figure = _packed(metric, first, second)
    if not packed:
        raise ValueError("no documents to draw from")
    total, draw, of = sum(packed), Random(seed), len(packed)  # noqa: S311 - repeatable, no secret
    observed = figure(total, of)
    drawn: list[float] = []
    for number in range(times):
        drawn.append(figure(sum(draw.choices(packed, k=of)), of))
        if progress and number % 200 == 199:
            progress(number + 1)
    drawn.sort()
    return Resampled(observed, tuple(drawn), *_corrections(packed, figure, observed, drawn))


def alone(metric: Metric, outcomes: Sequence[Outcome], *, seed: int, times: int) -> Resampled:
    """The same for one system: its difference to one that says nothing and so is never right."""
    silent = [
        Outcome(False, tuple(Count(c.label, fn=c.support) for c in one.counts if c.support))
        for one in outcomes
    ]
    return resample(metric, outcomes, silent, seed=seed, times=times)


_Figure = Callable[[int, int], float]


def _corrections(
    packed: Sequence[int], figure: _Figure, observed: float, drawn: Sequence[float]
) -> tuple[float, float]:
    """Bias and acceleration. Draws equal to what was observed count half on either side."""
    below = sum(one < observed for one in drawn) + sum(one == observed for one in drawn) / 2
    share = min(max(below / len(drawn), 0.5 / len(drawn)), 1 - 0.5 / len(drawn))
    total, of = sum(packed), len(packed)
    if of < 2:
        return _NORMAL.inv_cdf(share), 0.0
    without = [(figure(total - one, of - 1), many) for one, many in Counter(packed).items()]
    mean = sum(value * many for value, many in without) / of
    square = sum((mean - value) ** 2 * many for value, many in without)
    cube = sum((mean - value) ** 3 * many for value, many in without)
    return _NORMAL.inv_cdf(share), cube / (6 * square**1.5) if square > 0 else 0.0


def _packed(
    metric: Metric, first: Sequence[Outcome], second: Sequence[Outcome]
) -> tuple[list[int], _Figure]:
    """One whole number per document, and what makes the difference of figures out of a sum of them."""
    if len(first) != len(second):
        raise ValueError("both must have answered the same documents")
    if metric is Metric.ACCURACY:
        return _packed_right(first, second)
    places = _places(metric, first, second)
    rows = [_row(places, metric, one, two) for one, two in zip(first, second, strict=True)]
    most = max((max(row) for row in rows if row), default=0)
    width = max(1, (most * max(len(rows), 1)).bit_length())
    mask = (1 << width) - 1
    packed = [sum(value << (width * at) for at, value in enumerate(row)) for row in rows]
    labels = max(len(places), 1)

    def figure(total: int, _of: int) -> float:
        sums = [(total >> (width * at)) & mask for at in range(5 * labels)]
        return _mean(sums, 0) - _mean(sums, 2)

    return packed, figure


def _packed_right(first: Sequence[Outcome], second: Sequence[Outcome]) -> tuple[list[int], _Figure]:
    rows = [one.right - two.right for one, two in zip(first, second, strict=True)]
    return rows, lambda total, of: total / of


def _places(metric: Metric, *sides: Sequence[Outcome]) -> dict[str, int]:
    """Which label stands where; of micro F1 all in one place."""
    keys = sorted({one.label for side in sides for item in side for one in item.counts})
    return {key: (at if metric is Metric.MACRO_F1 else 0) for at, key in enumerate(keys)}


def _row(places: dict[str, int], metric: Metric, one: Outcome, two: Outcome) -> list[int]:
    """Per label: twice the hits and what is below them for both, and whether the truth has the label."""
    labels = len(places) if metric is Metric.MACRO_F1 else 1
    row = [0] * (5 * labels)
    for side, item in ((0, one), (2, two)):
        for count in item.counts:
            at = 5 * places[count.label]
            row[at + side] += 2 * count.tp
            row[at + side + 1] += 2 * count.tp + count.fp + count.fn
            if not side:
                row[at + 4] += count.support
    return row


def _mean(sums: Sequence[int], side: int) -> float:
    """F1 over the labels that the truth has in this draw, as in ``quality.measured``."""
    there = [at for at in range(0, len(sums), 5) if sums[at + 4]]
    if not there:
        return 0.0 if any(sums[at + side + 1] for at in range(0, len(sums), 5)) else 1.0
    return sum(sums[at + side] / sums[at + side + 1] for at in there) / len(there)
