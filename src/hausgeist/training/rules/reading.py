# SPDX-License-Identifier: EUPL-1.2
"""How rules read a text: composed, without invisible letters, ligatures opened; offsets lead back.

A text flows in; the text as it is matched flows out with the place of each of its letters in the original.
Most texts are read as they stand, and cost one look.
"""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

WORD = r"\pL\pM\pN_"
"""What words are made of, inside a character class of RE2."""

_ODD = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff\ufb00-\ufb06\x1f]")
"""Soft hyphens and other letters that nobody sees, ligatures, and the sign that stands between tokens."""
_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff\x1f")


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as rules read it. ``starts``: for each letter, where it began; None: where it stands."""

    text: str
    length: int
    """Of the original, in code points."""
    starts: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a passage stands in the original."""
        if self.starts is None:
            return start, end
        if start >= len(self.starts):
            return self.length, self.length
        if end <= start:
            return self.starts[start], self.starts[start]
        last = self.starts[end - 1]
        after = bisect_right(self.starts, last, end - 1)
        return self.starts[start], self.starts[after] if after < len(self.starts) else self.length


def read(text: str) -> Reading:
    """The text as rules read it."""
    if text.isascii():
        if "\x1f" not in text:
            return Reading(text, len(text))
    elif _ODD.search(text) is None and unicodedata.is_normalized("NFC", text):
        return Reading(text, len(text))
    return _changed(text)


def plain(text: str) -> str:
    """A text as rules read it, without the way back."""
    return read(text).text


def fold(text: str) -> tuple[str, tuple[int, ...] | None]:
    """A text without case and with all white space the same; offsets where a letter became two (ß: ss)."""
    folded = text.casefold().translate(_WHITE)
    if len(folded) == len(text):
        return folded, None
    starts: list[int] = []
    for place, letter in enumerate(text):
        starts += [place] * len(letter.casefold())
    return folded, tuple(starts)


def wordy(letter: str) -> bool:
    """Whether a letter belongs to a word."""
    return letter.isalnum() or letter == "_" or unicodedata.combining(letter) != 0


def _changed(text: str) -> Reading:
    letters: list[str] = []
    starts: list[int] = []
    place, length = 0, len(text)
    while place < length:
        after = place + 1
        while after < length and unicodedata.combining(text[after]):
            after += 1
        for letter in _composed(text[place:after]):
            letters.append(letter)
            starts.append(place)
        place = after
    return Reading("".join(letters), length, tuple(starts))


def _composed(cluster: str) -> str:
    if cluster[0] in _INVISIBLE:
        return cluster[1:]
    if "\ufb00" <= cluster[0] <= "\ufb06":
        return unicodedata.normalize("NFKC", cluster)
    return unicodedata.normalize("NFC", cluster)


_WHITE = dict.fromkeys((9, 10, 11, 12, 13, 133, 160, 8199, 8201, 8239, 12288), " ")
