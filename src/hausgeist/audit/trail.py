# SPDX-License-Identifier: EUPL-1.2
"""The audit trail over the store's group commit. Actors are keyed pseudonyms; content never enters."""

import hmac
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from hausgeist.core.trail import AuditEvent, Fact
from hausgeist.store import trail
from hausgeist.store.db import Store

Change = Callable[[Any], Mapping[str, Fact] | None]


class Trail:
    """Appends events."""

    def __init__(self, store: Store, key: bytes, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._now_ms = now_ms
        self.pseudonym = lru_cache(maxsize=4096)(lambda actor: _pseudonym(key, actor))
        """An actor's keyed pseudonym, 16 hexadecimal digits; the same for the life of the install."""

    def note(self, kind: str, *, actor: str, subject: str = "", **facts: Fact) -> None:
        """Append an event; nobody waits for the commit."""
        self._store.write_later(trail.append, self._event(kind, actor, subject, facts))

    async def record(self, kind: str, *, actor: str, subject: str = "", **facts: Fact) -> None:
        """Append an event; returns after the commit."""
        await self._store.write_many(trail.append, self._event(kind, actor, subject, facts))

    async def change(
        self,
        kind: str | Callable[[], str],
        work: Change,
        *,
        actor: str,
        subject: str | Callable[[], str] = "",
    ) -> Mapping[str, Fact] | None:
        """Run a change and append its event in one transaction; returns after the commit.

        ``work`` gets the store's connection and gives the event's facts, or None when it changed
        nothing: then there is no event. What it raises undoes both. A kind or subject that only the work
        finds out is given as a callable, which is asked after it.
        """

        def both(connection: Any) -> Mapping[str, Fact] | None:
            facts = work(connection)
            if facts is not None:
                found = kind if isinstance(kind, str) else kind()
                whom = subject if isinstance(subject, str) else subject()
                trail.append(connection, [self._event(found, actor, whom, dict(facts))])
            return facts

        return await self._store.write(both)

    def _event(self, kind: str, actor: str, subject: str, facts: dict[str, Fact]) -> AuditEvent:
        return AuditEvent(
            kind=kind,
            at_ms=self._now_ms(),
            actor=self.pseudonym(actor),
            subject="" if subject == actor else subject,  # or the id would unveil the pseudonym
            facts=tuple(facts.items()),
        )


def _pseudonym(key: bytes, actor: str) -> str:
    return hmac.new(key, actor.encode(), "sha256").hexdigest()[:16]
