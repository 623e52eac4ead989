# SPDX-License-Identifier: EUPL-1.2
"""A person is erased: everything that is registered, in one transaction, with a receipt (Art. 17 GDPR).

Running answers end, sessions and keys are over with the commit. What stays is told with its reason: the
group's numbers in the ledger, the hashes of the audit trail, what others use of the library. What events
of the trail say of the person is taken out; the event of the erasure names the receipt, not the person.
The words are taken out of the database's index and log as well, as far as no reader is in the way.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from hausgeist.audit import Trail
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, LastAdmin, NotFound
from hausgeist.people.forgetting import forget_words
from hausgeist.people.holds import refuse
from hausgeist.people.receipt import Receipt, Signer
from hausgeist.people.registry import STORES
from hausgeist.store import accounts, erasure, holds, personal
from hausgeist.store.db import Store

KEPT = {
    "ledger": N_(
        "Numbers of use (tokens, cost) in the ledger: they were booked to the group, never to a person."
    ),
    "trail": N_(
        "Hashes of the audit trail, so that its order can still be proven. What the events said of this "
        "person was taken out; what this person changed as an administrator stays under a pseudonym that "
        "nobody can resolve any more."
    ),
    "library": N_(
        "Assistants and prompts that were shared with others, without owner and author, because others "
        "work with them."
    ),
    "copies": N_(
        "Copies of shared conversations and texts that others have made for themselves: they are theirs."
    ),
    "backups": N_("Backups that were made before, until the operator's rules replace them."),
}
"""What stays after an erasure, and why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked for an erasure: ``by`` is an id; ``way`` is person, administrator or command line."""

    by: str
    way: str
    organisation: str


class Erasure:
    """Erases people. ``changed`` forgets remembered credentials, ``ending`` ends what runs for a person."""

    def __init__(
        self,
        store: Store,
        trail: Trail,
        signer: Signer,
        now_ms: Callable[[], int],
        *,
        changed: Callable[[], None],
        ending: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self._store = store
        self._trail = trail
        self._signer = signer
        self._now_ms = now_ms
        self._changed = changed
        self.ending = ending

    async def erase(self, subject: str, asked: Asked) -> Receipt:
        """Erase everything of a person in one transaction; gives the receipt, which the house forgets.

        Raises:
            NotFound: there is no such person.
            LastAdmin: nobody would administer the house any more.
            DataHeld: a legal hold lasts.
        """
        await self._store.read(lambda c: self._check(c, subject))
        await self._end(subject)
        pseudonym = self._trail.pseudonym(subject)
        last = await self._store.read(erasure.newest)

        def used(body: str) -> bool:
            return self._trail.belongs(msgspec.json.decode(body), subject)

        seen = await self._store.read(lambda c: erasure.events_of(c, subject, pseudonym, used))
        receipt_id, now = secrets.token_hex(16), self._now_ms()
        login = ""
        stays = 0

        def work(connection: Any) -> dict[str, Fact]:
            nonlocal login, stays
            login = self._check(connection, subject)
            stays = personal.shared_items(connection, subject)
            facts: dict[str, Fact] = {one.name: one.erase(connection, subject) for one in STORES}
            newer = erasure.events_of(connection, subject, pseudonym, used, last)
            older = [seq for seq in seen if seq <= last]
            facts["events"] = erasure.forget_events(connection, [*older, *newer])
            return facts

        by = "house" if asked.by == subject else asked.by
        facts = await self._trail.change("user.erased", work, actor=by, subject=receipt_id)
        self._changed()
        await self._end(subject)
        await forget_words(self._store)
        counts = {name: int(count or 0) for name, count in (facts or {}).items()}
        return self._signer.signed(
            {
                "id": receipt_id,
                "at": f"{datetime.fromtimestamp(now / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}",
                "organisation": asked.organisation,
                "account": login,
                "asked_by": asked.way,
                "erased": counts,
                "kept": [
                    {"what": what, "why": why, **({"count": stays} if what == "library" else {})}
                    for what, why in KEPT.items()
                    if what != "library" or stays
                ],
            }
        )

    def _check(self, connection: Any, subject: str) -> str:
        """The login of somebody who may be erased."""
        person = accounts.user(connection, subject)
        if person is None:
            raise NotFound
        administers = person["role"] == "admin" and person["active"]
        if administers and not accounts.other_admins(connection, subject):
            raise LastAdmin
        refuse(holds.on_person(connection, subject, self._now_ms()))
        return str(person["login"])

    async def _end(self, subject: str) -> None:
        if self.ending is not None:
            await self.ending(subject)
