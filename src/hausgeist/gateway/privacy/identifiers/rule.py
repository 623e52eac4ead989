# SPDX-License-Identifier: EUPL-1.2
"""A rule for numbers of one kind: how they are written, their check digit, and their anchor words.

Anchor and shape win over a failed check digit (a typing error is personal data too); without an anchor
only a check digit that fits, or a shape that nothing else has, speaks for a number. Everything is linear:
RE2 finds the shape, a rejected one costs its own bounded length, an anchor looks a bounded way ahead.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import re2

from hausgeist.core.findings import Finding, Kind
from hausgeist.gateway.privacy.identifiers.page import Page, pattern

STRICT = 60
"""Characters between an anchor and its value, at most, when only connecting words lie between."""

_CONNECTING = pattern(
    r"[\s.:;=#*_|\"'`<>()\[\]/-]*"
    r"(?:(?:s|en)?(?:ist|lautet|lauten|war|sind|der|die|das|des|dem|den|von|vom|für|unter|mit|nr|no|"
    r"nummern?|herrn?|frau|hier|bitte|angeben|neu|alt|anbei|folgende|wie|folgt|und|oder|bzw|number|is|"
    r"of|the|lfd|ihre?|meine?|unsere?|deutsche|gültige[rs]?|aktuelle|amtliche[sn]?)"
    r"(?:[\s.:;=#*_|\"'`<>()\[\]/-]+)){0,7}",
    any_case=True,
)
_BREAK = pattern(r"[^0-9A-Za-z]")
_AND = pattern(r"\s{0,2}(?:[,;/|]|und|sowie|oder|bzw\.)\s{0,2}(?:[-*] )?", any_case=True)


class Detector(Protocol):
    """Finds identifiers of some kinds in a page."""

    @property
    def name(self) -> str:
        """The rule's stable name; findings carry it."""
        ...

    @property
    def kinds(self) -> frozenset[Kind]:
        """What it finds."""
        ...

    @property
    def anchors(self) -> tuple[str, ...]:
        """Its anchor words, as people write them."""
        ...

    def find(self, page: Page) -> Iterator[Finding]:
        """Findings in any order; they may overlap others'."""
        ...


def connected(page: Page, start: int, end: int) -> bool:
    """Whether only connecting words, or a phrase that ends in a colon, lie between anchor and value."""
    gap = page.data[start:end]
    if _CONNECTING.fullmatch(gap) is not None:
        return True
    tail = gap.rstrip(b" \t")
    return (
        len(gap) <= STRICT
        and tail.endswith((b":", b"="))
        and b"\n" not in gap
        and not any(chr(letter).isdigit() for letter in gap)
    )


@dataclass(frozen=True, slots=True)
class Rule:
    """``shape`` is a bounded RE2 expression of the value alone; ``loose`` its shape behind an anchor.

    ``check`` gets the value as written. ``alone``: a value that passes may stand without an anchor;
    ``certain``: then its check digit vouches for it. ``gap``: characters of any kind that may lie
    between an anchor and the value; 0: connecting words only.
    """

    name: str
    kind: Kind
    shape: str
    check: Callable[[str], bool] | None = None
    anchors: tuple[str, ...] = ()
    alone: bool = True
    certain: bool = True
    score: float = 0.95
    loose: str = ""
    fits: Callable[[str], bool] = bool
    """What a value behind its anchor must fulfil beside its shape."""
    gap: int = 0
    vetoed: bool = False
    """Whether a word such as "article number" before it takes it back where no anchor is."""
    _shape: "re2.Pattern[bytes]" = field(init=False, repr=False)
    _loose: "re2.Pattern[bytes]" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        set_ = object.__setattr__  # frozen, and compiled once
        set_(self, "_shape", pattern(self.shape))
        set_(self, "_loose", pattern(self.loose or self.shape))

    @property
    def kinds(self) -> frozenset[Kind]:
        """What it finds."""
        return frozenset({self.kind})

    def find(self, page: Page) -> Iterator[Finding]:
        """Values behind anchors, and values that speak for themselves."""
        for start, limit in page.anchored(self.name, max(self.gap, STRICT)):
            yield from self._behind(page, start, limit)
        if self.alone:
            yield from self._by_itself(page)

    def _by_itself(self, page: Page) -> Iterator[Finding]:
        place = 0
        while (match := self._shape.search(page.data, place)) is not None:
            start, end = match.span()
            if self._vouched(page, start, end):
                certain = self.certain and self.check is not None
                yield Finding(start, end, self.kind, self.name, certain, self.score)
                place = end
            elif start and page.data[start - 1 : start].isalnum():
                inside = _BREAK.search(page.data, start)  # of a longer word: go on behind it
                place = inside.start() if inside is not None else len(page.data)
            else:
                place = start + 1

    def _vouched(self, page: Page, start: int, end: int) -> bool:
        if not page.alone(start, end):
            return False
        if self.vetoed and page.behind("veto", start, 24):
            return False
        return self.check is None or self.check(page.plain(start, end))

    def _behind(self, page: Page, start: int, limit: int) -> Iterator[Finding]:
        """The first value behind an anchor, and those that are listed after it."""
        place = start
        for _ in range(4):
            match = self._loose.search(page.data, place, min(limit + 48, len(page.data)))
            if match is None or match.start() >= limit:
                return
            begin, end = match.span()
            near = begin - start <= self.gap or connected(page, start, begin)
            if near and page.alone(begin, end) and self.fits(page.plain(begin, end)):
                yield Finding(begin, end, self.kind, f"{self.name}.anchor", certain=True)
                yield from self._listed(page, end)
                return
            place = begin + 1

    def _listed(self, page: Page, end: int) -> Iterator[Finding]:
        while (joint := _AND.match(page.data, end)) is not None:
            match = self._loose.match(page.data, joint.end())
            if match is None or not page.alone(*match.span()):
                return
            if not self.fits(page.plain(*match.span())):
                return
            end = match.end()
            yield Finding(match.start(), end, self.kind, f"{self.name}.anchor", certain=True)
