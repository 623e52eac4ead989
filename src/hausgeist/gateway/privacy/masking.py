# SPDX-License-Identifier: EUPL-1.2
"""Texts and what was found in them flow in; what stands there instead flows out, and the veil has learnt it.

What is known from one text is hidden in all: persons by every form of their names, everything else by
every spelling that was seen. Pseudonyms that somebody has typed are put under one of their own. Everything
is linear in the texts.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import ahocorasick

from hausgeist.core.findings import Examination, Finding, Kind
from hausgeist.gateway.privacy import json_text, tokens
from hausgeist.gateway.privacy.fields import Place, Seen
from hausgeist.gateway.privacy.names import spread
from hausgeist.gateway.privacy.veil import Veil

_SHORTEST: Final = 5
"""Characters of a value from which on it is looked for in texts where no detector found it."""
_BLANKS = str.maketrans(dict.fromkeys("\t\n\r\x0b\x0c\u00a0\u202f", " "))
_TYPED_RULE: Final = "typed"


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters ``start`` to ``end`` of a text, and what stands there instead; ``kind`` None: typed."""

    start: int
    end: int
    instead: str
    kind: Kind | None
    certain: bool = False


def learn(veil: Veil, texts: Iterable[str], found: Examination) -> None:
    """Everything that was found gets its pseudonym, in order of appearance."""
    all_found = [
        (text, one) for text in dict.fromkeys(texts) for one in found.findings.get(text, ())
    ]
    persons = [(text, one) for text, one in all_found if one.kind is Kind.PERSON]
    for text, one in persons:
        veil.know(text, one.start, one.end)
    for text, one in all_found:
        if one.certain or not veil.may_stay(text[one.start : one.end], one.kind):
            veil.hidden(text, one.start, one.end, one.kind, certain=one.certain)


def known_in(veil: Veil, texts: Sequence[str]) -> list[list[Finding]]:
    """Where the texts name what the veil knows already."""
    found = _persons(veil.people(), texts)
    automaton = _automaton(veil)
    if automaton is not None:
        for place, text in enumerate(texts):
            found[place] += _literals(automaton, text)
    return found


def edits(
    veil: Veil, one: Seen, found: Sequence[Finding], known: Sequence[Finding]
) -> tuple[Edit, ...]:
    """What is to be replaced in a text, in order, not overlapping."""
    text = one.text
    taken = one.place is Place.NAME and text.startswith(f"{tokens.NAME}_")
    places = [(0, len(text))] if taken else tokens.typed_in(text)
    typed = [Finding(a, b, Kind.MARKED, _TYPED_RULE, certain=True) for a, b in places]
    open_ones = [
        finding
        for finding in (*found, *known)
        if finding.certain or not veil.may_stay(text[finding.start : finding.end], finding.kind)
    ]
    if not typed and not open_ones:
        return ()
    spans = [(0, len(text))] if one.laid is None else [(p.start, p.end) for p in one.laid.pieces]
    cut = [
        _clipped(finding, a, b)
        for finding in _apart(text, typed, open_ones)
        for a, b in _in(spans, finding)
    ]
    return tuple(_edit(veil, text, finding) for finding in cut)


def applied(veil: Veil, one: Seen, changes: Sequence[Edit]) -> str:
    """What is sent instead of a text."""
    if not changes:
        return one.raw
    if one.place is Place.NAME:
        return veil.name(one.raw)
    if one.laid is None:
        return _patched(one.text, 0, len(one.text), changes)
    starts = [edit.start for edit in changes]
    values: list[str | None] = []
    for piece in one.laid.pieces:
        first, last = bisect_right(starts, piece.start - 1), bisect_right(starts, piece.end - 1)
        mine = [edit for edit in changes[first:last] if edit.end <= piece.end]
        values.append(_patched(one.text, piece.start, piece.end, mine) if mine else None)
    return json_text.replaced(one.raw, one.laid.pieces, values)


def _patched(text: str, start: int, end: int, changes: Sequence[Edit]) -> str:
    out: list[str] = []
    for edit in changes:
        out += (text[start : edit.start], edit.instead)
        start = edit.end
    return "".join((*out, text[start:end]))


def _edit(veil: Veil, text: str, finding: Finding) -> Edit:
    start, end = finding.start, finding.end
    if finding.rule == _TYPED_RULE:
        return Edit(start, end, veil.typed(text[start:end]), None, certain=True)
    instead = veil.hidden(text, start, end, finding.kind)
    return Edit(start, end, instead, finding.kind, finding.certain)


# -- what is known from elsewhere -------------------------------------------------------------------


def _persons(people: Sequence[str], texts: Sequence[str]) -> list[list[Finding]]:
    """Mentions of persons. All texts are read in one go: the words to look for are made once."""
    found: list[list[Finding]] = [[] for _ in texts]
    if not people or not texts:
        return found
    starts, at = [], 0
    for text in texts:
        starts.append(at)
        at += len(text) + 2
    for one in spread(people, "\n\n".join(texts)):
        place = bisect_right(starts, one.start) - 1
        start = one.start - starts[place]
        end = min(one.end - starts[place], len(texts[place]))
        if start < end:
            found[place].append(Finding(start, end, one.kind, one.rule, score=one.score))
    return found


def _automaton(veil: Veil) -> "ahocorasick.Automaton | None":
    automaton = ahocorasick.Automaton()
    for plain, kind in veil.literals.items():
        marked = kind in {Kind.MARKED, Kind.OWN}
        if (marked or len(plain) >= _SHORTEST) and veil.corrections.get(plain) is not False:
            automaton.add_word(plain, (len(plain), Kind(kind)))
    if not len(automaton):
        return None
    automaton.make_automaton()
    return automaton


def _literals(automaton: "ahocorasick.Automaton", text: str) -> Iterator[Finding]:
    low = text.lower()
    if len(low) != len(text):  # a few letters become two
        low = "".join(one if len(small := one.lower()) > 1 else small for one in text)
    low = low.translate(_BLANKS)
    for last, (size, kind) in automaton.iter(low):
        start, end = last + 1 - size, last + 1
        if not _ends_word(low, start, end, kind):
            continue
        yield Finding(start, end, kind, "veil.known")


def _ends_word(low: str, start: int, end: int, kind: Kind) -> bool:
    """Whether a place is a whole word; what a person has marked may be in the genitive."""
    if start and low[start].isalnum() and low[start - 1].isalnum():
        return False
    if end < len(low) and low[end].isalnum() and low[end - 1].isalnum():
        genitive = kind in {Kind.MARKED, Kind.OWN} and low[end] == "s"
        return genitive and not low[end + 1 : end + 2].isalnum()
    return True


# -- overlaps -------------------------------------------------------------------------------------


def _apart(text: str, typed: Sequence[Finding], found: Sequence[Finding]) -> list[Finding]:
    """In order and without overlap: what was typed first, then the longer; of the others, what is left."""
    ordered = sorted(found, key=lambda one: (one.start - one.end, one.start))
    taken = bytearray(len(text))
    kept: list[Finding] = []
    for one in (*typed, *ordered):
        for start, end in _free(taken, one.start, min(one.end, len(text))):
            piece = text[start:end]
            if any(letter.isalnum() for letter in piece):
                low = start + len(piece) - len(piece.lstrip())
                kept.append(_clipped(one, low, low + len(piece.strip())))
                taken[start:end] = b"\1" * (end - start)
    return sorted(kept, key=lambda one: one.start)


def _free(taken: bytearray, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretches of a span that nothing has taken."""
    while start < end:
        until = taken.find(1, start, end)
        stop = end if until < 0 else until
        if start < stop:
            yield start, stop
        after = taken.find(0, stop, end)
        if after < 0:
            return
        start = after


def _in(spans: Sequence[tuple[int, int]], finding: Finding) -> Iterator[tuple[int, int]]:
    """The parts of a finding that lie in spans, which are in order."""
    place = max(0, bisect_right(spans, (finding.start, len(spans) and spans[-1][1])) - 1)
    for start, end in spans[place:]:
        if start >= finding.end:
            return
        low, high = max(start, finding.start), min(end, finding.end)
        if low < high:
            yield low, high


def _clipped(one: Finding, start: int, end: int) -> Finding:
    if (start, end) == (one.start, one.end):
        return one
    return Finding(start, end, one.kind, one.rule, one.certain, one.score)
