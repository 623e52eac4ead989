# SPDX-License-Identifier: EUPL-1.2
"""Anchor words: the words before a number that say what it is, all found in one pass.

A table of words by rule flows in; where they stand in a text flows out. The longest word wins where two
begin together. A word stands by itself, or begins a compound that ends in one of ``TAILS``.
"""

from collections.abc import Iterable, Mapping

import ahocorasick

TAILS = ("nummern", "nummer", "nrn", "nr", "no")
"""What may follow an anchor word with or without a hyphen or a space."""

Found = tuple[int, int, frozenset[str]]


class Anchors:
    """The words of all rules in one automaton."""

    def __init__(self, words: Mapping[str, Iterable[str]]) -> None:
        rules: dict[str, set[str]] = {}
        for rule, spellings in words.items():
            for word in spellings:
                for spelling in _spellings(word.lower()):
                    rules.setdefault(spelling, set()).add(rule)
        self._automaton = ahocorasick.Automaton()
        for word, speaks_for in rules.items():
            self._automaton.add_word(word, (len(word), frozenset(speaks_for)))
        self._automaton.make_automaton()

    def find(self, lower: str) -> list[Found]:
        """Every anchor word of a text in lower case, in its order; they do not overlap."""
        found: list[Found] = []
        size = len(lower)
        for last, (length, rules) in self._automaton.iter(lower):
            end = last + 1
            start = end - length
            if start and lower[start - 1].isalnum():
                continue
            end = _tail(lower, end)
            if end < size and lower[end].isalpha() and lower[end - 1].isalpha():
                continue
            while found and found[-1][0] >= start and found[-1][1] <= end:
                found.pop()  # a shorter word within this one
            if found and found[-1][1] > start:
                continue  # the end of a longer one
            found.append((start, end, rules))
        return found


def _spellings(word: str) -> set[str]:
    """A word as people write it: without umlauts, and with ``nr`` for ``nummer``."""
    found = {word}
    if word.endswith("nummer"):
        base = word.removesuffix("nummer").rstrip("-")
        found |= {f"{base}nr", f"{base}-nr", f"{base} nr"}
    return found | {_without_umlauts(one) for one in found}


def _tail(lower: str, end: int) -> int:
    """The end of a word with what a compound adds to it: a genitive, a hyphen, ``nummer``."""
    for joint in ("", "-", " ", "s-", "s"):
        if lower.startswith(joint, end):
            start = end + len(joint)
            for tail in TAILS:
                if lower.startswith(tail, start):
                    after = start + len(tail)
                    if after >= len(lower) or not lower[after].isalpha():
                        return after
    return end


def _without_umlauts(word: str) -> str:
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        word = word.replace(umlaut, letters)
    return word
