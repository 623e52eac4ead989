# SPDX-License-Identifier: EUPL-1.2
"""Known persons in, their other mentions in a text out: the bare surname, genitives, capitals, ae for ä.

One pass over the tokens and one table of words: linear in the text, whatever the number of persons. A
surname that is an ordinary word ("Sommer") is left alone behind an article ("im Sommer").
"""

import re
from collections.abc import Iterator, Sequence

from hausgeist.core.findings import Finding, Kind
from hausgeist.gateway.privacy.names import words as known
from hausgeist.gateway.privacy.names.tokens import NEWLINE, Tokens, folded, tokens_of

_PART = re.compile("[-\u2010\u2011]")
_SHORTEST = 3  # letters; shorter parts of a name are found only beside another part
_LONGEST_GAP = 3  # characters between two parts of one name in a line
_SCORE = 0.9


def spread(persons: Sequence[str], text: str) -> list[Finding]:
    """Mentions of ``persons`` (names as they were found, without titles), in order, not overlapping."""
    return spread_tokens(persons, text, tokens_of(text))


def spread_tokens(persons: Sequence[str], text: str, tokens: Tokens) -> list[Finding]:
    """As ``spread``, over tokens that are there already."""
    surnames, others = _keys(persons)
    if not surnames and not others:
        return []
    marks: list[tuple[int, int, int, bool]] = []  # token, start, end, whether it may stand alone
    for place, (word, key) in enumerate(zip(tokens.words, tokens.plain, strict=True)):
        hit = _hit(key, word, surnames, others)
        if hit is None:
            continue
        length, alone = hit
        if alone and key in known.ORDINARY and _behind_article(tokens, place):
            continue
        start = tokens.starts[place]
        marks.append((place, start, start + length if length else tokens.ends[place], alone))
    return list(_joined(marks, text, tokens))


def _keys(persons: Sequence[str]) -> tuple[set[str], set[str]]:
    """Folded words that stand for somebody alone, and those that do so only beside another part."""
    surnames: set[str] = set()
    others: set[str] = set()
    for person in persons:
        parts = [part for part in tokens_of(person).plain if part[:1].isalpha()]
        full = [part for part in parts if part not in known.PARTICLES and not part.endswith(".")]
        for part in full:
            long = len(part) >= _SHORTEST
            (surnames if long else others).add(part)
            halves = _PART.split(part)
            if len(halves) > 1:
                surnames.update(half for half in halves if len(half) > _SHORTEST)
        if len(full) > 1:
            others.update(part for part in parts if part in known.PARTICLES)
            others.update(part[0] + "." for part in full[:-1])
    return surnames, others


def _hit(key: str, word: str, surnames: set[str], others: set[str]) -> tuple[int, bool] | None:
    """How many characters of a word are a name (0: all of it), and whether it may stand alone."""
    if key in surnames:
        return 0, True
    if key in others:
        return 0, False
    if key[:1].isalpha() and not word[0].islower():
        for ending in ("s", "'s", "\u2019s", "'", "\u2019", "ens", "sche", "schen", "scher"):
            if key.endswith(ending) and key[: -len(ending)] in surnames:
                return len(word) - len(ending), True
        if "-" in key:
            halves = _PART.split(word)
            if folded(halves[0]).removesuffix("s") in surnames or folded(halves[0]) in surnames:
                return len(halves[0]), True
    return None


def _behind_article(tokens: Tokens, place: int) -> bool:
    return place > 0 and tokens.plain[place - 1] in known.ARTICLES


def _joined(
    marks: Sequence[tuple[int, int, int, bool]], text: str, tokens: Tokens
) -> Iterator[Finding]:
    """Parts that stand side by side become one finding; an initial before a surname belongs to it."""
    group: list[tuple[int, int, int, bool]] = []
    for mark in [*marks, None]:
        if mark is not None and group and mark[0] == group[-1][0] + 1:
            gap = text[group[-1][2] : mark[1]]
            if len(gap) <= _LONGEST_GAP and not gap.strip():
                group.append(mark)
                continue
        if any(alone for *_, alone in group):
            while not group[-1][3]:
                group.pop()
            first, start = group[0][0], group[0][1]
            if _is_initial(tokens, first - 1):
                start = tokens.starts[first - 1]
            yield Finding(start, group[-1][2], Kind.PERSON, "names.spread", score=_SCORE)
        group = [mark] if mark is not None and tokens.words[mark[0]] != NEWLINE else []


def _is_initial(tokens: Tokens, place: int) -> bool:
    """E. before Mustermann; not the A. of "i. A."."""
    if place < 0:
        return False
    word = tokens.words[place]
    behind = place > 0 and tokens.words[place - 1] == "i."
    return len(word) == 2 and word[1] == "." and word[0].isupper() and not behind
