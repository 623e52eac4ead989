# SPDX-License-Identifier: EUPL-1.2
"""E-mail addresses: internal domains and domains with umlauts among them, and [at] for @.

No list of public suffixes is asked: an internal domain is an address as well. From each @ at most 64
characters are read to the left and 253 to the right (RFC 5321), and no @ is passed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from hausgeist.core.findings import Finding, Kind
from hausgeist.gateway.privacy.identifiers.page import Page, pattern
from hausgeist.gateway.privacy.identifiers.rule import STRICT

_AT = pattern(
    r"@|%40|&#64;|\\u0040| ?[\[({<] ?(?:at|ät|@|bei) ?[\])}>] ?| (?:AT|\(a\)) ", any_case=False
)
_DOT = pattern(r"\.| ?[\[({] ?(?:dot|punkt|\.) ?[\])}] ?| (?:DOT|PUNKT) ")
_LOCAL = frozenset("!#$%&'*+/=?^_`{|}~.-")
_LOCAL_MOST, _LABEL_MOST, _LABELS = 64, 63, 10
_FILES = frozenset("png jpg jpeg gif svg webp css js ts ico avif mp4".split())


@dataclass(frozen=True, slots=True)
class Mails:
    """Addresses of people and of offices: nobody can tell them apart."""

    name: ClassVar[str] = "email"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.EMAIL})
    anchors: ClassVar[tuple[str, ...]] = (
        *("e-mail", "email", "mail", "mailto", "e-mail-adresse", "mailadresse", "mail-adresse"),
        *("emailadresse", "e-mailadresse", "de-mail", "kontakt"),
    )

    def find(self, page: Page) -> Iterator[Finding]:
        """Addresses."""
        reached = 0
        for match in _AT.finditer(page.data):
            sign, after = match.span()
            start = _local(page, sign, reached)
            if start == sign:
                continue
            end, labels, last = _domain(page, after)
            if end == after or last in _FILES:
                continue
            written = after - sign > 1 and page.data[sign:after] not in {b"%40", b"&#64;"}
            named = page.behind(self.name, start, STRICT)
            if labels < 2 and not named:
                continue
            if written and not named and not last.isalpha():
                continue
            reached = end
            yield Finding(start, end, Kind.EMAIL, self.name, certain=True, score=0.99)


def _local(page: Page, sign: int, least: int) -> int:
    """Where the part before the @ begins; at the @ itself if there is none."""
    text, start = page.text, sign
    least = max(least, sign - _LOCAL_MOST)
    while start > least and (text[start - 1].isalnum() or text[start - 1] in _LOCAL):
        start -= 1
    while start < sign and not text[start].isalnum() and text[start] != "_":
        start += 1
    found = text.rfind("=", start, sign)  # from an address' parameters: to=erika@…
    return found + 1 if 0 <= found < sign - 1 else start


def _domain(page: Page, start: int) -> tuple[int, int, str]:
    """Where the domain ends, how many labels it has, and the last of them in lower case."""
    text, place, end, labels, last = page.text, start, start, 0, ""
    while labels < _LABELS:
        label = place
        while (
            place < len(text)
            and place - label < _LABEL_MOST
            and (text[place].isalnum() or (text[place] == "-" and place > label))
        ):
            place += 1
        if place == label:
            break
        stop = place
        while stop > label and text[stop - 1] == "-":
            stop -= 1
        end, labels, last = stop, labels + 1, text[label:stop].lower()
        joint = _DOT.match(page.data, place)
        if joint is None or stop < place:
            break
        place = joint.end()
    if last.isdecimal() and labels != 4:  # package@1.2.3 is no address; user@192.0.2.7 is one
        return start, 0, ""
    return end, labels, last
