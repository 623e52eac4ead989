# SPDX-License-Identifier: EUPL-1.2
"""The book of calls over the store's group commit.

A call awaits the commit of its reservation, never of its settlement. What a killed process left open
is booked at its worst by ``recover``.
"""

import asyncio
from collections.abc import Callable

from hausgeist.core.accounting import Reservation, Settlement
from hausgeist.core.people import Principal
from hausgeist.errors import BudgetExhausted
from hausgeist.store import calls
from hausgeist.store.db import Store


class Book:
    """Reserves and settles calls."""

    def __init__(self, store: Store, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._now_ms = now_ms
        self._scopes: frozenset[str] = frozenset()

    def scopes_of(self, who: Principal) -> tuple[str, ...]:
        """The budgets a caller draws on: of the group, the service's key, the cost centre.

        Those that exist this month, as of the last ``refresh``.
        """
        known = self._scopes
        if not known:
            return ()
        wanted = (f"group:{who.group}", f"key:{who.service_key}", f"cost_centre:{who.cost_centre}")
        return tuple(scope for scope in wanted if scope in known)

    async def refresh(self) -> None:
        """Read which scopes have a budget this month."""
        period = calls.period_of(self._now_ms())
        self._scopes = frozenset(
            await self._store.read(lambda connection: calls.budget_scopes(connection, period))
        )

    async def reserve(self, reservation: Reservation) -> None:
        """Hold the call's worst case; returns after the commit.

        Raises:
            BudgetExhausted: a hard budget does not cover it.
        """
        written = self._store.write_many(calls.reserve, reservation)
        try:
            refused = await asyncio.shield(written)
        except asyncio.CancelledError:  # the commit cannot be called back, so its hold is let go
            written.add_done_callback(lambda done: self._let_go(reservation, done))
            raise
        if refused is not None:
            raise BudgetExhausted(budget=refused)

    def _let_go(self, reservation: Reservation, written: "asyncio.Future[object]") -> None:
        """Book a call whose caller left before anything was opened: it used nothing."""
        if written.exception() is None and written.result() is None:
            self.settle(calls.unused(reservation, self._now_ms()))

    def settle(self, settlement: Settlement) -> None:
        """Book the call; nobody waits for the commit."""
        self._store.write_later(calls.append, settlement)

    async def recover(self, older_than_s: float = 0.0) -> int:
        """Book what a killed process left open; gives how many calls that were.

        With several replicas on one database, ``older_than_s`` must exceed the longest call: a younger
        reservation may belong to a replica that is alive.
        """
        now = self._now_ms()
        before = now - int(older_than_s * 1000)
        found = await self._store.read(lambda connection: calls.unsettled(connection, before))
        for reservation in found:
            self.settle(calls.lost(reservation, now))
        return len(found)
