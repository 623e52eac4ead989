# SPDX-License-Identifier: EUPL-1.2
"""Long texts in pieces: windows that overlap, so that what lies across a seam is found whole in one of them.

Each window sees what is around what it answers for, on both sides. What is longer than that and touches a
window's end is left to the next window, which then begins with it.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from hausgeist.core.findings import Finding, Kind
from hausgeist.gateway.privacy.overlap import settle

WINDOW = 50_000
"""Characters of a window; about a quarter of a second's work, so that others are not kept waiting."""

OVERLAP = 1_000
"""Characters that two windows share: longer than any identifier with its anchor, but private keys."""

_SEAM = 200

Look = Callable[[str, list[str] | None], Awaitable[Sequence[Finding]]]


async def look_through(text: str, look: Look) -> tuple[Finding, ...]:
    """Look at a text window by window, then once more for persons that another window has named."""
    if len(text) <= WINDOW:
        return tuple(await look(text, None))
    found: list[Finding] = []
    windows: list[tuple[int, int]] = []
    start = own = 0  # a window answers for what begins at ``own`` or behind it
    while True:
        end = _cut(text, start)
        windows.append((start, end))
        within = [
            replace(one, start=one.start + start, end=one.end + start)
            for one in await look(text[start:end], None)
        ]
        if end == len(text):
            found += [one for one in within if one.start >= own]
            break
        start, following = end - OVERLAP, end - OVERLAP // 2
        if within and within[-1].end >= end - 1 and own < within[-1].start < following:
            start = following = within[-1].start  # as long as a private key
        found += [one for one in within if own <= one.start < following]
        own = following
    # keys in the order in which they were found, for numbers of pseudonyms go by it
    persons = list(
        dict.fromkeys(text[one.start : one.end] for one in found if one.kind is Kind.PERSON)
    )
    if persons:
        for start, end in windows:
            found += [
                replace(one, start=one.start + start, end=one.end + start)
                for one in await look(text[start:end], persons)
            ]
    return settle(found)


def _cut(text: str, start: int) -> int:
    """The end of a window: behind white space, if there is any near."""
    end = start + WINDOW
    if end >= len(text):
        return len(text)
    for place in range(end, end - _SEAM, -1):
        if text[place - 1].isspace():
            return place
    return end
