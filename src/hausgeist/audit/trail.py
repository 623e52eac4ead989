# SPDX-License-Identifier: EUPL-1.2
"""The audit trail over the store's group commit. Actors are keyed pseudonyms; content never enters.

Who changes the house has one pseudonym, so that the changes of one hand can be seen as such. What tells of
somebody's *use* (``USED``) has a new pseudonym for every event: nobody can add up or follow one person's
calls, logins or links, neither by the actor nor by what is acted on. Who knows person and event, and has
the house's secret, can show that they belong together (``belongs``); nobody else can.
"""

import hmac
import secrets
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from hausgeist.core.trail import USED, AuditEvent, Fact
from hausgeist.store import trail
from hausgeist.store.db import Store

NONCE = "nonce"
"""The fact that makes the pseudonym of such an event its own."""

Change = Callable[[Any], Mapping[str, Fact] | None]


class Trail:
    """Appends events."""

    def __init__(self, store: Store, key: bytes, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._now_ms = now_ms
        self._key = key
        self.pseudonym = lru_cache(maxsize=4096)(lambda actor: _pseudonym(key, actor))
        """Who changes the house: a keyed pseudonym of 16 hexadecimal digits, for the life of the install."""

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

    def belongs(self, event: Mapping[str, Any], actor: str, subject: str = "") -> bool:
        """Whether an event of the trail (decoded) was this actor's; of a call, with the call's id."""
        if not str(event["kind"]).startswith(USED):
            return hmac.compare_digest(str(event["actor"]), self.pseudonym(actor))
        nonce = str(event["facts"].get(NONCE, ""))
        if subject and not hmac.compare_digest(str(event["subject"]), self._once(nonce, subject)):
            return False
        return hmac.compare_digest(str(event["actor"]), self._once(nonce, actor))

    def _event(self, kind: str, actor: str, subject: str, facts: dict[str, Fact]) -> AuditEvent:
        of_themselves = subject == actor  # or the id would unveil the pseudonym
        if kind.startswith(USED):
            nonce = secrets.token_hex(8)
            shown = "" if of_themselves or not subject else self._once(nonce, subject)
            return AuditEvent(
                kind=kind,
                at_ms=self._now_ms(),
                actor=self._once(nonce, actor),
                subject=shown,
                facts=(*facts.items(), (NONCE, nonce)),
            )
        return AuditEvent(
            kind=kind,
            at_ms=self._now_ms(),
            actor=self.pseudonym(actor),
            subject="" if of_themselves else subject,
            facts=tuple(facts.items()),
        )

    def _once(self, nonce: str, what: str) -> str:
        return _pseudonym(self._key, f"once {nonce} {what}")


def _pseudonym(key: bytes, actor: str) -> str:
    return hmac.new(key, actor.encode(), "sha256").hexdigest()[:16]
