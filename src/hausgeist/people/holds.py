# SPDX-License-Identifier: EUPL-1.2
"""Legal holds: an administrator says whose data may not be deleted for now, why, and until when.

While a hold lasts the bin is not emptied of what it covers, retention skips it, and an erasure is
refused with the reason (Art. 17(3) GDPR). Whom a hold concerns sees it with its reason on the page of
their data: nothing is held in secret. Holds read nothing; they only keep.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from hausgeist.audit import Trail
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, DataHeld, InvalidField, NotFound
from hausgeist.store import holds
from hausgeist.store.db import Store
from hausgeist.store.holds import Hold

Scope: TypeAlias = Literal["person", "group", "everyone"]
REASON_MOST = 500


@dataclass(frozen=True, slots=True)
class HoldWish:
    """A hold to be placed: on a person's or a group's id, or on everyone (``target`` is empty).

    ``until_ms`` of None: until somebody ends it.
    """

    scope: Scope
    target: str
    reason: str
    until_ms: int | None = None


class Holds:
    """Verbs of holds; ``by`` is the id of who does it."""

    def __init__(self, store: Store, trail: Trail, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._trail = trail
        self._now_ms = now_ms

    async def place(self, wish: HoldWish, by: str) -> Hold:
        """Place a hold; it is in force at once.

        Raises:
            InvalidField: no reason, an end in the past, or no such person or group.
        """
        now = self._now_ms()
        reason = " ".join(wish.reason.split())
        if not 1 <= len(reason) <= REASON_MOST:
            raise InvalidField(field="reason", reason=N_("say why, in a sentence"), param="reason")
        if wish.until_ms is not None and wish.until_ms <= now:
            raise InvalidField(field="until", reason=N_("use a day that is to come"), param="until")
        hold = Hold(
            id=secrets.token_hex(16),
            user_id=wish.target if wish.scope == "person" else None,
            group_id=wish.target if wish.scope == "group" else None,
            reason=reason,
            created_at=now,
            ended_at=wish.until_ms,
        )

        def work(connection: Any) -> dict[str, Fact]:
            named = wish.scope in {"person", "group"} and wish.target
            if not (named or wish.scope == "everyone") or not holds.add(connection, hold):
                raise InvalidField(
                    field="target", reason=N_("there is no such person or group"), param="target"
                )
            return {"after.scope": wish.scope, "after.until": wish.until_ms}

        await self._trail.change("hold.placed", work, actor=by, subject=hold.id)
        return hold

    async def end(self, hold_id: str, by: str) -> None:
        """End a hold now; one that is over already stays as it is.

        Raises:
            NotFound: there is no such hold.
        """
        now = self._now_ms()

        def work(connection: Any) -> dict[str, Fact] | None:
            hold = holds.find(connection, hold_id)
            if hold is None:
                raise NotFound
            if not hold.lasts(now):
                return None
            holds.end(connection, hold_id, now)
            return {"before.until": hold.ended_at, "after.until": now}

        await self._trail.change("hold.ended", work, actor=by, subject=hold_id)

    async def all(self) -> list[tuple[Hold, str | None]]:
        """All holds, the newest first, each with the name of the person it is on."""
        return await self._store.read(holds.listed)

    async def on(self, user_id: str) -> list[Hold]:
        """The holds that keep a person's data now."""
        now = self._now_ms()
        return await self._store.read(lambda c: holds.on_person(c, user_id, now))


def refuse(found: Sequence[Hold]) -> None:
    """Refuse a deletion while holds last.

    Raises:
        DataHeld: there is one; with the reasons.
    """
    if found:
        raise DataHeld(reason=" · ".join(hold.reason for hold in found))
