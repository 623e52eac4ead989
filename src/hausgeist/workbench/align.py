# SPDX-License-Identifier: EUPL-1.2
"""Quoted passages become places in a text: quotes with labels go in, spans and the number lost come out.

A model's offsets are never asked for. A quote is looked for as it is; then with white space, quotation
marks, dashes and combined letters written alike; then without regard to case, if it stands in one place
only. What is not found is lost and counted, never guessed.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from hausgeist.core.answers import Span

T = TypeVar("T")

_ALIKE = {
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"'),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2039\u203a\u2032`\u00b4", "'"),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    "\u2026": "...",
}
_UNSEEN = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")
"""Soft hyphens and other characters without width: nobody copies them."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage as a model quotes it. ``occurrence``: which of the places with these characters, from 1."""

    text: str
    label: str
    occurrence: int = 1


def align(text: str, quotes: Iterable[Quote]) -> tuple[tuple[Span, ...], int]:
    """The passages in code points, sorted, and how many quotes were lost.

    Of passages that overlap, the one that was quoted first stays; saying the same twice loses nothing.
    """
    place = _Text(text)
    found: list[Span] = []
    lost = 0
    for quote in quotes:
        at = place.find(quote.text.strip(), quote.occurrence)
        span = None if at is None else Span(*at, quote.label)
        if span in found:
            continue
        if span is None or any(span.start < one.end and one.start < span.end for one in found):
            lost += 1
        else:
            found.append(span)
    return tuple(sorted(found)), lost


class _Text:
    """A text in which quotes are looked for; written alike once, when a quote needs it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def find(self, quote: str, occurrence: int) -> tuple[int, int] | None:
        """Start and end of a quote; None where it is not found, or it cannot be told which is meant."""
        if not quote:
            return None
        exact = [at for at in _places(self.text, quote) if not self._marked(at + len(quote))]
        if exact:
            at = _chosen(exact, occurrence)
            return None if at is None else (at, at + len(quote))
        for folded, (alike, places) in ((False, self._alike), (True, self._folded)):
            wanted = _written_alike(quote, folded=folded)[0].strip()
            spots = [
                (places[at], places[at + len(wanted) - 1] + 1)
                for at in _places(alike, wanted)
                if self._whole(places, at, at + len(wanted))
            ]
            if spots and folded:
                return spots[0] if len(spots) == 1 else None
            if spots:
                return _chosen(spots, occurrence)
        return None

    @cached_property
    def _alike(self) -> tuple[str, Sequence[int]]:
        return _written_alike(self.text, folded=False)

    @cached_property
    def _folded(self) -> tuple[str, Sequence[int]]:
        return _written_alike(self.text, folded=True)

    def _whole(self, places: Sequence[int], start: int, end: int) -> bool:
        """Whether a find begins and ends between two characters of the text, not within one."""
        begins = start == 0 or places[start] != places[start - 1]
        ends = end == len(places) or places[end] != places[end - 1]
        return begins and ends and not self._marked(places[end - 1] + 1)

    def _marked(self, at: int) -> bool:
        """Whether what stands here belongs to the letter before."""
        return at < len(self.text) and unicodedata.combining(self.text[at]) > 0


def _places(text: str, wanted: str) -> list[int]:
    """Where something stands in a text, from left to right, without overlaps."""
    found, at = [], text.find(wanted) if wanted else -1
    while at >= 0:
        found.append(at)
        at = text.find(wanted, at + len(wanted))
    return found


def _chosen(found: Sequence[T], occurrence: int) -> T | None:
    """The place that is meant: the only one, else the one of this number."""
    if len(found) == 1:
        return found[0]
    return found[occurrence - 1] if 1 <= occurrence <= len(found) else None


def _written_alike(text: str, *, folded: bool) -> tuple[str, list[int]]:
    """The text with what looks alike written alike, and for each character where it stood."""
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        if letter in _UNSEEN:
            continue
        if letter.isspace():
            if letters and letters[-1] == " ":
                continue
            made = " "
        elif letter.isascii():
            made = _ALIKE.get(letter, letter)
        else:
            made = _ALIKE.get(letter) or unicodedata.normalize("NFD", letter)
        for one in made.casefold() if folded else made:
            letters.append(one)
            places.append(place)
    return "".join(letters), places
