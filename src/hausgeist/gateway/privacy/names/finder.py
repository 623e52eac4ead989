# SPDX-License-Identifier: EUPL-1.2
"""A text in, its persons, addresses and dates of birth out. Everything here is linear in the text.

Persons: what the model finds likely enough, what an anchor names, whom an e-mail address names; then all
their other mentions. Where an address or a date of birth lies, no person is found.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Self

from hausgeist.core.findings import Finding, Kind
from hausgeist.gateway.privacy.names import loading
from hausgeist.gateway.privacy.names import words as known
from hausgeist.gateway.privacy.names.addresses import addresses
from hausgeist.gateway.privacy.names.anchors import Anchors, may_be_name
from hausgeist.gateway.privacy.names.births import births
from hausgeist.gateway.privacy.names.gazetteer import FREQUENT, RARE, SURNAME, Gazetteer
from hausgeist.gateway.privacy.names.model import Model
from hausgeist.gateway.privacy.names.spreading import spread_tokens
from hausgeist.gateway.privacy.names.tokens import NEWLINE, Tokens, folded, tokens_of

THRESHOLD = 0.07
"""How likely a word must be part of a name: the recall setting, chosen by ``bench/privacy.py``."""

_SURE = 0.6  # how likely a town, a month or an office must be a person
_CLOSE = 0.3  # how likely a word in small letters must be one, behind another
_NEAR = 0.03
_GAP = 3  # blanks from which on two names of a line are two
Reasons = dict[int, tuple[str, bool, float]]
"""By token: which rule takes it for part of a name, whether it is certain, and how likely it is."""

_DOUBTFUL = known.TOWNS | frozenset(known.MONTHS)
_LOCAL = re.compile(r"([^\W\d_]+)[._-]([^\W\d_-]+(?:-[^\W\d_]+)?)\d{0,4}@")
_OFFICE = frozenset(
    "info post poststelle kontakt office mail service team buergerbuero rathaus stadt amt bau sozial no reply"
    " noreply support hilfe verwaltung presse personal it admin zentrale sekretariat empfang".split()
)


class Names:
    """Finds names. Of a text nothing is kept between two calls."""

    def __init__(self, names: Gazetteer, model: Model, threshold: float = THRESHOLD) -> None:
        self._names = names
        self._model = model
        self._threshold = threshold

    @classmethod
    def load(cls, threshold: float = THRESHOLD) -> Self:
        """Read and check what ships with the package; needs files, which ``find`` does not.

        Raises:
            OSError: a file is missing.
            ValueError: a file is not the one that its card names.
        """
        names, model = loading.load()
        return cls(names, model, threshold)

    def find(self, text: str) -> list[Finding]:
        """Persons, addresses and dates of birth, in order, not overlapping."""
        tokens = tokens_of(text)
        if not tokens.words:
            return []
        fixed = _apart([*addresses(tokens), *births(tokens)])
        persons = list(self._persons(text, tokens, fixed))
        values = [text[one.start : one.end] for one in persons]
        values += self._mailed(text) if "@" in text else []
        later = spread_tokens(values, text, tokens)
        return _apart([*fixed, *persons, *later])

    def _persons(self, text: str, tokens: Tokens, fixed: Sequence[Finding]) -> Iterator[Finding]:
        likely = self._model.likely(tokens.words, self._names)
        anchors = Anchors(tokens, likely, self._names)
        why = self._believed(tokens, likely, anchors)
        for start, end, rule, certain in anchors.persons():
            for place in range(start, end):
                _, before, _ = why.get(place, ("", False, 0.0))
                why[place] = rule, certain or before, 1.0
        for place in list(self._grown(list(why), likely, tokens)):
            why.setdefault(place, ("names.model", False, likely[place]))
        for place in list(anchors.filled(why.keys())):
            why.setdefault(place, ("names.model", False, self._threshold))
        for place in [place for place in why if anchors.genitive(place) and place + 1 in why]:
            if why[place + 1][0] == "names.model" and likely[place + 1] < _SURE:
                del why[place + 1]  # Mustermanns Antrag
        blocked = _covered(tokens, fixed)
        places = [
            place for place in sorted(why) if place not in blocked and not anchors.by_proxy(place)
        ]
        for group in _groups(places, text, tokens, anchors):
            yield self._finding(group, tokens, why, anchors)

    def _believed(self, tokens: Tokens, likely: Sequence[float], anchors: Anchors) -> Reasons:
        """The words that the model believes to be part of a name."""
        why: Reasons = {}
        for place, chance in enumerate(likely):
            if chance <= self._threshold:
                continue
            word, plain = tokens.words[place], tokens.plain[place]
            if not _may_be_name(word, plain) or _is_season(tokens.plain, place):
                continue
            if word[0].islower() and plain not in known.PARTICLES:
                goes_on = chance > _CLOSE and place - 1 in why and tokens.words[place - 1].islower()
                if not goes_on and not anchors.is_small_name(place):
                    continue
            elif chance <= _SURE and (
                plain in _DOUBTFUL
                or self._names.is_common(plain)
                or anchors.organised(place, place + 1)
                or anchors.is_of_a_house(place)
            ):
                continue
            why[place] = "names.model", False, chance
        return why

    def _grown(
        self, places: Sequence[int], likely: Sequence[float], tokens: Tokens
    ) -> Iterator[int]:
        """Capitalised neighbours of what was found, for which a weaker hint is enough."""
        words, plain = tokens.words, tokens.plain
        for place in places:
            for near in (place - 1, place + 1):
                if not (0 <= near < len(words) and likely[near] > _NEAR):
                    continue
                if (
                    words[near][0].isupper()
                    and _may_be_name(words[near], plain[near])
                    and not self._names.is_common(plain[near])
                ):
                    yield near

    def _finding(
        self,
        group: Sequence[int],
        tokens: Tokens,
        why: Reasons,
        anchors: Anchors,
    ) -> Finding:
        reasons = [why[place] for place in group if place in why]
        rule = next((rule for rule, _, _ in reasons if rule != "names.model"), "names.model")
        return Finding(
            tokens.starts[group[0]],
            tokens.ends[group[-1]] - anchors.genitive(group[-1]),
            Kind.PERSON,
            rule,
            certain=any(certain for _, certain, _ in reasons),
            score=round(max(score for _, _, score in reasons), 3),
        )

    def _mailed(self, text: str) -> list[str]:
        """Names that e-mail addresses give: erika.mustermann@ speaks of Erika Mustermann."""
        found = []
        for first, last in _LOCAL.findall(text):
            one, two = folded(first), folded(last)
            if {one, two} & _OFFICE or len(two) < 3:
                continue
            if self._names.flags(one) & (FREQUENT | RARE) or (
                len(one) == 1 and self._names.flags(two) & SURNAME
            ):
                found.append(f"{first.title()} {last.title()}")
        return found


def _may_be_name(word: str, plain: str) -> bool:
    if not word[0].isalpha() or "@" in word or "/" in word:
        return False
    return may_be_name(plain)


def _is_season(plain: Sequence[str], place: int) -> bool:
    """Whether a summer or winter is meant, and nobody of that name: "im Sommer"."""
    return plain[place] in known.SEASONS and place > 0 and plain[place - 1] in known.ARTICLES


def _covered(tokens: Tokens, findings: Sequence[Finding]) -> set[int]:
    """The tokens in which something has been found."""
    covered: set[int] = set()
    spans = iter(findings)
    span = next(spans, None)
    for place, start in enumerate(tokens.starts):
        while span is not None and start >= span.end:
            span = next(spans, None)
        if span is not None and tokens.ends[place] > span.start:
            covered.add(place)
    return covered


def _groups(
    places: Sequence[int], text: str, tokens: Tokens, anchors: Anchors
) -> Iterator[list[int]]:
    """Words side by side in one line are one name; so is a surname, a comma and a first name."""
    group: list[int] = []
    for place in places:
        if group and not _goes_on(group[-1], place, text, tokens, anchors):
            yield from _named(group, tokens)
            group = []
        group.append(place)
    yield from _named(group, tokens)


def _named(group: list[int], tokens: Tokens) -> Iterator[list[int]]:
    """The group without particles at its ends; nothing where no name is left."""
    words = tokens.words
    while group and words[group[-1]].islower() and tokens.plain[group[-1]] in known.PARTICLES:
        group = group[:-1]
    if any(len(words[place]) > 1 and words[place][-1] != "." for place in group):
        yield group


def _goes_on(last: int, place: int, text: str, tokens: Tokens, anchors: Anchors) -> bool:
    gap = text[tokens.ends[last] : tokens.starts[place]]
    if place == last + 1:
        return not gap or (len(gap) < _GAP and not gap.strip(" \u00a0"))
    if place != last + 2 or tokens.words[last + 1] != ",":
        return False
    first, second = anchors.flags(last), anchors.flags(place)
    behind = tokens.words[place + 1] if place + 1 < len(tokens) else NEWLINE
    before = tokens.words[last - 1] if last else NEWLINE
    return anchors.is_turned_pair(last, place) or bool(
        second & (FREQUENT | RARE)
        and not first & FREQUENT
        and before != ","
        and not (behind[0].isalpha() and behind[0].isupper())
    )


def _apart(findings: Sequence[Finding]) -> list[Finding]:
    """In order; two of a kind that overlap become one, of others the later one begins behind the first."""
    kept: list[Finding] = []
    ranked = sorted(enumerate(findings), key=lambda pair: (pair[1].start, pair[0]))
    for _, one in ranked:
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
        elif one.end > kept[-1].end and one.kind is kept[-1].kind:
            kept.append(_both(kept.pop(), one))
        elif one.end > kept[-1].end:
            kept.append(replace(one, start=kept[-1].end))
    assert all(one.end <= two.start for one, two in pairwise(kept))
    return kept


def _both(one: Finding, two: Finding) -> Finding:
    """From the beginning of the one to the end of the other."""
    certain, score = one.certain or two.certain, max(one.score, two.score)
    return Finding(one.start, two.end, one.kind, one.rule, certain, score)
