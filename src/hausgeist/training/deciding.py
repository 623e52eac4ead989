# SPDX-License-Identifier: EUPL-1.2
"""Scores become answers: probabilities, thresholds, how sure, and how far from what was learned.

In: a table of scores (texts x labels) and, for each text, how near the nearest known one is. Out: guesses.
What this takes is learned from scores of items that the model had not seen (``learn``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hausgeist.core.answers import Guess, Value
from hausgeist.training import calibration
from hausgeist.training.calibration import Map
from hausgeist.training.rows import Floats

RANKED = 5
"""Labels with their probabilities in a guess, at most."""
OWN_THRESHOLD = 10
"""Items that have a label, from which it gets a threshold of its own."""
_QUANTILES = 101
_GRID = np.round(np.arange(0.05, 0.96, 0.01), 2)


@dataclass(frozen=True, slots=True)
class Decision:
    """How scores of one model are read. ``labels``: keys by column; "" stands for "none applies".

    ``exclusive``: exactly one label. ``maps``: of the answer's probability, and in multi-label tasks before
    that one a label. ``usual``: quantiles, on known items, of how unsure and how far.
    """

    labels: tuple[str, ...]
    exclusive: bool
    temperature: float = 1.0
    maps: tuple[Map, ...] = ()
    whole: Map = field(default_factory=Map)
    thresholds: tuple[float, ...] = ()
    usual: tuple[tuple[float, ...], ...] = ()

    def chances(self, scores: Floats) -> Floats:
        """The probability of each label."""
        if self.exclusive:
            return calibration.softmax(scores, self.temperature)
        chances = (1.0 / (1.0 + np.exp(-np.clip(scores, -60, 60)))).astype(np.float32)
        for column, one in enumerate(self.maps):
            chances[:, column] = one(chances[:, column])
        return chances

    def guesses(self, scores: Floats, near: Floats, by: str) -> list[Guess]:
        """One guess a row."""
        chances = self.chances(scores)
        if self.exclusive:
            return self._single(chances, near, by)
        return self._multi(chances, near, by)

    def _single(self, chances: Floats, near: Floats, by: str) -> list[Guess]:
        best, top = _ranked(chances)
        first = top[:, 0]
        sure = self.whole(first)
        far = self._far(1.0 - first, near)
        # the others share what the best leaves them, so that margins stay honest too
        rest = np.where(first < 1, (1 - sure) / np.maximum(1 - first, 1e-9), 0)
        top = top * rest[:, None]
        top[:, 0] = sure
        found = []
        for columns, shares, score, away in zip(
            best.tolist(), top.tolist(), sure.tolist(), far.tolist(), strict=True
        ):
            ranked = tuple(
                (self.labels[column], round(share, 5))
                for column, share in zip(columns, shares, strict=True)
            )
            key = self.labels[columns[0]]
            value = Value((key,)) if key else Value()
            found.append(Guess(value, round(score, 5), ranked, by, round(away, 4)))
        return found

    def _multi(self, chances: Floats, near: Floats, by: str) -> list[Guess]:
        best, top = _ranked(chances)
        said = chances >= np.asarray(self.thresholds, dtype=np.float32)
        sure = self.whole(_whole(chances, said))
        far = self._far(np.zeros(len(chances), dtype=np.float32), near)
        found = []
        for at, (columns, shares) in enumerate(zip(best.tolist(), top.tolist(), strict=True)):
            ranked = tuple(
                (self.labels[column], round(share, 5))
                for column, share in zip(columns, shares, strict=True)
            )
            value = Value.of_labels(self.labels[column] for column in np.flatnonzero(said[at]))
            found.append(
                Guess(value, round(float(sure[at]), 5), ranked, by, round(float(far[at]), 4))
            )
        return found

    def _far(self, unsure: Floats, near: Floats) -> Floats:
        """The share of known items that are less strange: the mean of two ranks, ranked again."""
        if not self.usual:
            return np.zeros(len(near), dtype=np.float32)
        mixed = _strange(unsure, near, self.usual)
        return np.asarray(_rank(mixed, self.usual[2]), dtype=np.float32)

    def plain(self) -> dict[str, Any]:
        """As JSON values; ``of`` reads them. Labels stand in the manifest."""
        return {
            "exclusive": self.exclusive,
            "temperature": round(self.temperature, 6),
            "maps": [one.plain() for one in self.maps],
            "whole": self.whole.plain(),
            "thresholds": [round(one, 4) for one in self.thresholds],
            "usual": [list(one) for one in self.usual],
        }

    @classmethod
    def of(cls, labels: Sequence[str], plain: Mapping[str, Any]) -> "Decision":
        """What ``plain`` gave."""
        return cls(
            labels=tuple(labels),
            exclusive=bool(plain["exclusive"]),
            temperature=float(plain["temperature"]),
            maps=tuple(Map.of(one) for one in plain["maps"]),
            whole=Map.of(plain["whole"]),
            thresholds=tuple(float(one) for one in plain["thresholds"]),
            usual=tuple(tuple(one) for one in plain["usual"]),
        )


def learn(
    labels: Sequence[str],
    scores: Floats,
    targets: Floats,
    weights: Floats,
    near: Floats,
    *,
    exclusive: bool,
) -> Decision:
    """From scores of items that the model had not seen, what it takes to read scores."""
    plain = Decision(
        tuple(labels), exclusive, thresholds=(0.5,) * (0 if exclusive else len(labels))
    )
    if len(scores) < calibration.FEWEST:
        return plain
    if exclusive:
        right = targets.argmax(axis=1)
        heat = round(calibration.temperature(scores, right, weights), 6)
        chances = calibration.softmax(scores, heat)
        first = chances.max(axis=1)
        hit = chances.argmax(axis=1) == right
        steps = len(scores) >= calibration.ISOTONIC_FROM
        whole = calibration.mapped(first, hit, weights) if steps else Map()
        usual = _usual(1.0 - first, near)
        return Decision(tuple(labels), True, heat, (), whole, (), usual)
    raw = Decision(tuple(labels), False).chances(scores)
    maps = tuple(
        calibration.mapped(raw[:, column], targets[:, column] > 0.5, weights)
        for column in range(len(labels))
    )
    chances = Decision(tuple(labels), False, maps=maps).chances(scores)
    thresholds = _thresholds(chances, targets > 0.5, weights)
    said = chances >= np.asarray(thresholds, dtype=np.float32)
    hit = (said == (targets > 0.5)).all(axis=1)
    whole = calibration.mapped(_whole(chances, said), hit, weights)
    usual = _usual(np.zeros(len(scores), dtype=np.float32), near)
    return Decision(tuple(labels), False, 1.0, maps, whole, thresholds, usual)


def _ranked(chances: Floats) -> tuple[NDArray[np.int64], Floats]:
    """The columns of the best labels, best first, and their probabilities."""
    few = min(RANKED, chances.shape[1])
    if few < chances.shape[1]:
        some = np.argpartition(-chances, few - 1, axis=1)[:, :few]
    else:
        some = np.tile(np.arange(few), (len(chances), 1))
    own = np.take_along_axis(chances, some, axis=1)
    order = np.lexsort((some, -own), axis=1)  # of equals the first label
    return np.take_along_axis(some, order, axis=1), np.take_along_axis(own, order, axis=1)


def _whole(chances: Floats, said: NDArray[np.bool_]) -> Floats:
    """The probability that every label is as said, were they independent."""
    return np.asarray(np.where(said, chances, 1 - chances).prod(axis=1), dtype=np.float32)


def _thresholds(chances: Floats, truth: NDArray[np.bool_], weights: Floats) -> tuple[float, ...]:
    """For each label the threshold with the best F1; for rare ones the one that is best for all."""
    common = _best(chances.ravel(), truth.ravel(), np.repeat(weights, chances.shape[1]))
    return tuple(
        _best(chances[:, column], truth[:, column], weights)
        if int(truth[:, column].sum()) >= OWN_THRESHOLD
        else common
        for column in range(chances.shape[1])
    )


def _best(chances: Floats, truth: NDArray[np.bool_], weights: Floats) -> float:
    wanted = float(weights[truth].sum())
    if wanted == 0:
        return 0.5
    figures = []
    for threshold in _GRID:
        said = chances >= np.float32(threshold)
        both = float(weights[said & truth].sum())
        figures.append(2 * both / (float(weights[said].sum()) + wanted))
    top = max(figures)
    good = [float(one) for one, figure in zip(_GRID, figures, strict=True) if figure >= top - 1e-9]
    return round(good[len(good) // 2], 4)


def _usual(unsure: Floats, near: Floats) -> tuple[tuple[float, ...], ...]:
    """What is usual: quantiles of each sign of strangeness, and of both together."""
    grid = np.linspace(0, 1, _QUANTILES)
    first = tuple(np.round(np.quantile(unsure, grid), 6).tolist())
    second = tuple(np.round(np.quantile(1.0 - near, grid), 6).tolist())
    mixed = _strange(unsure, near, (first, second))
    return first, second, tuple(np.round(np.quantile(mixed, grid), 6).tolist())


def _strange(unsure: Floats, near: Floats, usual: Sequence[Sequence[float]]) -> Floats:
    both = _rank(unsure, usual[0]) + _rank(1.0 - near, usual[1])
    # what lies beyond every known item must not stop at 1
    beyond = np.maximum(0, (1.0 - near) - usual[1][-1]) + np.maximum(0, unsure - usual[0][-1])
    return np.asarray(both / 2 + beyond, dtype=np.float32)


def _rank(values: NDArray[Any], quantiles: Sequence[float]) -> NDArray[Any]:
    steps = np.asarray(quantiles)
    low = np.searchsorted(steps, values, side="left")
    high = np.searchsorted(steps, values, side="right")
    return (low + high) / 2 / len(steps)
