# SPDX-License-Identifier: EUPL-1.2
"""Number plates: a district that exists, one or two letters, up to four digits, E or H.

DIN A 4 has the shape of a plate of Dinslaken. So plates written with spaces alone must not stand among
words in capital letters, and the names of norms are none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from hausgeist.core.findings import Finding, Kind
from hausgeist.gateway.privacy.identifiers.districts import DISTRICTS
from hausgeist.gateway.privacy.identifiers.page import Page, pattern
from hausgeist.gateway.privacy.identifiers.rule import STRICT, connected

_PLATE = pattern(
    r"([A-ZÄÖÜ]{1,3})([ -]|[ :-] |: ?| - )([A-Z]{1,2})([ -]?)([1-9][0-9]{0,3})(?: ?[EH])?"
)
_LOOSE = pattern(
    r"[A-ZÄÖÜ]{1,3}[ :-]{0,3}[A-Z]{1,2}[ -]?[1-9][0-9]{0,3}(?: ?[EH])?"
    r"|[A-Z]{1,3}[ -]{1,3}[0-9]{1,6}(?:[ -]?[A-Z0-9]{1,4})?|[a-zäöü]{1,3}[ -][a-z]{1,2}[ -]?[1-9][0-9]{0,3}",
)
_NORMS = frozenset({"DIN", "ISO", "EN", "IEC", "VDE", "VDI", "IS", "NR", "BGB", "ART"})
_WORDS = frozenset(
    "AB AM AN BIS DA DU ER ES IM IN IS JA OB SO UM WO ZU VON MIT DER DIE DAS UND AUF BEI".split()
)
_NO_CARS = frozenset({("HD", "TV"), ("UH", "D"), ("PC", "IE"), ("WE", "G"), ("A", "B"), ("K", "O")})


@dataclass(frozen=True, slots=True)
class Plates:
    """German plates by themselves; behind their word also foreign ones and those of authorities."""

    name: ClassVar[str] = "plate"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.PLATE})
    anchors: ClassVar[tuple[str, ...]] = (
        *("kennzeichen", "kfz-kennzeichen", "autokennzeichen", "amtliches kennzeichen", "kfz"),
        *("nummernschild", "pkw", "fahrzeug", "kfz-kz", "license plate", "fahrzeugs", "lkw"),
        *("amtl. kennzeichen", "polizeiliches kennzeichen", "kraftfahrzeug", "anhänger", "krad"),
    )

    def find(self, page: Page) -> Iterator[Finding]:
        """Plates."""
        place = 0
        while (match := _PLATE.search(page.data, place)) is not None:
            start, end = match.span()
            parts = [part.decode("latin-1") for part in match.groups()]
            if page.alone(start, end) and _may_be(page, start, parts):
                yield Finding(start, end, Kind.PLATE, self.name, certain=False, score=0.8)
                place = end
            else:
                place = start + 1
        for begin, limit in page.anchored(self.name, STRICT):
            found = _LOOSE.search(page.data, begin, min(limit + 16, len(page.data)))
            if found is None or found.start() >= limit:
                continue
            start, end = found.span()
            if page.alone(start, end) and connected(page, begin, start):
                yield Finding(start, end, Kind.PLATE, "plate.anchor", certain=True)


def _may_be(page: Page, start: int, parts: list[str]) -> bool:
    """Whether a district, a joint, letters, a joint and digits are a plate."""
    district, joint, letters, _, _ = parts
    if district not in DISTRICTS or district in _NORMS or (district, letters) in _NO_CARS:
        return False
    if "-" not in joint and ":" not in joint:
        if letters in _NORMS or (district in _WORDS and letters in _WORDS):
            return False
        before = page.plain(max(0, start - 24), start).rsplit(maxsplit=1)
        return not (before and len(before[-1]) > 1 and before[-1].isupper())
    return page.plain(max(0, start - 1), start) not in {"-", "_", "/"}
