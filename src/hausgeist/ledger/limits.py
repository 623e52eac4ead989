# SPDX-License-Identifier: EUPL-1.2
"""Budgets as the administration sees and changes them: limits, the month's state, its forecast.

Numbers of a group or cost centre are those of controlling (``ledger.usage``): of five people at least and
of days that are over. Where there are none, only whether a mark is reached is told. A service's key is
nobody: its numbers are of this moment.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from hausgeist.core.months import month_of, span_of
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, InvalidField, NotFound
from hausgeist.ledger.book import FIRST_MARK, Book, marks_of
from hausgeist.ledger.discretion import A_DAY
from hausgeist.ledger.recorder import Recorder
from hausgeist.ledger.usage import spent
from hausgeist.store import budgets
from hausgeist.store.budgets import KINDS, Balance, Rule
from hausgeist.store.db import Store
from hausgeist.store.usage import DAY, Sum, closed

PATIENCE = 2.0
"""Seconds that a change of a budget waits for calls that are about to be booked."""

TOKENS_MOST = 10**15
EUR_MOST = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A budget and its month. Money is micro-EUR.

    ``shown`` says whether numbers of use may be told; where not, ``spent`` and ``forecast`` are None.
    ``reached`` is the highest mark that was reached, in percent, 0 for none; None for a day after a change
    of the limit, but for a service's key: or trying limits would tell. ``forecast_percent`` is what
    the month comes to if it goes on as so far; None in its first day.
    """

    rule: Rule
    period: str
    reached: int | None
    shown: bool
    spent_tokens: int | None = None
    spent_micro_eur: int | None = None
    reserved_tokens: int | None = None
    reserved_micro_eur: int | None = None
    percent: float | None = None
    forecast_percent: float | None = None

    @property
    def kind(self) -> str:
        """What it is for: group, key or cost_centre."""
        return self.rule.scope.partition(":")[0]

    @property
    def name(self) -> str:
        """Whose it is: the group's or key's id, or the cost centre."""
        return self.rule.scope.partition(":")[2]


class Budgets:
    """The verbs; ``by`` is the id of who does it."""

    def __init__(
        self, store: Store, trail: Recorder, book: Book, now_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._trail = trail
        self._book = book
        self._now_ms = now_ms

    async def all(self) -> list[Budget]:
        """Every budget with its month, by scope."""
        now = self._now_ms()
        period = month_of(now)

        def read(connection: Any) -> tuple[list[Rule], dict[str, Balance], dict[str, Sum], int]:
            months = {row.scope: row for row in budgets.months(connection, period)}
            days = closed(connection)
            until = 0 if days is None else (days[1] + 1) * DAY
            return budgets.rules(connection), months, spent(connection, period), until

        rules, months, sums, until = await self._store.read(read)
        found = []
        for rule in rules:
            month = months.get(rule.scope) or _empty(rule, period)
            if rule.scope.startswith("key:"):
                found.append(_of_key(rule, month, now))
            else:
                found.append(_of_people(rule, month, sums.get(rule.scope), now_ms=now, until=until))
        return found

    async def get(self, scope: str) -> Budget:
        """One budget.

        Raises:
            NotFound: there is none.
        """
        found = next((one for one in await self.all() if one.rule.scope == scope), None)
        if found is None:
            raise NotFound
        return found

    async def set(
        self,
        scope: str,
        *,
        tokens: int | None,
        micro_eur: int | None,
        warn_percent: int | None = None,
        by: str,
    ) -> None:
        """Limit what a scope (``group:…``, ``key:…``, ``cost_centre:…``) may use each month.

        It holds at once, for the running month too. A limit below what was used refuses every further call;
        calls under way end as they would.

        Raises:
            InvalidField: no such kind of scope, no limit at all, or a number out of range.
        """
        kind, _, name = scope.partition(":")
        if kind not in KINDS or not name.strip() or len(scope) > 128:
            raise InvalidField(
                field="scope",
                reason=N_("choose a group, a service key or a cost centre"),
                param="scope",
            )
        if tokens is None and micro_eur is None:
            raise InvalidField(
                field="eur", reason=N_("give a limit in EUR or in tokens"), param="eur"
            )
        for field, amount, most in (
            ("tokens", tokens, TOKENS_MOST),
            ("eur", micro_eur, EUR_MOST * 10**6),
        ):
            if amount is not None and not 0 <= amount <= most:
                raise InvalidField(
                    field=field, reason=N_("this number is out of range"), param=field
                )
        if warn_percent is not None and not 1 <= warn_percent <= 100:
            raise InvalidField(field="warn", reason=N_("a percentage from 1 to 100"), param="warn")
        now = self._now_ms()
        rule = Rule(
            scope=scope,
            limit_tokens=tokens,
            limit_micro_eur=micro_eur,
            warn_percent=FIRST_MARK if warn_percent is None else warn_percent,
            updated_at=now,
        )

        def work(connection: Any) -> dict[str, Fact] | None:
            before = budgets.save(connection, rule, month_of(now))
            facts = _facts("after", rule)
            if before is None:
                return facts
            earlier = _facts("before", before)
            return None if [*earlier.values()] == [*facts.values()] else earlier | facts

        # a new budget counts what is booked: also what waits to be, unless there is no end of it
        with suppress(TimeoutError):
            await asyncio.wait_for(self._store.drain(), PATIENCE)
        await self._trail.change("budget.set", work, actor=by, subject=scope)
        await self._book.refresh()

    async def remove(self, scope: str, by: str) -> None:
        """Take a budget away; nothing limits the scope any more.

        Raises:
            NotFound: there is none.
        """

        def work(connection: Any) -> dict[str, Fact]:
            before = budgets.remove(connection, scope)
            if before is None:
                raise NotFound
            return _facts("before", before)

        await self._trail.change("budget.removed", work, actor=by, subject=scope)
        await self._book.refresh()


def _reached(rule: Rule, month: Balance) -> int:
    return max((mark for mark in marks_of(rule) if month.percent >= mark), default=0)


def _of_key(rule: Rule, month: Balance, now_ms: int) -> Budget:
    """A service's key: the month as it is now."""
    return Budget(
        rule=rule,
        period=month.period,
        reached=_reached(rule, month),
        shown=True,
        spent_tokens=month.spent_tokens,
        spent_micro_eur=month.spent_micro_eur,
        reserved_tokens=month.reserved_tokens,
        reserved_micro_eur=month.reserved_micro_eur,
        percent=month.percent,
        forecast_percent=forecast(month.percent, month.period, now_ms),
    )


def _of_people(rule: Rule, month: Balance, used: Sum | None, *, now_ms: int, until: int) -> Budget:
    """A group or cost centre: of numbers, those of days that are over, if they may be shown."""
    reached = None if now_ms - rule.updated_at < A_DAY else _reached(rule, month)
    if used is None:
        return Budget(rule=rule, period=month.period, reached=reached, shown=False)
    past = replace(
        month,
        spent_tokens=used.input_tokens + used.output_tokens,
        spent_micro_eur=used.micro_eur,
        limit_tokens=rule.limit_tokens,
        limit_micro_eur=rule.limit_micro_eur,
    )
    return Budget(
        rule=rule,
        period=month.period,
        reached=reached,
        shown=True,
        spent_tokens=past.spent_tokens,
        spent_micro_eur=past.spent_micro_eur,
        percent=past.percent,
        forecast_percent=forecast(past.percent, month.period, until),
    )


def forecast(percent: float, period: str, now_ms: int) -> float | None:
    """What a month comes to if it goes on as so far: by the share of it that has passed.

    None in its first day, and where the clock is outside it: there is nothing to go by.
    """
    first, after = span_of(period)
    if not first + 86_400_000 <= now_ms < after:
        return None
    return percent * (after - first) / (now_ms - first)


def _empty(rule: Rule, period: str) -> Balance:
    return Balance(
        scope=rule.scope,
        period=period,
        limit_tokens=rule.limit_tokens,
        limit_micro_eur=rule.limit_micro_eur,
        reserved_tokens=0,
        reserved_micro_eur=0,
        spent_tokens=0,
        spent_micro_eur=0,
        warned_percent=0,
    )


def _facts(side: str, rule: Rule) -> dict[str, Fact]:
    return {
        f"{side}.tokens": rule.limit_tokens,
        f"{side}.micro_eur": rule.limit_micro_eur,
        f"{side}.warn_percent": rule.warn_percent,
    }
