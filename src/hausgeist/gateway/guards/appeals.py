# SPDX-License-Identifier: EUPL-1.2
"""Appeals: a person says that a rule was wrong, an administrator answers; the trail has the outcome."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from hausgeist.audit import Trail
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, InvalidField, NotFound, TooMany
from hausgeist.identity.tokens import new_id
from hausgeist.store import appeals as rows
from hausgeist.store.db import Store

TEXT_MOST = 2_000
"""Characters of an appeal and of its answer."""
WAITING_MOST = 20
"""Appeals of one person that wait at a time."""

Outcome = Literal["upheld", "changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """``state``: open, upheld (the rule stays) or changed (it was wrong). Times are ms since the epoch."""

    id: str
    rule: str
    text: str
    state: str
    answer: str
    created_at: int
    ended_at: int | None
    name: str = ""
    """Whose it is, for whoever answers."""


class Appeals:
    """Verbs of appeals."""

    def __init__(self, store: Store, trail: Trail, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._trail = trail
        self._now_ms = now_ms

    async def mine(self, owner_id: str) -> list[Appeal]:
        """A person's own, the newest first."""
        found = await self._store.read(lambda c: rows.of_person(c, owner_id))
        return [_appeal(row) for row in found]

    async def waiting(self) -> list[Appeal]:
        """Those that wait for an answer, the oldest first."""
        return [_appeal(row) for row in await self._store.read(rows.waiting)]

    async def make(self, owner_id: str, rule: str, text: str) -> None:
        """Object to a rule.

        Raises:
            InvalidField: there is no text, or too much.
            TooMany: so many wait already.
        """
        said = _text(text)
        if not 1 <= len(rule) <= 64:
            raise InvalidField(field="rule", reason=N_("say which rule"), param="rule")
        now, made = self._now_ms(), new_id()

        def work(connection: Any) -> dict[str, Fact]:
            if rows.count_waiting(connection, owner_id) >= WAITING_MOST:
                raise TooMany(seconds=3600)
            rows.add(
                connection,
                id=made,
                owner_id=owner_id,
                rule=rule,
                text=said,
                state="open",
                created_at=now,
            )
            return {"rule": rule}

        await self._trail.change("appeal.made", work, actor=owner_id, subject=made)

    async def answer(self, appeal_id: str, outcome: Outcome, text: str, by: str) -> None:
        """Answer one.

        Raises:
            InvalidField: there is no text, or too much.
            NotFound: there is none that waits.
        """
        said, now = _text(text), self._now_ms()

        def work(connection: Any) -> dict[str, Fact]:
            if not rows.end(connection, appeal_id, state=outcome, answer=said, now_ms=now):
                raise NotFound
            return {"before.state": "open", "after.state": outcome}

        await self._trail.change("appeal.answered", work, actor=by, subject=appeal_id)


def _text(text: str) -> str:
    said = text.replace("\r\n", "\n").strip()
    if not 1 <= len(said) <= TEXT_MOST:
        raise InvalidField(
            field="text", reason=N_("use 1 to {most} characters"), param="text", most=TEXT_MOST
        )
    return said


def _appeal(row: Any) -> Appeal:
    return Appeal(
        id=row["id"],
        rule=row["rule"],
        text=row["text"],
        state=row["state"],
        answer=row["answer"] or "",
        created_at=row["created_at"],
        ended_at=row["ended_at"],
        name=row.get("name", ""),
    )
