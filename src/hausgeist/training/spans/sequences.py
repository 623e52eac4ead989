# SPDX-License-Identifier: EUPL-1.2
"""Texts become sequences of words, passages become labels of words, and back again.

A sequence ends at a blank line, or where it gets long after the end of a sentence. Labels are ``O``, ``B-x``
and ``I-x`` for the first and the other words of a passage with the label x.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hausgeist.core.answers import Span
from hausgeist.core.tokens import Place, covered, tokens_of

OUT = "O"
LONG, LONGEST = 150, 400
"""Words after which a sequence ends with the next sentence, and after which it ends."""

_STOPS = frozenset(".!?…")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words that are labelled together, with their places in the text."""

    words: list[str]
    places: list[Place]


def sequences_of(text: str) -> list[Stretch]:
    """The sequences of a text, in order."""
    places = tokens_of(text)
    words = [text[start:end] for start, end in places]
    found = []
    first = 0
    blank = "\n\n" in text or "\n \n" in text or "\r\n\r\n" in text
    for at in range(1, len(words) + 1):
        size = at - first
        if at < len(words):
            whole = size >= LONG and words[at - 1] in _STOPS
            gap = blank and text[places[at - 1][1] : places[at][0]].count("\n") > 1
            if not (whole or gap or size >= LONGEST):
                continue
        found.append(Stretch(words[first:at], places[first:at]))
        first = at
    return found


def labels_of(sequence: Stretch, spans: Iterable[Span]) -> list[str]:
    """The label of each word. Passages are widened to whole words; one that overlaps another is left out."""
    labels = [OUT] * len(sequence.words)
    for first, after, label in passages_of(sequence, spans):
        labels[first] = f"B-{label}"
        labels[first + 1 : after] = [f"I-{label}"] * (after - first - 1)
    return labels


def passages_of(sequence: Stretch, spans: Iterable[Span]) -> list[tuple[int, int, str]]:
    """Passages as (first word, word after the last, label), those that touch no word left out."""
    if not sequence.places:
        return []
    begin, end = sequence.places[0][0], sequence.places[-1][1]
    found = []
    free = 0
    for span in sorted(spans):
        if span.start >= end or span.end <= begin:
            continue
        first, after = covered(sequence.places, span.start, span.end)
        if free <= first < after:
            found.append((first, after, span.label))
            free = after
    return found


def spans_of(sequence: Stretch, labels: Sequence[str]) -> list[Span]:
    """The passages that labels of words mean."""
    return [
        Span(sequence.places[first][0], sequence.places[after - 1][1], label)
        for first, after, label in runs(labels)
    ]


def runs(labels: Sequence[str]) -> list[tuple[int, int, str]]:
    """Runs of labels as (first, after the last, label of the passage)."""
    found: list[tuple[int, int, str]] = []
    for at, one in enumerate(labels):
        if one == OUT:
            continue
        name = one[2:]
        if one[0] == "I" and found and found[-1][1] == at and found[-1][2] == name:
            found[-1] = (found[-1][0], at + 1, name)
        else:
            found.append((at, at + 1, name))
    return found
