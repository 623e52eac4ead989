# SPDX-License-Identifier: EUPL-1.2
"""IBAN, BIC, payment cards, and account and customer numbers behind their words."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from hausgeist.core.findings import Finding, Kind
from hausgeist.gateway.privacy.identifiers import checks
from hausgeist.gateway.privacy.identifiers.page import Page, pattern
from hausgeist.gateway.privacy.identifiers.rule import STRICT, Detector, Rule, connected

_LENGTHS = {
    15: "NO",
    16: "BE",
    18: "DK FI FO GL NL",
    19: "MK SI",
    20: "AT BA EE KZ LT LU XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS",
    23: "AE GI IL IQ TL OM",
    24: "AD CZ ES MD PK RO SA SE SK TN VA",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HU LB NI PL",
    29: "BR EG PS QA UA",
    30: "JO KW MU",
    31: "MT SC",
    33: "RU",
}
"""Lengths of IBANs by country (SWIFT's IBAN registry)."""

_FEWEST = 8
"""Digits that a part of an IBAN has at least to be hidden behind its word."""

LENGTHS = {country: length for length, row in _LENGTHS.items() for country in row.split()}
_JOINTS = frozenset({b" ", b"-", b".", b"/", b"\n", b"\t"})
_START = pattern(r"[A-Z]{2} ?[0-9]{2}[\s A-Z0-9./-]", any_case=True)
_PART = pattern(
    r"[A-Z]{2} ?[0-9]{2}(?:[\s./-]?[A-Z]{4})?(?:[\s./-]?[0-9]{1,4}){1,9}[A-Z]?", any_case=True
)


@dataclass(frozen=True, slots=True)
class Ibans:
    """The country says how long it is, so that it never runs into the next word."""

    name: ClassVar[str] = "iban"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.IBAN})
    anchors: ClassVar[tuple[str, ...]] = (
        *("iban", "bankverbindung", "kontoverbindung", "konto-iban", "sepa-konto"),
        *("konto", "kontonummer", "bankkonto", "überweisung", "bank details"),
    )

    def find(self, page: Page) -> Iterator[Finding]:
        """IBANs whose check digits fit, and any behind their word."""
        spans = page.anchored(self.name, STRICT)
        place = 0
        while (match := _START.search(page.data, place)) is not None:
            start = match.start()
            place = start + 1
            end = _end(page, start)
            if end is None:
                if (end := _part(page, start)) is None or not _behind(page, spans, start):
                    continue
                yield Finding(start, end, Kind.IBAN, "iban.anchor", certain=True)
                place = end
            elif checks.mod97(page.plain(start, end)):
                yield Finding(start, end, Kind.IBAN, self.name, certain=True)
                place = end
            elif _behind(page, spans, start):
                yield Finding(start, end, Kind.IBAN, "iban.anchor", certain=True)
                place = end
            elif _typed(page.plain(start, end)):
                yield Finding(start, end, Kind.IBAN, "iban.form", certain=False, score=0.8)
                place = end


def _behind(page: Page, spans: list[tuple[int, int]], start: int) -> bool:
    """Whether an anchor speaks of what begins here."""
    place = bisect_right(spans, (start, len(page.data))) - 1
    return place >= 0 and start < spans[place][1] and connected(page, spans[place][0], start)


def _part(page: Page, start: int) -> int | None:
    """Where what was to be an IBAN ends, though it has too few characters or too many; else None."""
    match = _PART.match(page.data, start)
    if match is None or page.text[start - 1 : start].isalnum():
        return None
    value = page.plain(*match.span())
    digits = sum(letter.isdigit() for letter in value)
    known = value[:2].upper() in LENGTHS and page.alone(*match.span())
    return (
        match.end()
        if known and digits >= _FEWEST and digits * 2 >= len(checks.bare(value))
        else None
    )


def _typed(value: str) -> bool:
    """Whether it is written as IBANs alone are: a country, digits, groups of four; one is mistyped."""
    return (
        value[:2].isupper()
        and all(len(group) == 4 for group in value.split(" ")[:-1])
        and (" " in value or (len(value) == 22 and value[2:].isdecimal()))
    )


def _end(page: Page, start: int) -> int | None:
    """Where an IBAN that begins here ends; None if none can."""
    data, size = page.data, len(page.data)
    length = LENGTHS.get(data[start : start + 2].decode("latin-1").upper())
    if length is None or (start and page.text[start - 1].isalnum()):
        return None
    seen, digits, place = 0, 0, start
    while place < size and seen < length:
        letter = data[place : place + 1]
        if letter.isalnum() and letter.isascii():
            seen += 1
            digits += letter.isdigit()
        elif letter not in _JOINTS or not data[place - 1 : place].isalnum():
            return None
        place += 1
    if seen < length or digits * 2 < length or not page.alone(start, place):
        return None
    return place


def _card(value: str) -> bool:
    plain = checks.bare(value)
    return _ISSUER.fullmatch(plain.encode()) is not None and checks.card(plain)


_ISSUER = pattern(
    r"4[0-9]{15}(?:[0-9]{3})?|(?:5[1-5]|2[2-7])[0-9]{14}|3[47][0-9]{13}|3[0689][0-9]{12}"
    r"|(?:35|6[0245])[0-9]{14}(?:[0-9]{3})?"
)


def _account(value: str) -> bool:
    """Three digits at least; no date, no amount."""
    digits = sum(letter.isdigit() for letter in value)
    return digits >= 4 and not _DATE.fullmatch(value.encode("latin-1"))


_DATE = pattern(
    r"[0-3]?[0-9]\.[01]?[0-9]\.(?:[0-9]{2}|[0-9]{4})?|(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]"
)

BANK: tuple[Detector, ...] = (
    Ibans(),
    Rule(
        "bic",
        Kind.BIC,
        # without its word only the long form with the placeholder for the main office
        r"[A-Z]{4}(?:DE|AT|CH|LI|LU|FR|NL|BE|IT|ES|PL|CZ|DK)[A-Z0-9]{2}XXX",
        anchors=("bic", "swift", "bic-code", "swift-code", "bic/swift", "swift/bic"),
        loose=r"[A-Z]{4} ?[A-Z]{2} ?[A-Z0-9]{2}(?: ?[A-Z0-9]{3})?",
        score=0.9,
    ),
    Rule(
        "card",
        Kind.CARD,
        r"[2-6][0-9]{3}(?:[ -]?[0-9]{4}){3}|3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}"
        r"|3[0689][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{4}|[46][0-9]{18}",
        check=_card,
        anchors=(
            *("kreditkarte", "kartennummer", "karten", "kreditkartennummer", "mastercard", "visa"),
            *("american express", "amex", "visa-karte", "debitkarte", "credit card", "card number"),
        ),
        loose=r"[0-9]{4}(?:[ -]?[0-9]{4}){2,3}(?:[ -]?[0-9]{1,3})?"
        r"|[0-9]{4}[ -][0-9]{6}[ -][0-9]{4,5}|[0-9]{13,19}",
        vetoed=True,
    ),
    Rule(
        "account",
        Kind.ACCOUNT,
        r"[0-9]",
        alone=False,
        anchors=(
            *(
                "kontonummer",
                "konto-nr",
                "konto",
                "kto",
                "kto.",
                "bankleitzahl",
                "blz",
                "bankkonto",
            ),
            *("kundennummer", "kunden-nr", "kunden", "kd-nr", "kdnr", "kd.-nr", "kundenkonto"),
            *("mitgliedsnummer", "mitglieds-nr", "mitglied", "mitgliedsausweis", "vertragsnummer"),
            *("vertrags-nr", "vertrag", "vertragskonto", "zählernummer", "zähler", "debitor"),
            *("debitorennummer", "kreditor", "kreditorennummer", "personalnummer", "personal-nr"),
            *("pers.-nr", "persnr", "matrikelnummer", "matrikel-nr", "matrikel", "depotnummer"),
            *("depot", "sparbuch", "mandatsreferenz", "beitragsnummer", "beitragskonto"),
            *("versicherungsscheinnummer", "versicherungsschein", "policennummer", "police"),
            *("versicherungsnummer", "vers.-nr", "vsnr", "patientennummer", "patienten-nr"),
            *(
                "patienten-id",
                "patient:",
                "patientin:",
                "pat.-nr",
                "kunden-id",
                "customer number",
                "account number",
                "account no",
            ),
            *("azr-nummer", "azr-nr", "azr-kennzeichen", "ausländerzentralregister"),
            *("personenkonto", "kassenkonto", "benutzernummer", "lesernummer", "leserausweis"),
            *("schülernummer", "dienstausweis", "dienstnummer", "betriebsnummer", "pk-nr"),
        ),
        loose=r"(?:[A-Z]{1,4}[-/ ]?)?[0-9](?:[A-Z]{0,3}[ ./-]?[0-9A-Z]){2,23}",
        fits=_account,
    ),
)
