# SPDX-License-Identifier: EUPL-1.2
"""The organisation's own words in a text: at the borders of words, whatever their case, all in one pass.

Umlauts may be written as two letters, a person may have a genitive's s. Patterns are file numbers of the
house: # is a digit, @ a letter, * one to twenty letters or digits; all else stands for itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import ahocorasick
import re2

from hausgeist.core.findings import Finding, Kind
from hausgeist.gateway.privacy.frames import OwnEntry
from hausgeist.gateway.privacy.identifiers.page import Page, pattern, unescaped
from hausgeist.gateway.privacy.identifiers.words import Anchors

_SIGNS = {"#": "[0-9]", "@": "[A-Za-zÄÖÜäöüß]", "*": "[0-9A-Za-z]{1,20}"}
_NO_ANCHORS = Anchors({"none": ("\x00",)})
_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}
_GENITIVE = frozenset({Kind.PERSON, Kind.OWN})
Span = tuple[int, int]


@dataclass(slots=True)
class OwnList:
    """The words, ready to be looked for."""

    _words: Any = None
    _patterns: "list[tuple[re2.Pattern[bytes], Kind, bool]]" = field(default_factory=list)

    @classmethod
    def of(cls, entries: Iterable[OwnEntry]) -> "OwnList":
        """Build the automaton; a word that is both hidden and spared is spared."""
        automaton = ahocorasick.Automaton()
        made = cls()
        for entry in sorted(entries, key=lambda one: (not one.hide, one.value), reverse=True):
            kind = Kind(entry.kind)
            if entry.pattern:
                made._patterns.append((_pattern(entry.value), kind, entry.hide))
                continue
            for word in {folded(entry.value), _written_out(folded(entry.value))}:
                known = automaton.get(word, None)
                if word and (known is None or not entry.hide):
                    automaton.add_word(word, (len(word), kind, entry.hide))
        if len(automaton):
            automaton.make_automaton()
            made._words = automaton
        return made

    def find(self, text: str) -> tuple[list[Finding], list[Span]]:
        """What is to be hidden, and the spans that are never to be."""
        text = unescaped(text)
        hidden: list[Finding] = []
        spared: list[Span] = []
        if self._words is not None:
            for last, (length, kind, hide) in self._words.iter(folded(text)):
                end = _border(text, last + 1 - length, last + 1, kind)
                if end:
                    _note(hidden, spared, (last + 1 - length, end), kind, hide=hide)
        if self._patterns:
            page = Page.of(text, _NO_ANCHORS)
            for expression, kind, hide in self._patterns:
                for match in expression.finditer(page.data):
                    if page.alone(*match.span()):
                        _note(hidden, spared, match.span(), kind, hide=hide)
        return hidden, spared


def _note(hidden: list[Finding], spared: list[Span], span: Span, kind: Kind, *, hide: bool) -> None:
    if hide:
        hidden.append(Finding(*span, kind, "own", certain=True))
    else:
        spared.append(span)


def _border(text: str, start: int, end: int, kind: Kind) -> int:
    """Where a word ends, its genitive included; 0 if it is only part of another."""
    if start and text[start].isalnum() and text[start - 1].isalnum():
        return 0
    if end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
        after = end + 1
        genitive = text[end] == "s" and (after >= len(text) or not text[after].isalnum())
        return after if genitive and kind in _GENITIVE else 0
    return end


def folded(text: str) -> str:
    """In lower case, one character for one; every white space is a space."""
    lower = text.lower()
    if len(lower) != len(text):  # a few letters become two
        lower = "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)
    return lower.translate(_BLANKS)


_BLANKS = dict.fromkeys(map(ord, "\n\r\t\u00a0\u202f"), " ")


def _written_out(word: str) -> str:
    return "".join(_UMLAUTS.get(letter, letter) for letter in word)


def _pattern(value: str) -> "re2.Pattern[bytes]":
    return pattern("".join(_SIGNS.get(sign) or re2.escape(sign) for sign in value), any_case=True)
