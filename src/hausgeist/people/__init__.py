# SPDX-License-Identifier: EUPL-1.2
"""What the house holds of people: how long, who may have it deleted, read out, erased, or held."""

from dataclasses import dataclass

from hausgeist.people.erasure import KEPT, Asked, Erasure
from hausgeist.people.export import Export
from hausgeist.people.holds import Holds, HoldWish
from hausgeist.people.receipt import Receipt, Signer, as_text
from hausgeist.people.registry import STORES, PersonalStore
from hausgeist.people.retention import Preview, Retention, Swept

__all__ = [
    "KEPT",
    "STORES",
    "Asked",
    "Erasure",
    "Export",
    "HoldWish",
    "Holds",
    "Lifecycle",
    "PersonalStore",
    "Preview",
    "Receipt",
    "Retention",
    "Signer",
    "Swept",
    "as_text",
]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The verbs over what is held of people."""

    retention: Retention
    holds: Holds
    export: Export
    erasure: Erasure
    receipts: Signer
