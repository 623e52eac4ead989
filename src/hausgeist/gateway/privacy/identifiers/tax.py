# SPDX-License-Identifier: EUPL-1.2
"""German tax numbers: Steuer-IdNr, Steuernummer and the numbers of value added tax of the EU."""

from stdnum.de import idnr
from stdnum.eu import vat

from hausgeist.core.findings import Kind
from hausgeist.gateway.privacy.identifiers import checks
from hausgeist.gateway.privacy.identifiers.rule import Detector, Rule

_LOOSE_ID = r"[0-9]{2}[ ./-]?[0-9]{3}[ ./-]?[0-9]{3}[ ./-]?[0-9]{3}|[0-9](?:[ ./-]?[0-9]){10}"


def _no_date(value: str) -> bool:
    return value.count(".") < 2


TAX: tuple[Detector, ...] = (
    Rule(
        "tax_id",
        Kind.TAX_ID,
        r"[1-9][0-9](?: [0-9]{3}){3}|[1-9][0-9](?:-[0-9]{3}){3}|[1-9][0-9]{10}",
        check=checks.by(idnr.validate),
        anchors=(
            *("steuer-id", "steuerid", "steuer-identnummer", "steueridentnummer", "steuer-idnr"),
            *("steueridentifikationsnummer", "steuer-identifikationsnummer", "steuerliche id"),
            *("identifikationsnummer", "idnr", "id-nr", "idnr.", "id-nr.", "steuer id", "tax id"),
            *("steuerliche identifikationsnummer", "steuer-id.-nr", "steuer-ident", "tin"),
        ),
        loose=_LOOSE_ID,
        gap=60,
        vetoed=True,
    ),
    Rule(
        "tax_number",
        Kind.TAX_NUMBER,
        # 181/815/08155 in its printed form is nothing else; without slashes only behind its word
        r"[0-9]{2,3}/[0-9]{3,4}/[0-9]{4,5}",
        anchors=(
            *("steuernummer", "steuer-nr", "steuernr", "st.-nr", "st.nr", "stnr", "st-nr"),
            *("steuer nr", "steuernummern", "elster-steuernummer", "elsternummer", "tax number"),
        ),
        loose=r"[0-9]{2,3}[ /.-]{1,3}[0-9]{3,4}[ /.-]{1,3}[0-9]{4,5}|[0-9]{10,13}"
        r"|[0-9]{5}[ /][0-9]{5}|[0-9]{4}[ /][0-9]{3,4}[ /][0-9]{4,5}",
        fits=_no_date,
        gap=60,
        score=0.9,
    ),
    Rule(
        "vat_id",
        Kind.VAT_ID,
        r"DE ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}|ATU ?[0-9]{8}|BE ?[01][0-9]{9}"
        r"|FR ?[0-9A-Z]{2} ?[0-9]{9}|NL ?[0-9]{9}B[0-9]{2}|PL ?[0-9]{10}|IT ?[0-9]{11}|LU ?[0-9]{8}"
        r"|ES ?[A-Z0-9][0-9]{7}[A-Z0-9]|DK ?[0-9]{8}|CZ ?[0-9]{8,10}|SE ?[0-9]{12}|EL ?[0-9]{9}"
        r"|PT ?[0-9]{9}|HU ?[0-9]{8}|SK ?[0-9]{10}|SI ?[0-9]{8}|FI ?[0-9]{8}|EE ?[0-9]{9}"
        r"|HR ?[0-9]{11}|IE ?[0-9][0-9A-Z+*][0-9]{5}[A-Z]{1,2}|BG ?[0-9]{9,10}|RO ?[0-9]{7,10}"
        r"|LT ?[0-9]{9}|LT ?[0-9]{12}|LV ?[0-9]{11}|MT ?[0-9]{8}|CY ?[0-9]{8}[A-Z]",
        check=checks.by(vat.validate),
        anchors=(
            *("ust-id", "ust-idnr", "ust.-id", "ust.-idnr", "ust-id-nr", "ust.-id.-nr", "ustid"),
            *("umsatzsteuer-id", "umsatzsteuer-identifikationsnummer", "umsatzsteuer-idnr"),
            *("umsatzsteueridentifikationsnummer", "ustidnr", "vat", "vat id", "vat no", "uid"),
            *("vat number", "mwst-nr", "uid-nummer", "atu"),
        ),
        loose=r"[A-Z]{2}[ -]?[A-Z]?[0-9](?:[ .-]?[0-9A-Z]){6,11}|[0-9]{9}",
        gap=60,
    ),
    Rule(
        "swiss_company",
        Kind.VAT_ID,
        r"CHE[- ]?[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}(?: (?:MWST|TVA|IVA))?",
        anchors=("uid", "uid-nummer", "mwst-nr", "unternehmens-identifikationsnummer"),
    ),
)
