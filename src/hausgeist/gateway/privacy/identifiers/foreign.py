# SPDX-License-Identifier: EUPL-1.2
"""Persons' numbers of other countries, by their shapes and check digits."""

from types import ModuleType

from stdnum.at import tin, vnr
from stdnum.be import nn
from stdnum.bg import egn
from stdnum.ch import ssn
from stdnum.cz import rc
from stdnum.dk import cpr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.hr import oib
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.ro import cnp
from stdnum.se import personnummer

from hausgeist.core.findings import Kind
from hausgeist.gateway.privacy.identifiers import checks
from hausgeist.gateway.privacy.identifiers.rule import Detector, Rule


def _foreign(
    name: str,
    shape: str,
    check: ModuleType,
    anchors: tuple[str, ...],
    *,
    alone: bool = True,
    loose: str = "",
) -> Rule:
    return Rule(
        name,
        Kind.FOREIGN_ID,
        shape,
        check=checks.by(check.validate),
        anchors=anchors,
        alone=alone,
        loose=loose,
        gap=40,
        vetoed=True,
    )


FOREIGN: tuple[Detector, ...] = (
    _foreign(
        "at_social",
        r"[1-9][0-9]{3}[ -]?[0-3][0-9][01][0-9]{3}",
        vnr,
        ("sozialversicherungsnummer", "sv-nummer", "sv-nr", "svnr", "versicherungsnummer"),
        loose=r"[0-9]{4}[ /-]?[0-9]{6}|[0-9]{4}[ /-]?[0-9]{2}[ .]?[0-9]{2}[ .]?[0-9]{2}",
    ),
    _foreign(
        "at_tax",
        r"[0-9]{2}-[0-9]{3}/[0-9]{4}",
        tin,
        ("abgabenkontonummer", "steuernummer", "tin", "abgabenkonto"),
    ),
    _foreign(
        "ch_ahv",
        r"756\.[0-9]{4}\.[0-9]{4}\.[0-9]{2}|756 ?[0-9]{4} ?[0-9]{4} ?[0-9]{2}",
        ssn,
        ("ahv", "ahv-nummer", "ahv-nr", "ahvn13", "sozialversicherungsnummer", "avs"),
        loose=r"756[ .]?[0-9]{4}[ .]?[0-9]{4}[ .]?[0-9]{2}",
    ),
    _foreign(
        "fr_nir",
        r"[1-478] ?[0-9]{2} ?[0-9]{2} ?[0-9][0-9AB] ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}",
        nir,
        ("nir", "insee", "sécurité sociale", "numéro de sécurité sociale", "sécu"),
    ),
    _foreign(
        "it_fiscal",
        r"[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]",
        codicefiscale,
        ("codice fiscale", "c.f.", "cod. fisc."),
        loose=r"[A-Z]{3} ?[A-Z]{3} ?[0-9A-Z]{2}[A-Z][0-9A-Z]{2} ?[A-Z][0-9A-Z]{3}[A-Z]",
    ),
    _foreign("es_dni", r"[0-9]{8}-?[A-HJ-NP-TV-Z]", dni, ("dni", "nif", "documento")),
    _foreign("es_nie", r"[XYZ]-?[0-9]{7}-?[A-HJ-NP-TV-Z]", nie, ("nie", "nif")),
    _foreign(
        "nl_bsn",
        r"[0-9]{9}",
        bsn,
        ("bsn", "burgerservicenummer", "sofinummer", "sofi"),
        alone=False,
        loose=r"[0-9]{3}[ .]?[0-9]{3}[ .]?[0-9]{3}|[0-9]{4}[ .][0-9]{2}[ .][0-9]{3}",
    ),
    _foreign(
        "be_national",
        r"[0-9]{2}\.[01][0-9]\.[0-3][0-9]-[0-9]{3}\.[0-9]{2}|[0-9]{2}[01][0-9][0-3][0-9]{6}",
        nn,
        ("rijksregisternummer", "numéro national", "nationalregisternummer", "niss", "insz"),
        loose=r"[0-9]{2}[ .]?[0-9]{2}[ .]?[0-9]{2}[ .-]?[0-9]{3}[ .-]?[0-9]{2}",
    ),
    _foreign("pl_pesel", r"[0-9]{4}[0-3][0-9]{6}", pesel, ("pesel",), loose=r"[0-9]{11}"),
    _foreign(
        "se_personal",
        r"(?:19|20)?[0-9]{2}[01][0-9][0-3][0-9][-+][0-9]{4}",
        personnummer,
        ("personnummer",),
        loose=r"(?:19|20)?[0-9]{6}[-+]?[0-9]{4}",
    ),
    _foreign("dk_cpr", r"[0-3][0-9][01][0-9]{3}-[0-9]{4}", cpr, ("cpr", "cpr-nummer"), alone=False),
    _foreign(
        "fi_hetu",
        r"[0-3][0-9][01][0-9]{3}[-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y]",
        hetu,
        ("hetu", "henkilötunnus"),
    ),
    _foreign(
        "cz_birth",
        r"[0-9]{2}[0-8][0-9][0-3][0-9]/[0-9]{3,4}",
        rc,
        ("rodné číslo", "rodn? ??slo", "rodné ??slo"),
    ),
    _foreign("ro_cnp", r"[1-9][0-9]{12}", cnp, ("cnp",), alone=False),
    _foreign("hr_oib", r"[0-9]{11}", oib, ("oib",), alone=False),
    _foreign("bg_egn", r"[0-9]{10}", egn, ("egn",), alone=False),
)
