# SPDX-License-Identifier: EUPL-1.2
"""What a provider has promised: contract, use of the data, and which countries' law reaches it.

What nobody has entered is unknown, and unknown never meets a demand.
"""

from dataclasses import dataclass

EUROPE = frozenset(
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO CH".split()
)
"""Codes of the countries of the zone ``eu``: EU, EEA, Switzerland."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms under which a model is offered. None and the empty text mean: nobody knows.

    ``contract_since`` is the date of the contract on file (such as an AVV), as ``2026-11-22``; empty:
    there is none. ``retention_days`` is how long the provider keeps what it was sent. The countries are
    codes of two letters: of the operator, of the company that owns it, and of those who administer it.
    ``externally_hosted``: the provider passes this model's calls on to somebody else.
    """

    contract_since: str = ""
    trains: bool | None = None
    retention_days: int | None = None
    operator_country: str = ""
    parent_country: str = ""
    admin_country: str = ""
    externally_hosted: bool | None = None
    outputs_may_train: bool | None = None
    """What the model writes may be used to train a model of the house."""

    @property
    def european(self) -> bool:
        """Whether operator, owner and administrators are all known to be in Europe."""
        return {self.operator_country, self.parent_country, self.admin_country} <= EUROPE


UNKNOWN = Terms()
"""What holds of a provider of whom nobody has entered anything."""
