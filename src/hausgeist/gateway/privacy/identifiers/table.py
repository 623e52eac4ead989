# SPDX-License-Identifier: EUPL-1.2
"""The table of detectors: every kind of identifier has one, and its tests have vectors for each.

Names, addresses and dates of birth are found elsewhere (``privacy.names``); own and marked words are
what people say.
"""

from hausgeist.core.findings import Kind
from hausgeist.gateway.privacy.identifiers.bank import BANK
from hausgeist.gateway.privacy.identifiers.companies import COMPANIES
from hausgeist.gateway.privacy.identifiers.credentials import Secrets
from hausgeist.gateway.privacy.identifiers.foreign import FOREIGN
from hausgeist.gateway.privacy.identifiers.machines import MACHINES
from hausgeist.gateway.privacy.identifiers.mail import Mails
from hausgeist.gateway.privacy.identifiers.papers import PAPERS
from hausgeist.gateway.privacy.identifiers.phones import Phones
from hausgeist.gateway.privacy.identifiers.plates import Plates
from hausgeist.gateway.privacy.identifiers.records import Records
from hausgeist.gateway.privacy.identifiers.rule import Detector
from hausgeist.gateway.privacy.identifiers.social import SOCIAL
from hausgeist.gateway.privacy.identifiers.tax import TAX

DETECTORS: tuple[Detector, ...] = (
    Mails(),
    Secrets(),
    *BANK,
    *TAX,
    *SOCIAL,
    *PAPERS,
    *COMPANIES,
    *FOREIGN,
    *MACHINES,
    Plates(),
    Phones(),
    Records(),
)

ELSEWHERE = frozenset({Kind.PERSON, Kind.ADDRESS, Kind.BIRTH_DATE, Kind.OWN, Kind.MARKED})
"""Kinds that are no identifiers."""

VETO = (
    *("artikelnummer", "artikel-nr", "artikel", "art.-nr", "bestellnummer", "bestell-nr", "isbn"),
    *("rechnungsnummer", "rechnungs-nr", "rechnung", "seriennummer", "serien-nr", "teilenummer"),
    *("ean", "gtin", "pzn", "issn", "chargennummer", "charge", "materialnummer", "material-nr"),
    *("version", "v.", "release", "abschnitt", "kapitel", "ziffer", "inventarnummer", "sku", "doi"),
    *("lieferscheinnummer", "lieferschein", "auftragsnummer", "auftrags-nr", "losnummer", "bild"),
)
"""Words before a number that say it is of a thing: without another anchor it is left alone."""

VERSION = "1"
"""Of the rules as a whole; a new one makes what was remembered of texts worthless."""
