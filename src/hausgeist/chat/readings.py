# SPDX-License-Identifier: EUPL-1.2
"""Reading another's conversation: with a reason, a second person, for a day, and with its owner's knowledge.

Who oversees the house asks for one conversation of one person; another one agrees or refuses (the rule is
``identity.second``). Finding it shows days and ids, no words and no titles. Every step is in the trail in
the same transaction, and in what the owner sees. No other verb of the house reads across owners.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hausgeist.audit import Trail
from hausgeist.chat.question import new_id
from hausgeist.core.people import Principal
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, Conflict, InvalidField, NoSecondPerson, NotFound
from hausgeist.identity.second import Second
from hausgeist.store import accounts, closing, readings
from hausgeist.store.db import Store

LASTS_MS = 24 * 3_600_000
"""How long it may be read once it is granted."""

ASKED_MS = 14 * 24 * 3_600_000
"""How long it can be granted after it was asked for."""

SPAN_MS = 92 * 24 * 3_600_000
REASON_LEAST, REASON_MOST = 20, 1000
MOST = 200
_FEW = 60


@dataclass(frozen=True, slots=True)
class Found:
    """A conversation that may be asked for: its id and its days, in milliseconds since the epoch."""

    id: str
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Somebody asked to read a conversation. Names are of now; roles of then; times in milliseconds.

    ``state``: asked, granted, refused, ended, expired.
    """

    id: str
    conversation_id: str
    owner_id: str
    owner_name: str
    owner_login: str
    asked_by: str
    asker_name: str
    asked_role: str
    second_id: str
    second_name: str
    second_role: str
    reason: str
    state: str
    created_at: int
    decided_at: int | None
    expires_at: int | None
    opened_at: int | None
    read_at: int | None
    openings: int


@dataclass(frozen=True, slots=True)
class Line:
    """A message as it is read: who said it, the words, the names of files. Nothing can be done with it."""

    role: str
    text: str
    files: tuple[str, ...]
    created_at: int
    model: str


class Readings:
    """The verbs."""

    def __init__(
        self, store: Store, trail: Trail, second: Second, now_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._trail = trail
        self._second = second
        self._now_ms = now_ms

    async def possible(self, by: Principal) -> bool:
        """Whether there is anybody who could agree."""
        return await self._second.others(by.id) > 0

    async def find(self, by: Principal, login: str, first_ms: int, end_ms: int) -> list[Found]:
        """A person's conversations of a span by days and ids. That it was looked for is in the trail.

        Raises:
            NotAllowed, NoSecondPerson: not this caller, or nobody could agree.
            NotFound: there is no such person. InvalidField: the span is too long, or none.
        """
        await self._ready(by)
        if not 0 < end_ms - first_ms <= SPAN_MS:
            raise InvalidField(
                field="until", reason=N_("choose a span of at most three months"), param="until"
            )
        found: list[Found] = []

        def work(connection: Any) -> dict[str, Fact]:
            person = accounts.user_by_login(connection, login.strip().casefold())
            if person is None:
                raise NotFound
            who.append(person["id"])
            rows = readings.days_of(connection, person["id"], first_ms, end_ms, MOST)
            found.extend(Found(**row) for row in rows)
            return {"from": first_ms, "until": end_ms}

        who: list[str] = []
        await self._trail.change("reading.searched", work, actor=by.id, subject=lambda: who[-1])
        return found

    async def ask(self, by: Principal, conversation_id: str, reason: str) -> str:
        """Ask to read a conversation; gives the reading's id.

        Raises:
            NoSecondPerson: nobody could agree. NotFound: there is none of that id, or it is one's own.
            InvalidField: the reason is too short or too long.
        """
        await self._ready(by)
        why = " ".join(reason.split())
        if not REASON_LEAST <= len(why) <= REASON_MOST:
            raise InvalidField(
                field="reason",
                reason=N_(
                    "say why, in 20 to 1000 letters: its owner and the second person read it"
                ),
                param="reason",
            )
        reading_id, now = new_id(), self._now_ms()
        owners: list[str] = []

        def work(connection: Any) -> dict[str, Fact]:
            owner = readings.owner_of(connection, conversation_id)
            if owner is None or owner == by.id:
                raise NotFound
            owners.append(owner)
            readings.add(
                connection,
                id=reading_id,
                conversation_id=conversation_id,
                owner_id=owner,
                asked_by=by.id,
                asked_role=by.role.value,
                reason=why,
                state="asked",
                created_at=now,
                changed_at=now,
            )
            return {"before.state": None, "after.state": "asked", "reading": reading_id}

        await self._trail.change("reading.asked", work, actor=by.id, subject=lambda: owners[-1])
        return reading_id

    async def decide(self, by: Principal, reading_id: str, *, grant: bool) -> None:
        """Grant or refuse, as the second person.

        Raises:
            NoSecondPerson: ``by`` may not agree. NotFound, Conflict: there is none, or it was decided.
        """
        row = await self._row(reading_id)
        await self._second.may_second(row.asked_by, by)
        now, state = self._now_ms(), "granted" if grant else "refused"

        def work(connection: Any) -> dict[str, Fact]:
            done = readings.change(
                connection,
                reading_id,
                "asked",
                state=state,
                second_id=by.id,
                second_role=by.role.value,
                decided_at=now,
                expires_at=now + LASTS_MS if grant else None,
                changed_at=now,
            )
            if not done or row.state != "asked":  # decided meanwhile, or too old
                raise Conflict(what=reading_id)
            return {"before.state": "asked", "after.state": state, "reading": reading_id}

        await self._trail.change(f"reading.{state}", work, actor=by.id, subject=row.owner_id)

    async def end(self, by: Principal, reading_id: str) -> None:
        """Take back what one asked for, or end what one has granted.

        Raises:
            NotFound: it is none of these, or over already.
        """
        row = await self._row(reading_id)
        if by.id not in {row.asked_by, row.second_id} or row.state not in {"asked", "granted"}:
            raise NotFound
        now = self._now_ms()

        def work(connection: Any) -> dict[str, Fact] | None:
            done = readings.change(connection, reading_id, row.state, state="ended", changed_at=now)
            if not done:
                return None
            return {"before.state": row.state, "after.state": "ended", "reading": reading_id}

        await self._trail.change("reading.ended", work, actor=by.id, subject=row.owner_id)

    async def read(self, by: Principal, reading_id: str) -> tuple[Reading, list[Line]]:
        """The words, for whoever asked and was granted; the opening is noted before they are read.

        Raises:
            NotFound: it is not granted to this caller, its time is over, or the conversation is gone.
        """
        row = await self._row(reading_id)
        now = self._now_ms()
        standing = await self._store.read(lambda c: closing.state(c, by.id))
        if not by.oversees or standing is None or standing["closed_before"] is not None:
            raise NotFound  # whoever has made this account's password is not who was granted it
        lines: list[Line] = []

        def work(connection: Any) -> dict[str, Fact]:
            if not readings.opened(connection, reading_id, by.id, now):
                raise NotFound
            rows = readings.words(connection, reading_id, by.id, now)
            if not rows:
                raise NotFound
            lines.extend(_line(one) for one in rows)
            return {"reading": reading_id, "openings": row.openings + 1}

        await self._trail.change("reading.opened", work, actor=by.id, subject=row.owner_id)
        return await self._row(reading_id), lines

    async def newest(self) -> list[Reading]:
        """The newest readings, for whoever oversees."""
        rows = await self._store.read(lambda c: readings.newest(c, _FEW))
        return [_reading(row, self._now_ms()) for row in rows]

    async def mine(self, owner_id: str, *, look: bool = False) -> list[Reading]:
        """The readings of a person's own conversations; with ``look`` they count as seen."""
        rows = await self._store.read(lambda c: readings.of_owner(c, owner_id, MOST))
        now = self._now_ms()
        if look and rows:
            await self._store.write(lambda c: readings.seen(c, owner_id, now))
        return [_reading(row, now) for row in rows]

    async def news(self, owner_id: str) -> tuple[int, int | None]:
        """What a person has not seen: readings with news; and since when something of theirs is closed."""

        def read(connection: Any) -> tuple[int, int | None]:
            row = accounts.standing(connection, owner_id)
            return readings.news(connection, owner_id), row["closed_before"] if row else None

        return await self._store.read(read)

    async def _ready(self, by: Principal) -> None:
        if not by.oversees or not await self.possible(by):
            raise NoSecondPerson

    async def _row(self, reading_id: str) -> Reading:
        row = await self._store.read(lambda c: readings.find(c, reading_id))
        if row is None:
            raise NotFound
        return _reading(row, self._now_ms())


def _reading(row: Any, now_ms: int) -> Reading:
    state = row["state"]
    late = (state == "granted" and row["expires_at"] <= now_ms) or (
        state == "asked" and row["created_at"] + ASKED_MS <= now_ms
    )
    return Reading(
        id=row["id"],
        conversation_id=row["conversation_id"],
        owner_id=row["owner_id"],
        owner_name=row["owner_name"],
        owner_login=row["owner_login"],
        asked_by=row["asked_by"] or "",
        asker_name=row["asker_name"] or "",
        asked_role=row["asked_role"],
        second_id=row["second_id"] or "",
        second_name=row["second_name"] or "",
        second_role=row["second_role"] or "",
        reason=row["reason"],
        state="expired" if late else state,
        created_at=row["created_at"],
        decided_at=row["decided_at"],
        expires_at=row["expires_at"],
        opened_at=row["opened_at"],
        read_at=row["read_at"],
        openings=row["openings"],
    )


def _line(row: Any) -> Line:
    parts = json.loads(row["parts"])
    return Line(
        row["role"],
        "\n\n".join(part["text"] for part in parts if part["type"] == "text"),
        tuple(part["name"] for part in parts if part["type"] == "file"),
        row["created_at"],
        row["model"] or "",
    )
