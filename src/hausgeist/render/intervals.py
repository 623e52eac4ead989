# SPDX-License-Identifier: EUPL-1.2
"""Charts of what is not known exactly: estimates with intervals, evidence as it grows. As ``charts``."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

from markupsafe import Markup, escape

ROW = 46
HEIGHT = 190
LEFT = 12.0
_SHOWN = 300
"""Points of a line, at most."""


@dataclass(frozen=True, slots=True)
class Range:
    """An estimate between two bounds, all on one scale, with its name and its words."""

    label: str
    low: float
    estimate: float
    high: float
    words: str
    tone: str = ""


def intervals(title: str, rows: Sequence[Range], marks: Sequence[tuple[float, str]] = ()) -> Markup:
    """Intervals one beneath the other; ``marks`` are places on the scale, such as 0 and the margin."""
    values = [value for row in rows for value in (row.low, row.high)] + [at for at, _ in marks]
    least, most = min(values, default=0.0), max(values, default=1.0)
    wide = (most - least) or 1.0

    def across(value: float) -> float:
        return 2 + 96 * (value - least) / wide

    high = len(rows) * ROW + (24 if marks else 0)
    parts = []
    for at, words in marks:
        x = across(at)
        side = " chart__word--end" if x > 70 else "" if x < 30 else " chart__word--mid"
        parts.append(
            "".join(  # beside the intervals only: it crosses no words
                f'<line class="chart__mark" x1="{x:.2f}%" y1="{top + 19}" x2="{x:.2f}%" '
                f'y2="{top + ROW - 4}"/>'
                for top in range(0, len(rows) * ROW, ROW)
            )
            + f'<text class="chart__word{side}" x="{x:.2f}%" y="{high - 4}">{escape(words)}</text>'
        )
    for place, row in enumerate(rows):
        top = place * ROW
        tone = f" chart--{row.tone}" if row.tone else ""
        parts.append(
            f'<text class="chart__word" x="0" y="{top + 14}">{escape(row.label)}</text>'
            f'<text class="chart__word chart__word--end" x="100%" y="{top + 14}">{escape(row.words)}</text>'
            f'<line class="chart__line{tone}" x1="{across(row.low):.2f}%" y1="{top + 28}" '
            f'x2="{across(row.high):.2f}%" y2="{top + 28}"/>'
            f'<circle class="chart__dot{tone}" cx="{across(row.estimate):.2f}%" cy="{top + 28}" r="5"/>'
        )
    return _svg(title, high, parts)


def evidence(title: str, path: Sequence[float], threshold: float, words: str) -> Markup:
    """Evidence after each item on a logarithmic scale, with the line at which it is enough."""
    step = max(1, len(path) // _SHOWN)
    shown = [1.0, *path[::step]]
    if path and (len(path) - 1) % step:
        shown.append(path[-1])
    logs = [log(max(value, 1e-4)) for value in shown]
    top, floor = max(*logs, log(threshold)) * 1.1, min(*logs, log(1 / threshold))

    def down(value: float) -> float:
        return 12 + (HEIGHT - 32) * (top - value) / (top - floor)

    def across(place: int) -> float:
        return LEFT + (100 - LEFT) * place / max(1, len(logs) - 1)

    parts = [
        (
            f'<line class="chart__mark" x1="{LEFT}%" y1="{down(log(threshold)):.1f}" x2="100%" '
            f'y2="{down(log(threshold)):.1f}"/>'
            f'<text class="chart__word" x="0" y="{down(log(threshold)) + 4:.1f}">{threshold:.0f}</text>'
            f'<text class="chart__word chart__word--end" x="100%" y="{down(log(threshold)) - 5:.1f}">'
            f"{escape(words)}</text>"
        ),
        (
            f'<line class="chart__rule" x1="{LEFT}%" y1="{down(0):.1f}" x2="100%" y2="{down(0):.1f}"/>'
            f'<text class="chart__word" x="0" y="{down(0) + 4:.1f}">1</text>'
        ),
    ]
    parts += [
        f'<line class="chart__line" x1="{across(place):.2f}%" y1="{down(one):.1f}" '
        f'x2="{across(place + 1):.2f}%" y2="{down(two):.1f}"/>'
        for place, (one, two) in enumerate(pairwise(logs))
    ]
    return _svg(title, HEIGHT, parts)


def _svg(title: str, height: float, parts: Sequence[str]) -> Markup:
    inner = "".join(parts)
    return Markup(  # noqa: S704  # every word within was escaped above
        f'<svg class="chart" role="img" aria-label="{escape(title)}" width="100%" height="{height:.0f}">'
        f"{inner}</svg>"
    )
