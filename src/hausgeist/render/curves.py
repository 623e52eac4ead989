# SPDX-License-Identifier: EUPL-1.2
"""Charts of curves with two axes that have numbers: learning, reliability, risk and coverage. As ``charts``.

Places are 0 to 1 across and up; whoever calls says which numbers stand at which places.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

HEIGHT = 230
LEFT = 14.0
RIGHT = 3.0
"""Percent of the width that the words at the left take, and what is left free at the right."""
TOP, FOOT = 16, 40
_TONES = ("", "house", "eu", "world")

Ticks = Sequence[tuple[float, str]]
"""Places of an axis from 0 to 1, with the words there."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points (x, y), both 0 to 1. ``dots`` shows them; ``dashed``: expected, not seen.

    ``tone`` is a colour of the charts; ``name`` stands in the legend, where it has one.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    tone: str = ""
    dots: bool = True
    dashed: bool = False


def curves(
    title: str, lines: Sequence[Curve], *, across: Ticks, up: Ticks, axis: str = ""
) -> Markup:
    """Curves over axes with ``across`` and ``up``; ``axis``: what the numbers across are."""
    parts = []
    for place, words in up:
        y = _down(place)
        parts.append(
            f'<line class="chart__rule" x1="{LEFT}%" y1="{y:.1f}" x2="100%" y2="{y:.1f}"/>'
            f'<text class="chart__word" x="0" y="{y + 4:.1f}">{escape(words)}</text>'
        )
    for place, words in across:
        parts.append(
            f'<text class="chart__word chart__word--mid" x="{_along(place):.2f}%" '
            f'y="{HEIGHT - FOOT + 17}">{escape(words)}</text>'
        )
    if axis:
        parts.append(
            f'<text class="chart__word chart__word--end" x="100%" y="{HEIGHT - 5}">{escape(axis)}</text>'
        )
    for line in lines:
        kind = "chart__mark" if line.dashed else "chart__line"
        tone = f" chart--{line.tone}" if line.tone else ""
        parts += [
            f'<line class="{kind}{tone}" x1="{_along(a):.2f}%" y1="{_down(b):.1f}" '
            f'x2="{_along(c):.2f}%" y2="{_down(d):.1f}"/>'
            for (a, b), (c, d) in pairwise(line.points)
        ]
        if line.dots:
            parts += [
                f'<circle class="chart__dot{tone}" cx="{_along(x):.2f}%" cy="{_down(y):.1f}" r="4"/>'
                for x, y in line.points
            ]
    inner = "".join(parts)
    return Markup(  # noqa: S704  # every word within was escaped above
        f'<svg class="chart" role="img" aria-label="{escape(title)}" width="100%" height="{HEIGHT}">'
        f"{inner}</svg>"
    )


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Round numbers from ``low`` to ``high``, about so many."""
    wide = max(1e-9, high - low)
    step = 10.0 ** _floor_log(wide / count)
    for factor in (1, 2, 5, 10):
        if wide / (step * factor) <= count:
            step *= factor
            break
    first = float(-(-low // step)) * step
    found = []
    while first <= high + step * 1e-6:
        found.append(round(first, 10) + 0.0)  # never minus zero
        first += step
    return found


def tone(number: int) -> str:
    """The colour of the so-manieth line."""
    return _TONES[number % len(_TONES)]


def _floor_log(value: float) -> int:
    power = 0
    while 10.0**power > value:
        power -= 1
    while 10.0 ** (power + 1) <= value:
        power += 1
    return power


def _along(x: float) -> float:
    return LEFT + (100 - LEFT - RIGHT) * min(1.0, max(0.0, x))


def _down(y: float) -> float:
    return HEIGHT - FOOT - (HEIGHT - FOOT - TOP) * min(1.0, max(0.0, y))
