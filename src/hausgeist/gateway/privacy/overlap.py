# SPDX-License-Identifier: EUPL-1.2
"""Findings of many rules become findings that do not overlap: nothing that one rule found is left out.

Where findings overlap, all their characters are hidden under one kind: of the certain ones first, then
of the longest, the likeliest, the earliest, and at last by the kind's name: the same for the same text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import attrgetter

from hausgeist.core.findings import Finding

Span = tuple[int, int]


def settle(found: Iterable[Finding], spared: Sequence[Span] = ()) -> tuple[Finding, ...]:
    """Findings in order, apart from each other; those inside a ``spared`` span are taken away."""
    apart: list[Finding] = []
    best: Finding | None = None
    start = end = 0
    for one in sorted(found, key=attrgetter("start", "end")):
        if spared and any(begin <= one.start and one.end <= stop for begin, stop in spared):
            continue
        if best is not None and one.start < end:
            end = max(end, one.end)
            if _rank(one) > _rank(best):
                best = one
            continue
        if best is not None:
            apart.append(_as(best, start, end))
        best, start, end = one, one.start, one.end
    if best is not None:
        apart.append(_as(best, start, end))
    return tuple(apart)


def _rank(one: Finding) -> tuple[bool, int, float, int, str]:
    return one.certain, one.end - one.start, one.score, -one.start, one.kind


def _as(one: Finding, start: int, end: int) -> Finding:
    if (one.start, one.end) == (start, end):
        return one
    return replace(one, start=start, end=end)
