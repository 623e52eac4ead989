# SPDX-License-Identifier: EUPL-1.2
"""Whether confidence means what it says: (confidence, right or not) goes in, how far it is off comes out."""

from collections.abc import Iterable
from dataclasses import dataclass

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of about the same confidence: how many, how sure on average, what share was right."""

    count: int
    sure: float
    right: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """``ece``: the mean distance of confidence and share of right ones, 0 to 1 (Naeini and others 2015).

    ``brier``: the mean squared distance of confidence and outcome (Brier 1950). Empty bins are left out.
    """

    ece: float
    brier: float
    bins: tuple[Bin, ...]


def calibration(pairs: Iterable[tuple[float, bool]]) -> Calibration | None:
    """Over ten bins of equal width; None of nothing."""
    cells: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for sure, right in pairs:
        cells[min(BINS - 1, max(0, int(sure * BINS)))].append((sure, right))
    every = [pair for cell in cells for pair in cell]
    if not every:
        return None
    bins = tuple(
        Bin(
            len(cell),
            sum(sure for sure, _ in cell) / len(cell),
            sum(right for _, right in cell) / len(cell),
        )
        for cell in cells
        if cell
    )
    off = sum(one.count * abs(one.sure - one.right) for one in bins)
    return Calibration(
        off / len(every), sum((sure - right) ** 2 for sure, right in every) / len(every), bins
    )
