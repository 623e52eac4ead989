# SPDX-License-Identifier: EUPL-1.2
"""A text made ready for rules: the same characters one for one, in one byte each, with its anchor words.

Exotic spaces, dashes and digits become plain ones, and so does escaped white space; what has no place in
Latin-1 becomes ``?``. So an offset in the bytes is an offset in the text, and RE2 needs no table.
"""

import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import re2

from hausgeist.gateway.privacy.identifiers.words import Anchors

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u00ad"
_SPACES = (
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005"
    "\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d\u202f\u205f\u2060\u3000\ufeff"
)
_OTHERS = dict.fromkeys("\u201c\u201d\u201e\u201f", '"') | dict.fromkeys(
    "\u2018\u2019\u201a\u2039\u203a", "'"
)
_OTHERS |= {
    "\uff20": "@",
    "\uff0e": ".",
    "\uff1a": ":",
    "\uff0f": "/",
    "\u2044": "/",
    "\u2024": ".",
}
_OTHERS |= dict(zip("АВЕКМНОРСТУХІЅЈаеорсухіѕј", "ABEKMHOPCTYXISJaeopcyxisj", strict=True))  # noqa: RUF001
_OTHERS |= dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True))  # noqa: RUF001
"""Look-alikes of other alphabets are read as what they look like."""

_ESCAPES = ("\\n", "\\r", "\\t", "%20", "%0A", "&nbsp;")
"""White space as programs and addresses write it; what stands behind it begins a word."""


class Anchor(NamedTuple):
    """An anchor word in a text: where it ends, and the names of the rules it speaks for."""

    start: int
    end: int
    rules: frozenset[str]


def pattern(expression: str, *, any_case: bool = False) -> "re2.Pattern[bytes]":
    """An expression over a page's bytes; RE2 matches in linear time and knows no backtracking."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.case_sensitive = not any_case
    return re2.compile(expression.encode("latin-1"), options=options)


def unescaped(text: str) -> str:
    """A text whose escaped white space is spaces, character for character."""
    for escape in _ESCAPES:
        if escape in text:
            text = text.replace(escape, " " * len(escape))
    return text


@dataclass(frozen=True, slots=True)
class Page:
    """``text`` with plain signs, ``data`` its bytes, ``anchors`` in the order of the text."""

    text: str
    data: bytes
    anchors: tuple[Anchor, ...]
    _ends: tuple[int, ...]

    @classmethod
    def of(cls, text: str, anchors: Anchors) -> "Page":
        """Read a text once."""
        plain = text if text.isascii() else text.translate(_plain())
        plain = unescaped(plain)
        data = plain.encode("latin-1", "replace")
        lower = data.decode("latin-1").lower()  # in Latin-1 every letter's lower case is one letter
        found = tuple(Anchor(*one) for one in anchors.find(lower))
        return cls(plain, data, found, tuple(one.end for one in found))

    def alone(self, start: int, end: int) -> bool:
        """Whether a span is no part of a longer word or number."""
        text = self.text
        return not (
            (start > 0 and text[start - 1].isalnum()) or (end < len(text) and text[end].isalnum())
        )

    def plain(self, start: int, end: int) -> str:
        """The characters of a span, exotic ones made plain."""
        return self.data[start:end].decode("latin-1")

    def anchored(self, name: str, reach: int) -> "list[tuple[int, int]]":
        """Where values of a rule may begin behind its anchors: from, and up to which character.

        Another rule's anchor that comes first takes the rest; so does an empty line.
        """
        spans = []
        for place, anchor in enumerate(self.anchors):
            if name not in anchor.rules:
                continue
            limit = min(anchor.end + reach, len(self.data))
            for later in self.anchors[place + 1 : place + 6]:
                if later.start >= limit:
                    break
                if name not in later.rules:
                    limit = later.start
                    break
            blank = self.data.find(b"\n\n", anchor.end, limit)
            spans.append((anchor.end, limit if blank < 0 else blank))
        return spans

    def behind(self, name: str, start: int, reach: int) -> bool:
        """Whether the last anchor within ``reach`` characters before ``start`` speaks for a rule."""
        place = bisect_left(self._ends, start + 1) - 1
        if place < 0 or self._ends[place] < start - reach:
            return False
        return name in self.anchors[place].rules


@cache
def _plain() -> dict[int, str]:
    """One character for one; made at the first use."""
    table = dict.fromkeys(map(ord, _DASHES), "-") | dict.fromkeys(map(ord, _SPACES), " ")
    table |= {ord(one): plain for one, plain in _OTHERS.items()}
    for code in range(256, 0x20000):  # no decimal digits lie beyond
        if unicodedata.category(letter := chr(code)) == "Nd":
            table[code] = str(unicodedata.decimal(letter))
    table |= {code: chr(code - 0xFEE0) for code in (*range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
    return table
