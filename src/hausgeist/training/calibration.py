# SPDX-License-Identifier: EUPL-1.2
"""What a model's probabilities are worth: made honest on items it had not seen, then measured.

In: scores or probabilities and whether they were right. Out: maps that keep the order (a temperature, Platt's
two numbers, or steps found by isotonic regression), and figures: calibration error, Brier score, reliability
bins, risk and coverage.

Sources: Guo et al. 2017 (temperature; expected calibration error), Platt 1999, Barlow et al. 1972 (pool
adjacent violators), Brier 1950.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hausgeist.training.rows import Floats

ISOTONIC_FROM = 1_000
"""Items from which steps are used; with fewer they would follow chance."""
FEWEST = 20
"""Items without which nothing is calibrated."""
BINS = 10
_POINTS = 21
_NEAR = 1e-6

Doubles = NDArray[np.float64]


def softmax(scores: NDArray[Any], temperature: float = 1.0) -> Floats:
    """Scores (items x labels) as probabilities that add up to one."""
    scaled = scores / np.float32(temperature)
    scaled = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(scaled / scaled.sum(axis=1, keepdims=True), dtype=np.float32)


def temperature(scores: Floats, right: NDArray[np.int64], weights: Floats) -> float:
    """The divisor of the scores that makes the right labels (columns) most probable; 0.2 to 5."""

    def loss(log_t: float) -> float:
        scaled = scores / np.exp(log_t)
        scaled -= scaled.max(axis=1, keepdims=True)
        own = scaled[np.arange(len(right)), right]
        found = (np.log(np.exp(scaled).sum(axis=1)) - own) * weights
        return float(found.sum(dtype=float))

    return float(np.exp(_golden(loss, np.log(0.2), np.log(5.0))))


def _golden(loss: Any, low: float, high: float) -> float:
    """The least of a function with one valley, to a thousandth of the way."""
    ratio = (5**0.5 - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = loss(left), loss(right)
    for _ in range(15):
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = loss(right)
    return (low + high) / 2


@dataclass(frozen=True, slots=True)
class Map:
    """Turns a probability into an honest one: none, platt (slope and offset of its log-odds) or steps."""

    kind: str = "none"
    at: tuple[float, ...] = ()
    to: tuple[float, ...] = ()

    def __call__(self, chances: NDArray[Any]) -> Floats:
        """Probabilities in, probabilities out."""
        if self.kind == "platt":
            slope, offset = self.to
            odds = slope * _log_odds(chances) + offset
            return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -60, 60))), dtype=np.float32)
        if self.kind == "steps":
            return np.asarray(np.interp(chances, self.at, self.to), dtype=np.float32)
        return np.asarray(chances, dtype=np.float32)

    def plain(self) -> dict[str, Any]:
        """As JSON values; ``of`` reads them."""
        return {"kind": self.kind, "at": list(self.at), "to": list(self.to)}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Map":
        """What ``plain`` gave."""
        return cls(str(plain["kind"]), tuple(plain["at"]), tuple(plain["to"]))


def _log_odds(chances: NDArray[Any]) -> Doubles:
    safe = np.clip(np.asarray(chances, dtype=np.float64), _NEAR, 1 - _NEAR)
    return np.asarray(np.log(safe / (1 - safe)), dtype=np.float64)


def mapped(chances: Floats, right: NDArray[np.bool_], weights: Floats) -> Map:
    """The map that fits what was right: Platt's below a thousand items, steps from there on."""
    few, many = int(right.sum()), int((~right).sum())
    if len(chances) < FEWEST or min(few, many) < 3:
        return Map()
    return (
        _steps(chances, right, weights)
        if len(chances) >= ISOTONIC_FROM
        else (_platt(chances, right, weights))
    )


def _platt(chances: Floats, right: NDArray[np.bool_], weights: Floats) -> Map:
    """Logistic regression on the log-odds, with Platt's softened targets, by Newton's method."""
    odds = _log_odds(chances)
    positive, negative = float(right.sum()), float((~right).sum())
    target = np.where(right, (positive + 1) / (positive + 2), 1 / (negative + 2))
    slope, offset = 1.0, 0.0
    for _ in range(30):
        chance = 1 / (1 + np.exp(-np.clip(slope * odds + offset, -60, 60)))
        error = (chance - target) * weights
        curve = np.maximum(chance * (1 - chance), 1e-9) * weights
        first = np.array([float(error @ odds) + 1e-3 * (slope - 1), float(error.sum())])
        second = np.array(
            [[curve @ (odds * odds) + 1e-3, curve @ odds], [curve @ odds, curve.sum() + 1e-6]]
        )
        move = np.linalg.solve(second, first)
        size = min(1.0, 2.0 / max(1e-9, float(np.abs(move).max())))
        slope, offset = slope - size * float(move[0]), offset - size * float(move[1])
        if float(np.abs(move).max()) < 1e-6:
            break
    if slope <= 0:  # the order would be turned round: these scores say nothing
        return Map()
    return Map("platt", (), (round(slope, 6), round(offset, 6)))


def _steps(chances: Floats, right: NDArray[np.bool_], weights: Floats) -> Map:
    """Isotonic regression, kept as the middles of its blocks with straight lines between."""
    order = np.argsort(chances, kind="stable")
    blocks: list[list[float]] = []  # weight, sum of rights, sum of chances
    for at in order:
        weight = float(weights[at])
        blocks.append([weight, weight * float(right[at]), weight * float(chances[at])])
        while len(blocks) > 1 and blocks[-2][1] * blocks[-1][0] >= blocks[-1][1] * blocks[-2][0]:
            last = blocks.pop()
            blocks[-1] = [one + two for one, two in zip(blocks[-1], last, strict=True)]
    whole = sum(one[0] for one in blocks)
    smooth = 1.0  # one item's worth of doubt in each block: never quite 0, never quite 1
    share = sum(one[1] for one in blocks) / whole
    at, to = [], []
    for weight, rights, total in blocks:
        at.append(round(total / weight, 6))
        to.append(round((rights + smooth * share) / (weight + smooth), 6))
    return Map("steps", tuple(at), tuple(np.maximum.accumulate(to).tolist()))


@dataclass(frozen=True, slots=True)
class Bin:
    """Items whose probability is between ``low`` and ``high``: how many, the mean of it, the share right."""

    low: float
    high: float
    count: int
    said: float
    right: float


def reliability(chances: Sequence[float], right: Sequence[bool], bins: int = BINS) -> list[Bin]:
    """Bins of equal width; empty ones are left out."""
    said = np.asarray(chances, dtype=np.float64)
    hit = np.asarray(right, dtype=np.float64)
    place = np.minimum((said * bins).astype(int), bins - 1)
    found = []
    for number in range(bins):
        here = place == number
        if here.any():
            found.append(
                Bin(
                    number / bins,
                    (number + 1) / bins,
                    int(here.sum()),
                    float(said[here].mean()),
                    float(hit[here].mean()),
                )
            )
    return found


def calibration_error(bins: Sequence[Bin]) -> float:
    """The mean distance between what was said and what was right, weighted by the bins' sizes (ECE)."""
    total = sum(one.count for one in bins)
    return sum(one.count * abs(one.said - one.right) for one in bins) / total if total else 0.0


def brier(chances: Sequence[float], right: Sequence[bool]) -> float:
    """The mean square of the difference between the probability and 1 where right, 0 where wrong."""
    if not len(chances):
        return 0.0
    gap = np.asarray(chances, dtype=np.float64) - np.asarray(right, dtype=np.float64)
    return float((gap * gap).mean())


def risk_coverage(chances: Sequence[float], right: Sequence[bool]) -> list[dict[str, Any]]:
    """Answering only above a threshold: at which share of items answered, which share of them is wrong.

    At most 21 points, from answering the surest twentieth to answering all; ``right`` and ``answered`` are
    the counts that an exact bound needs.
    """
    if not len(chances):
        return []
    said = np.asarray(chances, dtype=np.float64)
    order = np.argsort(-said, kind="stable")
    hits = np.cumsum(np.asarray(right, dtype=np.int64)[order])
    points = []
    for share in np.linspace(0, 1, _POINTS)[1:]:
        count = max(1, round(float(share) * len(said)))
        while count < len(said) and said[order[count]] == said[order[count - 1]]:
            count += 1  # what is equally sure is answered together
        points.append(
            {
                "threshold": round(float(said[order[count - 1]]), 4),
                "answered": count,
                "right": int(hits[count - 1]),
                "coverage": round(count / len(said), 4),
                "risk": round(1 - float(hits[count - 1]) / count, 4),
            }
        )
    return [one for at, one in enumerate(points) if at == 0 or points[at - 1] != one]
