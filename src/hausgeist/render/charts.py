# SPDX-License-Identifier: EUPL-1.2
"""Charts as SVG: bars, columns and lines that cross. Numbers and words in, clean markup out.

Widths are percentages and heights are pixels, so that a chart is as wide as its place and its words are
never smaller than the page's. Colours are classes of ``costs.css``; nothing has a style of its own. A chart
has a name for those who do not see it, and the page has the same numbers in a table beneath.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

ROW = 44
HEIGHT = 180
LEFT = 14.0
"""Percent of the width for the words at the left of columns and lines."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A value with its name and its words; ``part`` of it is drawn in another colour."""

    label: str
    value: float
    words: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through points (x, y), both from 0 to 1, with the name that stands in the legend."""

    name: str
    tone: str
    points: tuple[tuple[float, float], ...]


def bars(title: str, rows: Sequence[Bar]) -> Markup:
    """Bars lying one beneath the other, the longest as wide as the chart."""
    most = max((row.value for row in rows), default=0.0)
    parts = []
    for place, row in enumerate(rows):
        top = place * ROW
        width = 100 * row.value / most if most > 0 else 0.0
        parts.append(
            f'<text class="chart__word" x="0" y="{top + 15}">{escape(row.label)}</text>'
            f'<text class="chart__word chart__word--end" x="100%" y="{top + 15}">{escape(row.words)}</text>'
            f'<rect class="chart__ground" x="0" y="{top + 22}" width="100%" height="10" rx="5"/>'
        )
        if width > 0:
            parts.append(
                f'<rect class="chart__bar{_tone(row.tone)}" x="0" y="{top + 22}" '
                f'width="{max(width, 0.6):.2f}%" height="10" rx="5"/>'
            )
    return _svg(title, len(rows) * ROW, parts)


def columns(title: str, items: Sequence[Bar], top: str, every: int = 5) -> Markup:
    """Columns side by side; ``top`` are the words of the highest. Every so many have their name beneath."""
    most = max((item.value for item in items), default=0.0)
    step = (100 - LEFT) / max(1, len(items))
    parts = [_grid(top, "0")]
    for place, item in enumerate(items):
        high = (HEIGHT - 30) * item.value / most if most > 0 else 0.0
        left = LEFT + place * step
        parts.append(
            f'<rect class="chart__bar{_tone(item.tone)}" x="{left + step * 0.12:.2f}%" '
            f'y="{HEIGHT - 20 - high:.1f}" width="{step * 0.76:.2f}%" height="{high:.1f}">'
            f"<title>{escape(item.label)}: {escape(item.words)}</title></rect>"
        )
        if place % every == 0:
            parts.append(
                f'<text class="chart__word chart__word--mid" x="{left + step / 2:.2f}%" '
                f'y="{HEIGHT - 4}">{escape(item.label)}</text>'
            )
    return _svg(title, HEIGHT, parts)


def lines(
    title: str, strokes: Sequence[Stroke], *, top: str, right: str, mark: tuple[float, str] | None
) -> Markup:
    """Lines over one another; ``mark`` is a place from 0 to 1 with its words, such as where they cross."""
    parts = [_grid(top, "0")]
    for stroke in strokes:
        places = [(_across(x), _down(y)) for x, y in stroke.points]
        parts += [
            f'<line class="chart__line{_tone(stroke.tone)}" x1="{a:.2f}%" y1="{b:.1f}" x2="{c:.2f}%" '
            f'y2="{d:.1f}"/>'
            for (a, b), (c, d) in pairwise(places)
        ]
    if mark is not None:
        at = _across(mark[0])
        side = "chart__word--end" if mark[0] > 0.55 else ""
        parts.append(
            f'<line class="chart__mark" x1="{at:.2f}%" y1="22" x2="{at:.2f}%" y2="{HEIGHT - 20}"/>'
            f'<text class="chart__word chart__word--strong {side}" x="{at:.2f}%" y="16">'
            f"{escape(mark[1])}</text>"
        )
    parts.append(
        f'<text class="chart__word chart__word--end" x="100%" y="{HEIGHT - 4}">{escape(right)}</text>'
    )
    return _svg(title, HEIGHT, parts)


def _grid(top: str, bottom: str) -> str:
    floor = HEIGHT - 20
    return (
        f'<line class="chart__rule" x1="{LEFT}%" y1="{floor}" x2="100%" y2="{floor}"/>'
        f'<line class="chart__rule" x1="{LEFT}%" y1="10" x2="100%" y2="10"/>'
        f'<text class="chart__word" x="0" y="{floor}">{escape(bottom)}</text>'
        f'<text class="chart__word" x="0" y="14">{escape(top)}</text>'
    )


def _across(x: float) -> float:
    return LEFT + (100 - LEFT) * min(1.0, max(0.0, x))


def _down(y: float) -> float:
    return HEIGHT - 20 - (HEIGHT - 30) * min(1.0, max(0.0, y))


def _tone(tone: str) -> str:
    return f" chart--{tone}" if tone else ""


def _svg(title: str, height: float, parts: Sequence[str]) -> Markup:
    inner = "".join(parts)
    return Markup(  # noqa: S704  # every word within was escaped above
        f'<svg class="chart" role="img" aria-label="{escape(title)}" width="100%" height="{height:.0f}">'
        f"{inner}</svg>"
    )
