# SPDX-License-Identifier: EUPL-1.2
"""Word lists: all lists of a rule set are one automaton (Aho and Corasick 1975), linear in the text.

One word or phrase a line, or several with commas. Case does not count, ``ß`` is ``ss``, and a word is a whole
one: ``Tonne`` is not found in ``Papiertonne``. A star opens an end for compounds, and the passage is then
the whole compound: ``*tonne``, ``müll*``.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hausgeist.errors import N_
from hausgeist.training.rules.reading import fold, plain, wordy
from hausgeist.training.rules.regex import wrong

LIST_MOST = 200_000
"""Characters of a list."""
WORDS_MOST = 10_000
COMPOUND_MOST = 80
"""Letters that a passage is widened by, to the end of a compound."""
SHORTEST = 3
"""Letters that a word with a star has at least: shorter ones are in half of all words."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A word of a list. ``before`` and ``after``: whether a word may go on there."""

    text: str
    before: bool = False
    after: bool = False


def entries(pattern: str) -> list[Entry]:
    """The words of a list.

    Raises:
        InvalidField: there is none, there are too many, or one is empty or too short; with its place.
    """
    if len(pattern) > LIST_MOST:
        raise wrong(N_("at most {most} characters"), LIST_MOST, most=LIST_MOST)
    found: dict[Entry, None] = {}
    at = 0
    for line in pattern.replace(",", "\n").split("\n"):
        word = " ".join(line.split())
        if word:
            found[_entry(word, at + len(line) - len(line.lstrip()))] = None
        at += len(line) + 1
    if not found:
        raise wrong(N_("a word is missing"), -1)
    if len(found) > WORDS_MOST:
        raise wrong(N_("at most {most} words"), -1, most=WORDS_MOST)
    return list(found)


def _entry(word: str, at: int) -> Entry:
    before, after = word.startswith("*"), word.endswith("*")
    text = fold(plain(word.removeprefix("*").removesuffix("*").strip()))[0]
    if not text or "*" in text:
        raise wrong(N_("a star stands only at the beginning or the end of a word"), at)
    if (before or after) and len(text) < SHORTEST:
        raise wrong(N_("a word with a star has at least {most} letters"), at, most=SHORTEST)
    return Entry(text, before, after)


class WordLists:
    """Lists by their numbers, looked for all at once."""

    def __init__(self, lists: Iterable[tuple[int, Sequence[Entry]]]) -> None:
        import ahocorasick  # noqa: PLC0415  only where there are lists

        ways: dict[str, list[tuple[int, bool, bool]]] = {}
        for number, words in lists:
            for one in words:
                ways.setdefault(one.text, []).append((number, one.before, one.after))
        self._automaton: Any = None
        if ways:
            self._automaton = ahocorasick.Automaton()
            for text, kept in ways.items():
                self._automaton.add_word(text, (len(text), kept))
            self._automaton.make_automaton()

    def hits(self, text: str) -> set[int]:
        """Numbers of the lists that have a word of a text that was read (``reading.read``)."""
        return {number for number, _, _ in self._found(text)} if self._automaton else set()

    def passages(self, text: str) -> Iterator[tuple[int, int, int]]:
        """Number, start and end of every word that is found, in no order; they may overlap."""
        if self._automaton is None:
            return
        starts = fold(text)[1]
        for number, start, end in self._found(text):
            if starts is None:
                yield number, start, end
            else:
                yield number, starts[start], starts[end - 1] + 1

    def _found(self, text: str) -> Iterator[tuple[int, int, int]]:
        folded = fold(text)[0]
        last = len(folded) - 1
        for place, (length, ways) in self._automaton.iter(folded):
            start = place - length + 1
            opens = start == 0 or not (wordy(folded[start - 1]) and wordy(folded[start]))
            closes = place == last or not (wordy(folded[place + 1]) and wordy(folded[place]))
            for number, before, after in ways:
                if (before or opens) and (after or closes):
                    first = _widened(folded, start, -1) if before else start
                    yield number, first, (_widened(folded, place, 1) if after else place) + 1


def _widened(folded: str, place: int, step: int) -> int:
    """The last letter of the word that goes on from a place; bounded, for texts that are one word."""
    for _ in range(COMPOUND_MOST):
        if not 0 <= place + step < len(folded) or not wordy(folded[place + step]):
            break
        place += step
    return place
