# SPDX-License-Identifier: EUPL-1.2
"""Telephone numbers: valid by the numbering plan, or of a telephone's shape behind its word.

Dates, file numbers (0551/2023/1234) and whatever stands behind the word of another number are none. The
numbering plans of phonenumbers are asked about candidates only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import phonenumbers

from hausgeist.core.findings import Finding, Kind
from hausgeist.gateway.privacy.identifiers.page import Page, pattern
from hausgeist.gateway.privacy.identifiers.rule import STRICT, connected

_CANDIDATE = pattern(r"(?:\+|00|\(0|0)[0-9()]{0,20}(?:(?: ?[/.-] ?| |\) ?| ?\()[0-9()]{1,20}){0,7}")
_BEHIND = pattern(r"[+(]?[0-9](?:[ ()/.-]{0,3}[0-9]){2,17}")
_DATE = pattern(r"[0-3][0-9]\.[01][0-9]\.(?:[0-9]{2}|[0-9]{4})\b|[0-9]{4}-[01][0-9]-[0-3][0-9]\b")
_GROUPS = pattern(r"0[0-9]{2,3}(?: [0-9]{2,4}){2,6}(?:[^0-9 ]|$| [^0-9])")
_TITLE = pattern(r"0[0-9]{3} [0-9]{3} [0-9]{2}")  # chapter and title of a budget: 0301 526 01
_SERVICES = frozenset({"110", "112", "115", "116117", "116116", "19222", "116111", "116123"})
_EXTENSIONS = ("durchwahl", "nebenstelle", "dw", "hausapparat", "app.", "apparat")
DIGITS_MOST = 17


@dataclass(frozen=True, slots=True)
class Phones:
    """Numbers of Germany in its own forms, of all countries with their code."""

    name: ClassVar[str] = "phone"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.PHONE})
    anchors: ClassVar[tuple[str, ...]] = (
        *(
            "telefon",
            "tel",
            "tel.",
            "fon",
            "fax",
            "telefax",
            "mobil",
            "handy",
            "rufnummer",
            "phone",
        ),
        *(
            "mobiltelefon",
            "telefonnummer",
            "handynummer",
            "mobilnummer",
            "faxnummer",
            "telefonisch",
        ),
        *("whatsapp", "rückruf", "festnetz", "ruf", "mobile", "tel-nr", "tel.-nr", "erreichbar"),
        *("telefon-nr", "zentrale", "notruf", "anrufen", "telefon/fax", "tel./fax", "signal"),
        *_EXTENSIONS,
    )

    def find(self, page: Page) -> Iterator[Finding]:
        """Telephone numbers."""
        place = 0
        while (match := _CANDIDATE.search(page.data, place)) is not None:
            start, end = match.span()
            found = _valid(page, start, end) if end - start >= 7 and _free(page, start) else None
            if found is None:  # a number may begin behind this group of digits
                place = start + 1
                while place < end and page.data[place : place + 1].isdigit():
                    place += 1
                continue
            place = found
            yield Finding(start, found, Kind.PHONE, self.name, certain=False, score=0.85)
        for begin, limit in page.anchored(self.name, STRICT):
            yield from self._behind(page, begin, limit)

    def _behind(self, page: Page, begin: int, limit: int) -> Iterator[Finding]:
        for _ in range(3):
            found = _BEHIND.search(page.data, begin, min(limit + 30, len(page.data)))
            if found is None or found.start() >= limit:
                return
            start, end = found.span()
            text = page.plain(start, end)
            digits = "".join(letter for letter in text if letter.isdecimal())
            if not page.alone(start, end) or not connected(page, begin, start):
                return
            if not _tells(digits, page.plain(max(0, begin - 14), begin)) or _dated(page, start):
                return
            end = _cut(page, start, end)
            yield Finding(start, end, Kind.PHONE, "phone.anchor", certain=True)
            begin = end
            limit = min(end + 12, len(page.data))  # a second number: "oder 0171 …"


def _tells(digits: str, anchor: str) -> bool:
    """Whether so many digits can be a number behind this word."""
    short = anchor.lower().rstrip(" .:-").endswith(tuple(one.rstrip(".") for one in _EXTENSIONS))
    return digits not in _SERVICES and (2 if short else 5) <= len(digits) <= DIGITS_MOST


def _dated(page: Page, start: int) -> bool:
    return _DATE.match(page.data, start) is not None


def _cut(page: Page, start: int, end: int) -> int:
    """A closing bracket that belongs to the sentence does not belong to the number."""
    text = page.plain(start, end)
    while text and (text[-1] in " (/.-" or (text[-1] == ")" and text.count(")") > text.count("("))):
        text = text[:-1]
    return start + len(text)


def _free(page: Page, start: int) -> bool:
    """Whether nothing before it makes it part, or a number, of something else."""
    before = page.plain(max(0, start - 2), start)
    if before and (before[-1].isalnum() or (before[-1] in "-./,_:" and before[:1].isalnum())):
        return before.endswith((":", "/")) and not before[:1].isdecimal()
    if _DATE.match(page.data, start) is not None:
        return False
    if before.endswith(" ") and before[:1].isdecimal() and _GROUPS.match(page.data, start):
        return False  # the middle of a longer number in groups of three or four
    return not any(page.behind(name, start, 24) for name in ("veto", "account", "record"))


def _valid(page: Page, start: int, end: int) -> int | None:
    """The end of the longest valid number from here; None if there is none."""
    text = page.plain(start, end)
    if _is_title(text.strip()):
        return None
    for _ in range(4):
        text = text.rstrip(" (/.-")
        if text.endswith(")") and text.count(")") > text.count("("):
            text = text[:-1]
        digits = sum(letter.isdecimal() for letter in text)
        if digits < 7:
            return None
        if digits <= DIGITS_MOST and _number(text) and page.alone(start, start + len(text)):
            return start + len(text)
        shorter = max(text.rfind(joint) for joint in " /-.(")
        if shorter <= 0:
            return None
        text = text[:shorter]
    return None


@lru_cache(maxsize=2048)
def _number(text: str) -> bool:
    """Whether the plan of its country knows such a number."""
    if text.count("/") > 1 or text.count(".") > 4:
        return False
    try:
        number = phonenumbers.parse(text, "DE")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number)


@lru_cache(maxsize=2048)
def _is_title(text: str) -> bool:
    """Whether groups are those of a budget's chapter and title, and no area has the first as its code."""
    if _TITLE.fullmatch(text.encode()) is None:
        return False
    return phonenumbers.length_of_geographical_area_code(phonenumbers.parse(text, "DE")) != 3
