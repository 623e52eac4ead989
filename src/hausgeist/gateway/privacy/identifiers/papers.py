# SPDX-License-Identifier: EUPL-1.2
"""Identity cards, passports, driving licences, and the machine-readable lines of documents.

The nine characters on a card's front carry no check digit: its word decides. The tenth, in the
machine-readable zone and often copied with it, is one.
"""

from hausgeist.core.findings import Kind
from hausgeist.gateway.privacy.identifiers import checks
from hausgeist.gateway.privacy.identifiers.rule import Detector, Rule


def _card(value: str) -> bool:
    """Ten characters of an identity card: a letter of an office first, two letters at least, or T."""
    plain = checks.bare(value)
    letters = sum(one.isalpha() for one in plain)
    return (letters >= 2 or plain[0] == "T") and checks.document(plain)


def _passport(value: str) -> bool:
    plain = checks.bare(value)
    return sum(one.isalpha() for one in plain) >= 2 and checks.document(plain)


def _three_digits(value: str) -> bool:
    """A number of a document: at least three of its characters are digits."""
    return sum(one.isdigit() for one in value) >= 3


PAPERS: tuple[Detector, ...] = (
    Rule(
        "id_card",
        Kind.ID_CARD,
        r"[LMNPRTVWXYZ][0-9CFGHJKLMNPRTVWXYZ]{8} ?[0-9]D?",
        check=lambda value: _card(value.rstrip("D")),
        anchors=(
            *("personalausweis", "personalausweisnummer", "ausweisnummer", "ausweis", "perso"),
            *("personalausweis-nr", "ausweis-nr", "pa-nr", "dokumentennummer", "seriennummer des"),
            *("aufenthaltstitel", "eat-nummer", "id-karte", "identitätskarte", "id card"),
        ),
        loose=r"[A-Za-z0-9][0-9A-Za-z]{8}(?:[ <]?[0-9]D?)?|[0-9]{10}D",
        fits=_three_digits,
        gap=60,
        score=0.85,
    ),
    Rule(
        "passport",
        Kind.PASSPORT,
        r"[CFGHJK][0-9CFGHJKLMNPRTVWXYZ]{8} ?[0-9]D?",
        check=lambda value: _passport(value.rstrip("D")),
        anchors=(
            *("reisepass", "reisepassnummer", "passnummer", "pass-nr", "reisepass-nr", "pass"),
            *("passport", "passport no", "passport number", "kinderreisepass", "paß", "reisepaß"),
            *("visum", "visum-nr", "visumnummer", "visum-nummer", "visa-nr", "visanummer"),
        ),
        loose=r"[A-Za-z][A-Za-z]?[0-9A-Za-z]{7,8}(?:[ <]?[0-9]D?)?|[0-9]{9,10}",
        fits=_three_digits,
        gap=60,
        score=0.85,
    ),
    Rule(
        "driving_licence",
        Kind.DRIVING_LICENCE,
        r"[A-Z][0-9]{2}[0-9A-Z][0-9A-Z]{5}[0-9X][0-9A-Z]",
        check=lambda value: not value[1:9].isdecimal() and checks.licence(value),
        anchors=(
            *("führerschein", "führerscheinnummer", "führerschein-nr", "fahrerlaubnis", "fs-nr"),
            *("fahrerlaubnisnummer", "führerscheins", "driving licence", "fahrerlaubnis-nr"),
        ),
        loose=r"[A-Za-z0-9]{4} ?[A-Za-z0-9]{5} ?[0-9Xx] ?[A-Za-z0-9]"
        r"|[0-9A-Z]{1,8}/[0-9]{2,6}(?:/[0-9]{2,4})?",
        fits=_three_digits,
        gap=60,
        score=0.85,
    ),
    Rule(
        "travel_zone",
        Kind.PASSPORT,
        r"(?:I[A-Z<]|P[A-Z<]|A[A-Z<]|V[A-Z<])[A-Z<]{3}[A-Z0-9<]{13,39}<[A-Z0-9<]*[A-Z0-9<]"
        r"|[0-9]{6}[0-9][MF<X][0-9]{7}[A-Z<]{1,3}[0-9A-Z<]{0,14}<+[0-9]",
        check=lambda value: value.count("<") >= 3,
        anchors=("mrz", "maschinenlesbare zone"),
        score=0.95,
    ),
)
