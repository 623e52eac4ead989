# SPDX-License-Identifier: EUPL-1.2
"""Numbers of public registers of companies and associations, and Leitweg-IDs of the administration."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from stdnum.de import handelsregisternummer, leitweg

from hausgeist.core.findings import Finding, Kind
from hausgeist.gateway.privacy.identifiers import checks
from hausgeist.gateway.privacy.identifiers.page import Page, pattern
from hausgeist.gateway.privacy.identifiers.rule import STRICT, Detector, Rule

_NUMBER = pattern(
    r"(?:HR ?[AB]|GnR|GsR|PR|VR)(?:[ .-]|-?Nr\.? ?|: ?){0,3}[0-9]{1,6}(?: [A-Z]{1,3}\b)?"
)
_SURE = (b"HR", b"Gn", b"Gs")
"""Registers whose sign is nothing else; PR and VR need a word beside them."""
_COURT_AFTER = pattern(
    r" {0,2}(?:(?:beim|des|am|,|-|\() ?)?(?:Amtsgerichts?|AG|Registergericht)? ?"
)


@dataclass(frozen=True, slots=True)
class Registers:
    """HRA 11223, with its court where that stands beside it."""

    name: ClassVar[str] = "register"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.REGISTER})
    anchors: ClassVar[tuple[str, ...]] = (
        *("handelsregister", "registergericht", "amtsgericht", "vereinsregister", "register"),
        *("partnerschaftsregister", "genossenschaftsregister", "registernummer", "registerblatt"),
        *("gesellschaftsregister", "eingetragen beim", "register-nr"),
    )

    def find(self, page: Page) -> Iterator[Finding]:
        """Numbers of registers."""
        for match in _NUMBER.finditer(page.data):
            start, end = match.span()
            if page.data[end - 3 : end].strip() in {b"DE", b"AG", b"SE", b"KG", b"UG"}:
                end = page.data.rindex(b" ", start, end)
            sure = page.data[start : start + 2] in _SURE
            near = page.behind(self.name, start, STRICT)
            if page.alone(start, end) and (sure or near):
                start, end = _with_court(page, start, end)
                yield Finding(start, end, Kind.REGISTER, self.name, certain=True)


def _with_court(page: Page, start: int, end: int) -> tuple[int, int]:
    """The span with the name of the court directly before or after the number."""
    before = page.plain(max(0, start - 40), start).rstrip(" ,:")
    words = before.replace(",", " ").split(" ")
    for count in (3, 2, 1):
        name = " ".join(words[-count:])
        if name.casefold() in _courts():
            return page.data.rindex(name.encode("latin-1"), 0, start), end
    joint = _COURT_AFTER.match(page.data, end)
    place = joint.end() if joint is not None else end
    after = page.plain(place, place + 40)
    for name in sorted(_courts().values(), key=len, reverse=True):
        if after.startswith(name) and page.alone(place, place + len(name)):
            return start, place + len(name)
    return start, end


@cache
def _courts() -> dict[str, str]:
    """The courts that keep registers, by their folded names."""
    return {name.casefold(): name for name in handelsregisternummer.GERMAN_COURTS}


def _leitweg(value: str) -> bool:
    """KoSIT, Formatspezifikation Leitweg-ID: MOD 97-10; a date or a range of numbers has no letters."""
    return len(checks.bare(value)) >= 9 and leitweg.is_valid(value)


COMPANIES: tuple[Detector, ...] = (
    Registers(),
    Rule(
        "leitweg",
        Kind.LEITWEG,
        r"[0-9]{2,12}-(?:[A-Z0-9]{1,30}-)?[0-9]{2}",
        check=_leitweg,
        anchors=("leitweg-id", "leitwegid", "leitweg id", "leitweg", "buyerreference"),
        loose=r"[0-9]{2,12}-(?:[A-Za-z0-9]{1,30}-)?[0-9]{2}",
        gap=40,
    ),
)
