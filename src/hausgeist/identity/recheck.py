# SPDX-License-Identifier: EUPL-1.2
"""Once a day: whom a directory no longer has loses the account here, with sessions and keys.

A directory that suddenly has almost nobody has a fault, or its filter does: if more than a fifth would go,
nobody goes, and the audit trail says so. OpenID providers cannot be asked; they end sessions by themselves.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from hausgeist.audit import Trail
from hausgeist.errors import HausgeistError, LastAdmin
from hausgeist.identity.ldap import Directory
from hausgeist.identity.logins import Logins
from hausgeist.identity.people import People
from hausgeist.identity.tokens import DAY_MS
from hausgeist.store import logins as rows
from hausgeist.store.db import DatabaseError, Store

log = logging.getLogger("hausgeist.identity")

FRACTION = 5
"""At most one in so many goes in one day, and one at least may."""
EVERY_SECONDS = 3600.0
"""How often a process looks whether the day's work is still to be done."""


class Recheck:
    """Looks through the directories that are on."""

    def __init__(
        self,
        store: Store,
        trail: Trail,
        *,
        logins: Logins,
        people: People,
        now_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._trail = trail
        self._logins = logins
        self._people = people
        self._now_ms = now_ms
        self._due = 0.0
        self._task: asyncio.Task[None] | None = None

    async def look(self) -> None:
        """Begin when it is time; nobody waits for it."""
        if self._due > time.monotonic() or (self._task is not None and not self._task.done()):
            return
        self._due = time.monotonic() + EVERY_SECONDS
        self._task = asyncio.create_task(self._go())

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def check(self, directory: Directory) -> int:
        """Look through one directory, unless somebody did today; gives how many accounts have ended.

        Raises:
            Upstream, EgressDenied, Unavailable: it does not answer properly; nobody has lost anything.
        """
        source, today = directory.source, self._now_ms() // DAY_MS
        links = await self._store.read(
            lambda connection: (
                []
                if rows.day_taken(connection, source, today)
                else rows.active_links(connection, source)
            )
        )
        if not links:
            return 0
        people = dict(links)
        gone = await directory.missing(list(people))
        mine = await self._store.write(lambda connection: rows.take_day(connection, source, today))
        if not mine or not gone:
            return 0
        if len(gone) > max(1, len(people) // FRACTION):
            await self._trail.record(
                "login_source.recheck_refused",
                actor=f"login source {source}",
                subject=source,
                missing=len(gone),
                of=len(people),
            )
            log.warning(
                "%s misses %d of %d people; nobody was deactivated", source, len(gone), len(people)
            )
            return 0
        return await self._deactivate([people[subject] for subject in gone], source)

    async def _deactivate(self, people: list[str], source: str) -> int:
        ended = 0
        for user_id in people:
            try:
                await self._people.set_active(user_id, active=False, by=f"login source {source}")
            except LastAdmin:
                log.warning("%s no longer has the last administrator, who stays", source)
            else:
                ended += 1
        return ended

    async def _go(self) -> None:
        for directory in self._logins.directories():
            try:
                await self.check(directory)
            except HausgeistError as error:
                log.warning("could not look through %s: %s", directory.source, error.code)
            except DatabaseError as error:
                log.warning("could not look through %s: %s", directory.source, type(error).__name__)
