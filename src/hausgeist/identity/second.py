# SPDX-License-Identifier: EUPL-1.2
"""The second person: who may agree to what one alone may not do. Rows of accounts in, a refusal out.

A second pair of eyes is one only if the first pair cannot make it: the role must be older than a week, and
an account that an administrator has given a new password or login is none until its owner, or two others,
have opened it again.
"""

from collections.abc import Callable

from hausgeist.core.people import Principal, Role
from hausgeist.errors import NoSecondPerson
from hausgeist.identity.tokens import DAY_MS
from hausgeist.store import accounts
from hausgeist.store.db import Store

LONG_ENOUGH = 7 * DAY_MS
"""Milliseconds that somebody has had the role before they may agree to anything."""

OVERSEERS = (Role.ADMIN.value, Role.AUDITOR.value)


class Second:
    """Says who may be the second person."""

    def __init__(self, store: Store, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._now_ms = now_ms

    async def may_second(self, first_id: str, second: Principal) -> None:
        """Make sure that ``second`` may agree to what ``first_id`` has asked for.

        Raises:
            NoSecondPerson: they are the same person, or ``second`` does not oversee, has not for long
                enough, or holds an account that an administrator has opened for them.
        """
        if second.id == first_id or not second.oversees or second.key_id is not None:
            raise NoSecondPerson
        row = await self._store.read(lambda c: accounts.standing(c, second.id))
        if row is None or not self._stands(row):
            raise NoSecondPerson

    async def others(self, first_id: str) -> int:
        """How many there are who may agree to what ``first_id`` asks for."""
        rows = await self._store.read(lambda c: accounts.standings(c, OVERSEERS))
        return sum(row["id"] != first_id and self._stands(row) for row in rows)

    def _stands(self, row: accounts.Row) -> bool:
        since = row["role_since"] or 0
        return (
            bool(row["active"])
            and row["role"] in OVERSEERS
            and not row["must_change"]
            and row["closed_before"] is None
            and since + LONG_ENOUGH <= self._now_ms()
        )
