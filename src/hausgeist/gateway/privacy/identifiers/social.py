# SPDX-License-Identifier: EUPL-1.2
"""Numbers of the German social insurances: pension, health, doctors and their practices."""

from hausgeist.core.findings import Kind
from hausgeist.gateway.privacy.identifiers import checks
from hausgeist.gateway.privacy.identifiers.rule import Detector, Rule

SOCIAL: tuple[Detector, ...] = (
    Rule(
        "pension",
        Kind.PENSION,
        r"[0-9]{2}[ -]?[0-9]{6}[ -]?[A-Z][ -]?[0-9]{2} ?[0-9]",
        check=checks.pension,
        anchors=(
            *("rentenversicherungsnummer", "rentenversicherungs-nr", "rentenversicherung", "rvnr"),
            *("sozialversicherungsnummer", "sozialversicherungs-nr", "sozialversicherung", "rv-nr"),
            *("sv-nummer", "sv-nr", "svnr", "rv-nummer", "rentennummer", "sozialvers.-nr"),
            *("versicherungsnummer", "vers.-nr", "vsnr", "versicherungs-nr", "versicherungskonto"),
        ),
        loose=r"[0-9]{2}[ .-]?[0-9]{2}[ .-]?[0-9]{2}[ .-]?[0-9]{2}[ .-]?[A-Za-z][ .-]?[0-9]{2}[ .-]?[0-9]",
        gap=60,
    ),
    Rule(
        "health",
        Kind.HEALTH,
        r"[A-Z][0-9]{9}|[A-Z] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}",
        check=checks.health,
        anchors=(
            *("krankenversichertennummer", "krankenversicherungsnummer", "versichertennummer"),
            *("versicherten-nr", "versichertennr", "kvnr", "kv-nr", "kv-nummer", "egk-nummer"),
            *("krankenkassennummer", "krankenversicherten-nr", "krankenversicherung"),
            *("gesundheitskarte", "versichertenkarte", "krankenversicherungs-nr", "egk", "kvnr."),
            *("versicherungsnummer", "versicherten-id", "krankenkasse"),
        ),
        loose=r"[A-Za-z][ -]?[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}(?:[ -]?[0-9]{9,10}(?:[0-9A-Z]{10})?)?",
        gap=60,
        vetoed=True,
        score=0.9,
    ),
    Rule(
        "doctor",
        Kind.DOCTOR,
        r"[0-9]{9}",
        check=checks.doctor,
        alone=False,
        anchors=(
            *("lanr", "bsnr", "arztnummer", "arzt-nr", "betriebsstättennummer", "lebenslange"),
            *("betriebsstätten-nr", "lebenslange arztnummer", "betriebsstätte", "nbsnr"),
        ),
        loose=r"[0-9]{2} ?[0-9]{2} ?[0-9]{3} ?[0-9]{2}|[0-9]{7}/?[0-9]{2}|[0-9]{7}",
        gap=40,
    ),
)
