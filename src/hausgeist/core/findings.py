# SPDX-License-Identifier: EUPL-1.2
"""What detectors find in a text, as values: spans, their kinds, and what they say of its data class.

The texts themselves are keys here, so an ``Examination`` is content: it never reaches logs or storage.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hausgeist.core.labels import DataClass


class Kind(StrEnum):
    """What a span is. In capital letters it is the word of a pseudonym, such as ``[[PERSON_1]]``."""

    PERSON = "person"
    ADDRESS = "address"
    BIRTH_DATE = "birth_date"
    FILE_NUMBER = "file_number"
    EMAIL = "email"
    PHONE = "phone"
    IBAN = "iban"
    BIC = "bic"
    CARD = "card"
    """A payment card."""
    ACCOUNT = "account"
    """A bank account or customer number behind its anchor word."""
    TAX_ID = "tax_id"
    TAX_NUMBER = "tax_number"
    VAT_ID = "vat_id"
    PENSION = "pension"
    HEALTH = "health"
    """The number of a health insurance card."""
    DOCTOR = "doctor"
    """LANR and BSNR."""
    ID_CARD = "id_card"
    PASSPORT = "passport"
    DRIVING_LICENCE = "driving_licence"
    PLATE = "plate"
    FOREIGN_ID = "foreign_id"
    """A person's number of another country, such as an AHV number or a codice fiscale."""
    REGISTER = "register"
    """A number of a public register of companies."""
    LEITWEG = "leitweg"
    IP = "ip"
    MAC = "mac"
    IMEI = "imei"
    SECRET = "secret"  # noqa: S105  a kind, no password
    """A password, key or token of a machine."""
    OWN = "own"
    """What the organisation's own directory lists."""
    MARKED = "marked"
    """What the person who asks has marked."""


OF_NO_PERSON = frozenset({Kind.BIC, Kind.REGISTER, Kind.LEITWEG, Kind.VAT_ID})
"""Kinds that are hidden where hiding is due, and by themselves do not make a text personal."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A span of a text: characters ``start`` to ``end`` (exclusive).

    ``rule`` names what found it. ``certain``: a check digit or an anchor word vouches for it, so that
    no click takes it back. ``score`` is between 0 and 1.
    """

    start: int
    end: int
    kind: Kind
    rule: str
    certain: bool = False
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found, by text. Findings of a text are in order and do not overlap."""

    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)

    def counts(self) -> Counter[Kind]:
        """How many there are of each kind."""
        return Counter(one.kind for found in self.findings.values() for one in found)

    def without(self, said: Collection[str]) -> "Examination":
        """The rest, where somebody says that these words are nothing personal; what is certain stays.

        ``said`` are words in lower case with single blanks.
        """
        if not said:
            return self
        return Examination(
            {
                text: tuple(
                    one
                    for one in found
                    if one.certain
                    or " ".join(text[one.start : one.end].split()).lower() not in said
                )
                for text, found in self.findings.items()
            }
        )

    @property
    def data_class(self) -> DataClass | None:
        """The class that the findings speak for; None if they speak for none."""
        if any(kind not in OF_NO_PERSON for kind in self.counts()):
            return DataClass.PERSONAL
        return None
