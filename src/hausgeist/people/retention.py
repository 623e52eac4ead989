# SPDX-License-Identifier: EUPL-1.2
"""How long conversations are kept, by data class: rules with a preview, and the round that deletes.

Rules come from an administrator; counts without names go back. The round deletes what is due, what has
lain in the bin for a day and files that were never sent, a few at a time so that nobody waits, and then
cuts the database's log, in which the words would still be. One server does it at a time.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.labels import DataClass
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, InvalidField
from hausgeist.people.forgetting import PAUSE, forget_words
from hausgeist.store import retention
from hausgeist.store.db import DatabaseError, Store
from hausgeist.store.retention import Due, Extent

log = logging.getLogger("hausgeist.people")

DAY_MS = 86_400_000
DAYS_MOST = 36_500
BIN_MS = DAY_MS
"""How long what was deleted can be taken back, and how long an unsent file waits."""
EVERY_MS = 3_600_000
"""A round begins an hour after the last one ended."""
LEASE_MS = 900_000
"""How long a server has the round; one that died leaves it to another after that."""
LOOK = 60.0
"""Seconds between two looks whether a round is due, and before the first."""
AT_ONCE = 20
"""Conversations in one transaction: some milliseconds of the writer."""
READ_AT_ONCE = 500
BY = "house"

Rules = Mapping[DataClass, int | None]


@dataclass(frozen=True, slots=True)
class Preview:
    """What rules would delete now: by class, and of how many people altogether."""

    by_class: Mapping[DataClass, Extent]
    people: int

    @property
    def conversations(self) -> int:
        """Conversations altogether."""
        return sum(one.conversations for one in self.by_class.values())

    @property
    def files(self) -> int:
        """Files altogether."""
        return sum(one.files for one in self.by_class.values())


@dataclass(slots=True)
class Swept:
    """What a round deleted: by retention, out of the bin, and files that were never sent."""

    conversations: int = 0
    files: int = 0
    bytes: int = 0
    binned: int = 0
    unsent: int = 0

    def facts(self) -> dict[str, Fact]:
        """As facts of an event."""
        return {
            "conversations": self.conversations,
            "files": self.files,
            "bytes": self.bytes,
            "binned": self.binned,
            "unsent": self.unsent,
        }


class Retention:
    """The rules and the round. ``now_ms`` gives milliseconds since the epoch."""

    def __init__(self, store: Store, trail: Trail, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._trail = trail
        self._now_ms = now_ms
        self._task: asyncio.Task[None] | None = None

    # -- the rules --------------------------------------------------------------------------------------

    async def rules(self) -> dict[DataClass, int | None]:
        """Days since the last use for every class; None: kept."""
        return await self._store.read(retention.rules)

    async def preview(self, rules: Rules) -> Preview:
        """What rules would delete if they held now.

        Raises:
            InvalidField: days that cannot be.
        """
        now = self._now_ms()
        cutoffs = _cutoffs(_checked(rules), now)

        def read(connection: Any) -> Preview:
            return Preview(
                retention.extent(connection, cutoffs, now),
                retention.people_of(connection, cutoffs, now),
            )

        return await self._store.read(read)

    async def save(self, rules: Rules, by: str) -> None:
        """Put rules into force; the next round deletes by them.

        Raises:
            InvalidField: days that cannot be.
        """
        wanted, now = _checked(rules), self._now_ms()

        def work(connection: Any) -> dict[str, Fact] | None:
            before = retention.rules(connection)
            if before == wanted:
                return None
            retention.set_rules(connection, wanted, now)
            facts: dict[str, Fact] = {}
            for one in DataClass:
                facts[f"before.{one.word}"] = before[one]
                facts[f"after.{one.word}"] = wanted[one]
            return facts

        await self._trail.change("retention.changed", work, actor=by)

    async def last_round(self) -> int | None:
        """When the last round ended, in milliseconds; None before the first."""
        return await self._store.read(retention.swept)

    # -- what people see ----------------------------------------------------------------------------------

    async def kept_until(self, owner_id: str, talk_id: str) -> int | None:
        """When a conversation will be deleted if nothing more is said in it; None: kept, or held."""
        now = self._now_ms()

        def read(connection: Any) -> int | None:
            rules = retention.rules(connection)
            if not any(rules.values()):
                return None
            found = retention.one(connection, owner_id, talk_id, now)
            return None if found is None else _until(found, rules)

        return await self._store.read(read)

    async def soon(self, owner_id: str, days: int, most: int = 100) -> list[tuple[Due, int]]:
        """A person's conversations that go within so many days, each with when; the first first."""
        now = self._now_ms()

        def read(connection: Any) -> list[tuple[Due, int]]:
            rules = retention.rules(connection)
            ahead = _cutoffs(rules, now + days * DAY_MS)
            if not ahead:
                return []
            found = retention.soon(connection, owner_id, ahead, now, most)
            return sorted(
                ((one, until) for one in found if (until := _until(one, rules)) is not None),
                key=lambda pair: pair[1],
            )

        return await self._store.read(read)

    # -- the round ----------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Look every minute whether a round is due."""
        self._task = asyncio.create_task(self._go(), name="retention")

    async def stop(self) -> None:
        """Stop looking; a round under way ends after its present transaction."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def look(self) -> Swept | None:
        """Do a round if one is due and no other server does it; None otherwise."""
        now = self._now_ms()
        if not await self._store.write(lambda c: retention.claim(c, now, now + LEASE_MS)):
            return None
        done = await self.sweep()
        ended = self._now_ms()

        def work(connection: Any) -> dict[str, Fact] | None:
            retention.release(connection, ended + EVERY_MS)
            retention.note_swept(connection, ended)
            return done.facts() if any(done.facts().values()) else None

        await self._trail.change("retention.swept", work, actor=BY)
        return done

    async def sweep(self) -> Swept:
        """Delete everything that is due now, for good."""
        done = Swept()
        await self._due(done)
        await self._bin(done)
        await self._unsent(done)
        await forget_words(self._store)  # also of what people have deleted themselves
        return done

    async def _due(self, done: Swept) -> None:
        while True:
            now = self._now_ms()
            cutoffs = _cutoffs(await self._store.read(retention.rules), now)
            if not cutoffs:
                return
            ids = await self._store.read(partial(_due, cutoffs, now))
            gone = 0
            for start in range(0, len(ids), AT_ONCE):
                some = ids[start : start + AT_ONCE]
                one = await self._write(partial(_delete_due, some, cutoffs, now))
                done.conversations += one.conversations
                done.files += one.files
                done.bytes += one.bytes
                gone += one.conversations
            if not gone:
                return

    async def _bin(self, done: Swept) -> None:
        while True:
            one = await self._write(partial(_delete_binned, self._now_ms()))
            done.binned += one.conversations
            done.files += one.files
            done.bytes += one.bytes
            if not one.conversations:
                return

    async def _unsent(self, done: Swept) -> None:
        while True:
            one = await self._write(partial(_delete_unsent, self._now_ms()))
            done.unsent += one.files
            done.bytes += one.bytes
            if not one.files:
                return

    async def _write(self, work: Callable[[Any], Extent]) -> Extent:
        found = await self._store.write(work)
        await asyncio.sleep(PAUSE)
        return found

    async def _go(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            try:
                await self.look()
            except DatabaseError as error:  # it may be away for a while; the next look finds it
                log.warning("a round of retention broke off: %s", type(error).__name__)


def _due(cutoffs: retention.Cutoffs, now_ms: int, connection: Any) -> list[str]:
    return retention.due(connection, cutoffs, now_ms, READ_AT_ONCE)


def _delete_due(ids: list[str], cutoffs: retention.Cutoffs, now_ms: int, connection: Any) -> Extent:
    return retention.delete_due(connection, ids, cutoffs, now_ms)


def _delete_binned(now_ms: int, connection: Any) -> Extent:
    return retention.delete_binned(connection, now_ms - BIN_MS, now_ms, AT_ONCE)


def _delete_unsent(now_ms: int, connection: Any) -> Extent:
    return retention.delete_unsent(connection, now_ms - BIN_MS, now_ms, AT_ONCE)


def _cutoffs(rules: Rules, now_ms: int) -> dict[DataClass, int]:
    return {one: now_ms - days * DAY_MS for one, days in rules.items() if days is not None}


def _until(found: Due, rules: Rules) -> int | None:
    days = rules[found.data_class]
    return None if days is None else found.used_at + days * DAY_MS


def _checked(rules: Rules) -> dict[DataClass, int | None]:
    """The rules for every class.

    Raises:
        InvalidField: days below one or beyond a century.
    """
    for one, days in rules.items():
        if days is not None and not 1 <= days <= DAYS_MOST:
            raise InvalidField(
                field="days", reason=N_("use 1 to 36500 days, or nothing"), param=one.word
            )
    return {one: rules.get(one) for one in DataClass}
