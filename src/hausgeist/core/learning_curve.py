# SPDX-License-Identifier: EUPL-1.2
"""Learning curves: how quality grew with examples goes in, what the next examples bring comes out.

Fitted is ``a - b * n ** -c``, the inverse power law that learning curves follow (Cortes and others 1993;
Viering and Loog 2023): ``a`` is where it ends, ``c`` how fast it gets there. Two points say nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

POINTS_LEAST = 3
_STEEPNESS = tuple(0.1 * step for step in range(1, 21))
"""What is tried for ``c``."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted curve. ``off`` is the root of the mean squared distance of its points, 0 to 1."""

    end: float
    drop: float
    steepness: float
    off: float
    most: int
    """Examples at the last point that was seen."""

    def at(self, examples: float) -> float:
        """The quality with so many examples, 0 to 1."""
        found = self.end - self.drop * float(max(1.0, examples) ** -self.steepness)
        return min(1.0, max(0.0, found))

    def gain(self, more: int) -> float:
        """What so many further examples bring, 0 to 1."""
        return max(0.0, self.at(self.most + more) - self.at(self.most))


def fit(points: Sequence[tuple[int, float]]) -> Fit | None:
    """The curve of least squares through (examples, quality); None: there are too few points.

    A curve that falls has nothing to gain: it is fitted as a flat one. The end is never above 1.
    """
    known = {count: figure for count, figure in points if count > 0}
    if len(known) < POINTS_LEAST:
        return None
    most = max(known)
    counts, figures = list(known), list(known.values())
    best: Fit | None = None
    for steepness in _STEEPNESS:
        end, drop = _line([count**-steepness for count in counts], figures)
        tried = Fit(end, drop, steepness, 0.0, most)
        gaps = [(tried.at(count) - figure) ** 2 for count, figure in known.items()]
        off = (sum(gaps) / len(gaps)) ** 0.5
        if best is None or off < best.off - 1e-12:
            best = Fit(end, drop, steepness, off, most)
    return best


def _line(across: Sequence[float], up: Sequence[float]) -> tuple[float, float]:
    """End and drop of ``up = end - drop * across`` by least squares; drop not below 0, end not above 1."""
    size = len(across)
    x, y = sum(across) / size, sum(up) / size
    spread = sum((one - x) ** 2 for one in across)
    together = sum((one - x) * (two - y) for one, two in zip(across, up, strict=True))
    drop = max(0.0, -together / spread) if spread else 0.0
    end = y + drop * x
    if end > 1.0:  # it cannot get better than perfect: the line through 1 that fits best
        drop = max(0.0, sum((1 - two) * one for one, two in zip(across, up, strict=True)))
        return 1.0, drop / sum(one * one for one in across)
    return end, drop
