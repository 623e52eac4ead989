# SPDX-License-Identifier: EUPL-1.2
"""An item: one text that a task asks its question about, with where it came from and what it is for."""

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from hausgeist.core.tasks import Partition

TEXT_MOST = 1_000_000
"""Characters of a text, at most."""
META_MOST = 4_000
"""Characters of the properties of an item together, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One text. ``meta`` are the columns beside it; ``dup_of`` names the item it nearly repeats.

    ``rank`` was drawn at random once, 0 to 1. ``again`` is the schema version since which the item is to
    be answered again, 0: it is not. Times are milliseconds since the epoch.
    """

    id: str
    task_id: str
    seq: int
    text: str
    text_hash: str
    source: str = ""
    outside_id: str = ""
    meta: Mapping[str, str] = field(default_factory=dict)
    partition: Partition = Partition.POOL
    gold_version: int | None = None
    dup_of: str | None = None
    rank: float = 0.0
    worth: float = 0.0
    again: int = 0
    answered: int = 0
    """By how many people, as it counts now."""
    created_at: int = 0


def as_compared(text: str) -> str:
    """A text as it is compared with others: composed letters, single spaces, none around it."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def fingerprint(text: str) -> str:
    """The SHA-256 of a text as it is compared, in hexadecimal digits."""
    return hashlib.sha256(as_compared(text).encode("utf-8", "replace")).hexdigest()
