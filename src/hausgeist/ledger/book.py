# SPDX-License-Identifier: EUPL-1.2
"""The book of calls over the store's group commit.

A call awaits the commit of its reservation, never of its settlement. What a killed server left open is
booked at its worst: at the next start where there is one server, else by another one, which sees that the
dead one's heart has stopped.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from hausgeist.core.accounting import Refused, Reservation, Settlement
from hausgeist.core.models import ModelCard
from hausgeist.core.months import month_of
from hausgeist.core.people import Principal
from hausgeist.core.trail import Fact
from hausgeist.errors import BudgetExhausted
from hausgeist.ledger.discretion import A_DAY
from hausgeist.ledger.recorder import Recorder
from hausgeist.store import budgets, calls
from hausgeist.store.budgets import Balance, Rule
from hausgeist.store.db import DatabaseError, Store

BEAT = 5.0
"""Seconds between two beats of a server's heart."""

DEAD = 45.0
"""Seconds without a beat after which a server is taken for dead, by the watcher's own steady clock."""

BLINK = 12.0
"""Seconds after which a watcher that could not look begins to count anew."""

MARKS = (90, 100)
"""Percent of a budget at which people are told, beside the budget's own mark."""

FIRST_MARK = 80
"""A budget's own mark, in percent, where nobody chose one."""


def marks_of(rule: Rule | None) -> tuple[int, ...]:
    """The marks of a budget in percent, rising."""
    own = FIRST_MARK if rule is None or rule.warn_percent is None else rule.warn_percent
    return tuple(sorted({own, *(mark for mark in MARKS if mark > own)}))


@dataclass(slots=True)
class _Pulse:
    """What is known of another server: its last beat, and since when it stands (a steady clock)."""

    beat: int
    since: float


@dataclass(slots=True)
class _Limits:
    """What is remembered of budgets, as of the last look."""

    rules: dict[str, Rule] = field(default_factory=dict)
    months: dict[str, Balance] = field(default_factory=dict)
    scopes: frozenset[str] = frozenset()
    money: frozenset[str] = frozenset()


class Book:
    """Reserves and settles calls. ``clock`` gives seconds that never jump."""

    def __init__(
        self,
        store: Store,
        now_ms: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
        trail: Recorder | None = None,
    ) -> None:
        self.server = secrets.token_hex(8)
        """This server's name in the reservations."""
        self._store = store
        self._now_ms = now_ms
        self._clock = clock
        self._trail = trail
        self._limits = _Limits()
        self._reserve = partial(calls.reserve, process=self.server)  # one verb: calls go together
        self._beats = 0
        self._beat_at = float("-inf")
        self._looked_at = float("-inf")
        self._pulses: dict[str, _Pulse] = {}

    # -- calls -----------------------------------------------------------------------------------

    def scopes_of(self, who: Principal) -> tuple[str, ...]:
        """The budgets a caller draws on: of the group, the service's key, the cost centre.

        Those that exist, as of the last ``refresh``.
        """
        known = self._limits.scopes
        if not known:
            return ()
        pays = who.books
        wanted = (
            f"group:{pays.group}",
            f"key:{pays.service_key}",
            f"cost_centre:{pays.cost_centre}",
        )
        return tuple(scope for scope in wanted if scope in known)

    def payable(self, cards: Sequence[ModelCard], scopes: Iterable[str]) -> Sequence[ModelCard]:
        """The cards that budgets can cover: with one in EUR, only those whose price is known.

        All of them if there is none of those; then the reservation is refused, and says why.
        """
        if self._limits.money.isdisjoint(scopes):
            return cards
        now = self._now_ms()
        known = [
            card for card in cards if card.price is not None and card.price.at(now) is not None
        ]
        return known or cards

    async def reserve(self, reservation: Reservation) -> None:
        """Hold the call's worst case; returns after the commit.

        Raises:
            BudgetExhausted: a hard budget does not cover it.
            DatabaseError: the database did not answer; should it have written all the same, that is undone.
        """
        try:
            refused = await self._store.write_soon(self._reserve, reservation)
        except (asyncio.CancelledError, DatabaseError):
            # the commit cannot be called back, or its answer may be all that got lost; what lets go of it
            # is written after it, never before
            self._let_go(reservation)
            raise
        if isinstance(refused, Refused):
            raise BudgetExhausted(budget=refused.scope, month=refused.period, why=refused.why)

    def _let_go(self, reservation: Reservation) -> None:
        """Book a call of which nothing was opened, if it was reserved at all: it used nothing."""
        self._store.write_later(calls.give_up, calls.unused(reservation, self._now_ms()))

    def settle(self, settlement: Settlement) -> None:
        """Book the call; nobody waits for the commit."""
        self._store.write_later(calls.append, settlement)

    # -- looking about -----------------------------------------------------------------------------

    async def refresh(self) -> None:
        """One look, every few seconds: which budgets there are, whom to tell, which server is dead."""
        now = self._now_ms()
        period = month_of(now)
        rules, months = await self._store.read(
            lambda connection: (budgets.rules(connection), budgets.months(connection, period))
        )
        limits = _Limits({rule.scope: rule for rule in rules}, {row.scope: row for row in months})
        money = {rule.scope for rule in rules if rule.limit_micro_eur is not None}
        money |= {row.scope for row in months if row.limit_micro_eur is not None}
        limits.scopes, limits.money = frozenset(limits.rules | limits.months), frozenset(money)
        self._limits = limits
        for balance in months:
            await self._tell(balance, limits.rules.get(balance.scope))
        if not self._store.is_sqlite:
            await self._beat()
            await self._watch()

    def balance(self, scope: str) -> Balance | None:
        """This month of a budget, as of the last look; None if it has none yet."""
        return self._limits.months.get(scope)

    def left(self, service_key: str) -> str:
        """What is left of a service key's own budget, as of the last look: ``eur=12.34, tokens=5000``.

        Empty where it has none.
        """
        if not self._limits.rules:
            return ""
        scope = f"key:{service_key}"
        month, rule = self._limits.months.get(scope), self._limits.rules.get(scope)
        limits = month or rule
        if limits is None:
            return ""
        found = []
        if limits.limit_micro_eur is not None:
            used = month.spent_micro_eur + month.reserved_micro_eur if month else 0
            found.append(f"eur={max(0, limits.limit_micro_eur - used) / 1_000_000:.2f}")
        if limits.limit_tokens is not None:
            used = month.spent_tokens + month.reserved_tokens if month else 0
            found.append(f"tokens={max(0, limits.limit_tokens - used)}")
        return ", ".join(found)

    async def _tell(self, balance: Balance, rule: Rule | None) -> None:
        """Say once in the trail that a budget has reached a mark, whichever server sees it first."""
        reached = [mark for mark in marks_of(rule) if balance.percent >= mark]
        if self._trail is None or not reached or reached[-1] <= balance.warned_percent:
            return
        mark = reached[-1]
        fresh = rule is not None and self._now_ms() - rule.updated_at < A_DAY
        if fresh and not balance.scope.startswith("key:"):  # trying limits would tell what was used
            return

        def work(connection: Any) -> dict[str, Fact] | None:
            if not budgets.warned(connection, balance.scope, balance.period, mark):
                return None
            return {"month": balance.period, "percent": mark}

        await self._trail.change("budget.reached", work, actor="house", subject=balance.scope)

    # -- servers that died -------------------------------------------------------------------------

    async def recover(self) -> int:
        """At the start: book what earlier servers left open; gives how many calls that were.

        A SQLite file has one server, so that every other is dead. On PostgreSQL others may live: what
        they left is booked once their hearts have stood still for a while, see ``refresh``.
        """
        if not self._store.is_sqlite:
            await self._beat()
            return 0
        found = await self._store.read(calls.servers)
        return await self._bury([name for name in found if name != self.server])

    async def _beat(self) -> None:
        now = self._clock()
        if now - self._beat_at >= BEAT:
            self._beats += 1
            number = self._beats
            await self._store.write(lambda connection: calls.beat(connection, self.server, number))
            self._beat_at = now

    async def _watch(self) -> None:
        found = await self._store.read(calls.servers)
        now = self._clock()
        if now - self._looked_at > BLINK:  # the database was away, for the others too
            self._pulses.clear()
        self._looked_at = now
        pulses = {}
        for name, number in found.items():
            known = self._pulses.get(name)
            pulses[name] = known if known and known.beat == number else _Pulse(number, now)
        self._pulses = pulses
        pulses.pop(self.server, None)
        dead = [name for name, pulse in pulses.items() if now - pulse.since >= DEAD]
        await self._bury(dead)

    async def _bury(self, dead: Sequence[str]) -> int:
        """Book what dead servers held at its worst, once, whoever else does the same."""
        if not dead:
            return 0
        found = await self._store.read(lambda connection: calls.unsettled(connection, dead))
        now = self._now_ms()
        for reservation in found:
            self.settle(calls.lost(reservation, now))
        await self._store.write(lambda connection: calls.bury(connection, dead))
        return len(found)
