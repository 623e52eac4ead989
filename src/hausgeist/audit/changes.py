# SPDX-License-Identifier: EUPL-1.2
"""The trail read as a list of the administration's changes. What tells of anybody's use is not in it."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from hausgeist.core.trail import Fact
from hausgeist.store import changes
from hausgeist.store.db import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A change. ``actor`` is a pseudonym; ``facts`` as the event has them; ``at_ms`` since the epoch."""

    seq: int
    at_ms: int
    kind: str
    actor: str
    subject: str
    facts: dict[str, Fact]


class Changes:
    """Reads changes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def page(
        self, prefixes: Sequence[str], before: int | None = None, count: int = 50
    ) -> tuple[list[Changed], bool]:
        """A page of changes whose kinds begin so, the newest first; and whether there are older ones."""
        rows = await self._store.read(
            lambda connection: changes.page(connection, prefixes, before, count + 1)
        )
        found = []
        for row in rows[:count]:
            body = msgspec.json.decode(row["body"])
            found.append(
                Changed(
                    seq=row["seq"],
                    at_ms=row["at"],
                    kind=row["kind"],
                    actor=body["actor"],
                    subject=body["subject"],
                    facts=body["facts"],
                )
            )
        return found, len(rows) > count
