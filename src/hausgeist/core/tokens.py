# SPDX-License-Identifier: EUPL-1.2
"""Where the words of a text begin and end: one rule for whoever marks passages, people and students alike.

White space is in no token, everything else is in exactly one, so that any passage can be widened to whole
tokens. Text in, pairs of code points (start, exclusive end) in their order out, in linear time.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

_MARKS = "\u0300-\u036f\u00ad\u200b-\u200d\u2060\ufe00-\ufe0f"
"""Combining marks, and what has no width: they belong to the sign before them."""

_LETTER = rf"[^\W\d_][{_MARKS}]*"
_SIGN = rf"[{_MARKS}]*(?:[\U0001f3fb-\U0001f3ff][{_MARKS}]*)?"

_TOKEN = re.compile(
    rf"""
    (?:https?://|www\.)[^\s<>"]*[^\s<>".,;:!?)\]}}'\u201c]    # a web address without the stop after it
    |[\w.+-]{{1,64}}@[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,6}}  # a mail address
    |[\#@](?:{_LETTER}|[\d_])+                                # a hashtag, somebody's name in a network
    |\d+(?:[.,:]\d+)+                                         # 1.234,56  23.03.2026  10:30
    |(?:{_LETTER}|\d)+(?:[-\u2010\u2011'\u2019](?:{_LETTER}|\d)+)*  # Müllers  S-Bahn  A66  geht's
    |[\U0001f1e6-\U0001f1ff]{{2}}                             # a flag
    |[^\s]{_SIGN}(?:(?<=\u200d)[^\s\w]{_SIGN})*               # a sign, an emoji with what belongs to it
    """,
    re.VERBOSE,
)

Place = tuple[int, int]


def tokens_of(text: str) -> list[Place]:
    """The tokens of a text in their order: (start, end) in code points, ``end`` exclusive."""
    return [found.span() for found in _TOKEN.finditer(text)]


def covered(tokens: Sequence[Place], start: int, end: int) -> tuple[int, int]:
    """Which tokens a passage touches: the first's index and the one after the last's; equal: none."""
    first = bisect_right(tokens, start, key=_end)
    return first, max(first, bisect_left(tokens, end, key=_start))


def snapped(tokens: Sequence[Place], start: int, end: int) -> Place | None:
    """A passage widened to whole tokens; None where it touches none."""
    first, after = covered(tokens, start, end)
    return (tokens[first][0], tokens[after - 1][1]) if after > first else None


def _start(place: Place) -> int:
    return place[0]


def _end(place: Place) -> int:
    return place[1]
