# SPDX-License-Identifier: EUPL-1.2
"""Announcements of the house to everybody who is logged in: Markdown, from when, until when.

The trail names an announcement by its id and the hash of its text, never by its words.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from hausgeist.audit import Trail
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, InvalidField, NotFound
from hausgeist.identity.tokens import new_id
from hausgeist.store import announcements as rows
from hausgeist.store.accounts import Row
from hausgeist.store.db import Store

KINDS: Final = ("info", "warn")
LONGEST: Final = 2000
"""Characters of an announcement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """Times in milliseconds since the epoch; None: from the beginning, or for good."""

    id: str
    kind: Literal["info", "warn"]
    text: str
    starts_at: int | None
    ends_at: int | None

    def state(self, now_ms: int) -> Literal["coming", "shown", "over"]:
        """Whether it is shown."""
        if self.ends_at is not None and self.ends_at <= now_ms:
            return "over"
        return "coming" if self.starts_at is not None and self.starts_at > now_ms else "shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What an announcement shall say."""

    kind: str
    text: str
    starts_at: int | None = None
    ends_at: int | None = None


class Announcements:
    """Verbs of announcements; ``by`` is the id of who does it."""

    def __init__(
        self,
        store: Store,
        trail: Trail,
        *,
        now_ms: Callable[[], int],
        clock: Callable[[], float],
        remember: float,
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._trail = trail
        self._now_ms = now_ms
        self._clock = clock
        self._remember = remember
        self._changed = changed
        self._until = 0.0
        self._unended: tuple[Announcement, ...] = ()

    async def current(self) -> tuple[Announcement, ...]:
        """Those shown now, the oldest first; remembered for a moment."""
        if self._until <= self._clock():
            now = self._now_ms()
            found = await self._store.read(lambda connection: rows.unended(connection, now))
            self._unended = tuple(map(_announcement, found))
            self._until = self._clock() + self._remember
        now = self._now_ms()
        return tuple(one for one in self._unended if one.state(now) == "shown")

    async def all(self) -> list[Announcement]:
        """All of them, the newest first."""
        return list(map(_announcement, await self._store.read(rows.every)))

    async def get(self, announcement_id: str) -> Announcement:
        """One of them.

        Raises:
            NotFound: there is none.
        """
        row = await self._store.read(lambda connection: rows.find(connection, announcement_id))
        if row is None:
            raise NotFound
        return _announcement(row)

    async def create(self, wording: Wording, by: str) -> str:
        """Announce something; gives its id.

        Raises:
            InvalidField: what is wrong with it.
        """
        columns = _checked(wording)
        made = new_id()
        now = self._now_ms()

        def work(connection: Any) -> dict[str, Fact]:
            rows.add(connection, id=made, created_at=now, **columns)
            return {f"after.{name}": value for name, value in _facts(columns).items()}

        await self._trail.change("announcement.created", work, actor=by, subject=made)
        self._changed()
        return made

    async def change(self, announcement_id: str, wording: Wording, by: str) -> None:
        """Say it otherwise, or at another time.

        Raises:
            InvalidField, NotFound: what is wrong with it.
        """
        columns = _checked(wording)

        def work(connection: Any) -> dict[str, Fact] | None:
            row = rows.find(connection, announcement_id)
            if row is None:
                raise NotFound
            changed = [name for name, value in columns.items() if row[name] != value]
            if not changed:
                return None
            rows.change(connection, announcement_id, **columns)
            before, after = _facts(dict(row)), _facts(columns)
            return {
                f"{side}.{name}": facts[name]
                for side, facts in (("before", before), ("after", after))
                for name in changed
            }

        await self._trail.change("announcement.changed", work, actor=by, subject=announcement_id)
        self._changed()

    async def delete(self, announcement_id: str, by: str) -> None:
        """Take it away.

        Raises:
            NotFound: there is none.
        """

        def work(connection: Any) -> dict[str, Fact]:
            row = rows.find(connection, announcement_id)
            if row is None:
                raise NotFound
            rows.remove(connection, announcement_id)
            return {f"before.{name}": value for name, value in _facts(dict(row)).items()}

        await self._trail.change("announcement.deleted", work, actor=by, subject=announcement_id)
        self._changed()

    def forget(self) -> None:
        """Forget what was remembered."""
        self._until = 0.0


def _checked(wording: Wording) -> dict[str, Any]:
    text = wording.text.replace("\r\n", "\n").strip()
    if not 1 <= len(text) <= LONGEST:
        raise InvalidField(
            field="text", reason=N_("use 1 to {most} characters"), param="text", most=LONGEST
        )
    if wording.kind not in KINDS:
        raise InvalidField(field="kind", reason=N_("use one of those on the page"), param="kind")
    starts, ends = wording.starts_at, wording.ends_at
    if ends is not None and ends <= (starts or 0):
        raise InvalidField(field="ends", reason=N_("it ends before it begins"), param="ends")
    return {"kind": wording.kind, "text": text, "starts_at": starts, "ends_at": ends}


def _facts(columns: dict[str, Any]) -> dict[str, Fact]:
    return {
        "kind": columns["kind"],
        "text": hashlib.sha256(columns["text"].encode()).hexdigest()[:12],
        "starts_at": columns["starts_at"],
        "ends_at": columns["ends_at"],
    }


def _announcement(row: Row) -> Announcement:
    return Announcement(
        id=row["id"],
        kind=row["kind"],
        text=row["text"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
    )
