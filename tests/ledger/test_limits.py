# SPDX-License-Identifier: EUPL-1.2
"""Budgets as the administration has them: changed amid a month, told of at marks, silent about few people."""

import asyncio
import json

import pytest
from sqlalchemy import insert, select

from hausgeist.audit import Trail
from hausgeist.core.accounting import Reservation, Settlement
from hausgeist.core.messages import Usage
from hausgeist.errors import BudgetExhausted, InvalidField, NotFound
from hausgeist.ledger import Book, Budgets
from hausgeist.ledger.discretion import A_DAY
from hausgeist.ledger.limits import forecast
from hausgeist.ledger.rules import begins
from hausgeist.ledger.usage import Usage as Figures
from hausgeist.locale import translator
from hausgeist.store.tables import (
    audit_payloads,
    budgets,
    conversations,
    groups,
    memberships,
    users,
)

SEPTEMBER = begins("2026-09-16")


class Office:
    """Books, budgets and a clock that a test turns."""

    def __init__(self, store):
        self.now = SEPTEMBER
        trail = Trail(store, b"k" * 32, lambda: self.now)
        self.store = store
        self.book = Book(store, lambda: self.now, lambda: self.now / 1000, trail)
        self.usage = Figures(store, trail, lambda: self.now)
        self.budgets = Budgets(store, trail, self.book, lambda: self.now)
        self._calls = 0

    async def call(self, tokens, micro_eur=0, group="planning"):
        """A call that uses exactly what it reserves."""
        self._calls += 1
        held = Reservation(
            call_id=f"call-{self._calls}",
            at_ms=self.now,
            group=group,
            cost_centre=None,
            service_key=None,
            purpose="api",
            model="m",
            provider="p",
            zone="house",
            data_class="internal",
            policy_version="1",
            tokens=tokens,
            micro_eur=micro_eur,
            scopes=tuple(
                scope for scope in (f"group:{group}",) if scope in self.book._limits.scopes
            ),
        )
        await self.book.reserve(held)
        self.book.settle(
            Settlement(
                reservation=held,
                usage=Usage(tokens, 0),
                micro_eur=micro_eur,
                price_source="list",
                energy_mwh=None,
                energy_source="unknown",
                duration_ms=1,
                first_token_ms=None,
                outcome="ok",
            )
        )
        await self.store.drain()
        await self.book.refresh()

    async def wait(self, days=1):
        """Later: the budget is no new one any more, and days are added up."""
        self.now += days * A_DAY
        await self.usage.tend()
        await self.book.refresh()

    async def limit(self, tokens, scope="group:planning", **more):
        await self.budgets.set(scope, tokens=tokens, micro_eur=None, by="anna", **more)

    def people(self, group, count, centre=None):
        """A group of so many."""

        def work(connection):
            connection.execute(
                insert(groups).values(id=group, title=group, cost_centre=centre, created_at=0)
            )
            for n in range(count):
                connection.execute(
                    insert(users).values(
                        id=f"{group}{n}",
                        login=f"{group}{n}",
                        name="x",
                        password_hash="x",
                        role="member",
                        group_id=group,
                        locale="de",
                        theme="auto",
                        active=True,
                        must_change=False,
                        created_at=0,
                    )
                )
                connection.execute(
                    insert(conversations).values(
                        id=f"talk-{group}{n}",
                        owner_id=f"{group}{n}",
                        title="",
                        model="m",
                        data_class="internal",
                        created_at=0,
                        updated_at=self.now,
                    )
                )

        self.store.write_now(work)

    def told(self, kind):
        rows = self.store.read_now(
            lambda c: (
                c.execute(
                    select(audit_payloads.c.body)
                    .where(audit_payloads.c.kind == kind)
                    .order_by(audit_payloads.c.seq)
                )
                .scalars()
                .all()
            )
        )
        return [json.loads(row)["facts"] for row in rows]


@pytest.fixture
def office(store):
    """An office in the middle of September."""
    return Office(store)


def refused(office, tokens):
    async def run():
        with pytest.raises(BudgetExhausted):
            await office.call(tokens)

    return run()


def test_a_new_budget_counts_what_the_month_already_used(office):
    """What was booked before somebody set a limit is part of the month it limits."""

    async def run():
        await office.call(700)
        await office.limit(1_000)
        await refused(office, 400)
        await office.call(300)

    asyncio.run(run())


def test_a_limit_is_raised_and_lowered_in_the_middle_of_the_month(office):
    """It holds with the next call; lowered below what was used, nothing more goes through."""

    async def run():
        await office.limit(1_000)
        await office.call(900)
        await refused(office, 200)
        await office.limit(2_000)
        await office.call(200)
        await office.limit(500)
        await refused(office, 1)

    asyncio.run(run())
    facts = office.told("budget.set")
    assert [(one.get("before.tokens"), one["after.tokens"]) for one in facts] == [
        (None, 1_000),
        (1_000, 2_000),
        (2_000, 500),
    ]


def test_a_removed_budget_limits_nothing_and_a_new_one_counts_anew(office):
    """After its removal calls are free; set again, it counts them too."""

    async def run():
        await office.limit(100)
        await office.call(100)
        await office.budgets.remove("group:planning", "anna")
        await office.call(500)
        with pytest.raises(NotFound):
            await office.budgets.remove("group:planning", "anna")
        await office.limit(700)
        await refused(office, 101)
        await office.call(100)

    asyncio.run(run())


def test_a_month_begins_with_its_first_call_also_when_the_clock_jumps_back(office):
    """Each call draws on the month it begins in; months do not mix when the clock goes to and fro."""
    october = begins("2026-10-01")

    async def run():
        await office.limit(100)
        await office.call(90)
        office.now = october
        await office.book.refresh()
        await office.call(80)
        office.now = october - 1  # summer time, a wrong battery, whatever
        await office.book.refresh()
        await refused(office, 11)
        await office.call(10)
        office.now = october + 1
        await office.book.refresh()
        await office.call(20)
        await refused(office, 1)

    asyncio.run(run())
    rows = office.store.read_now(
        lambda c: c.execute(
            select(budgets.c.period, budgets.c.spent_tokens).order_by(budgets.c.period)
        ).all()
    )
    assert [tuple(row) for row in rows] == [("2026-09", 100), ("2026-10", 100)]


def test_each_mark_is_told_once(office):
    """At 80, 90 and 100 percent the trail has an event each, however often somebody looks."""
    office.people("planning", 5)

    async def run():
        await office.limit(1_000)
        await office.wait()
        for tokens in (790, 10, 50, 49, 1, 90, 10):
            await office.call(tokens)
            await office.book.refresh()

    asyncio.run(run())
    assert [fact["percent"] for fact in office.told("budget.reached")] == [80, 90, 100]


def test_two_servers_tell_of_a_mark_once(office):
    """Whichever sees it first tells it; the other finds it told."""
    office.people("planning", 5)

    async def run():
        await office.limit(100)
        await office.wait()
        other = Office(office.store)
        other.now = office.now
        await office.call(85)
        await other.book.refresh()
        await office.book.refresh()

    asyncio.run(run())
    assert len(office.told("budget.reached")) == 1


def test_the_forecast_goes_by_the_time_that_has_passed():
    """Half of the budget after half of the month comes to all of it; the first day says nothing."""
    assert forecast(50.0, "2026-09", SEPTEMBER) == 100.0
    assert forecast(50.0, "2026-09", begins("2026-09-01") + 3_600_000) is None
    assert forecast(50.0, "2026-09", begins("2026-11-01")) is None


def test_what_few_people_used_is_no_number(office):
    """A group of four shows only whether a mark is reached; one of five the days that are over, not today."""
    office.people("few", 4)
    office.people("few2", 4)
    office.people("many", 5)

    async def run():
        await office.limit(100, "group:few")
        await office.limit(100, "group:many")
        await office.call(85, group="few")
        await office.call(50, group="many")
        fresh = await office.budgets.all()
        assert [one.reached for one in fresh] == [None, None]
        assert [one.shown for one in fresh] == [False, False]
        assert office.told("budget.reached") == []
        await office.wait(2)
        await office.call(7, group="many")
        return await office.budgets.all()

    few, many = asyncio.run(run())
    assert len(office.told("budget.reached")) == 1
    assert (few.shown, few.reached, few.spent_tokens, few.percent) == (False, 80, None, None)
    assert (few.reserved_tokens, few.forecast_percent) == (None, None)
    assert (many.shown, many.reached, many.spent_tokens, many.percent) == (True, 0, 50, 50.0)


def test_nobody_finds_a_number_by_trying_limits(office):
    """For a day after each change nothing is told of a group, however large it is."""
    office.people("many", 50)

    async def run():
        await office.call(50, group="many")
        for limit in (10, 49, 51):
            await office.limit(limit, "group:many")
            await office.book.refresh()
            (found,) = await office.budgets.all()
            assert (found.reached, found.spent_tokens) == (None, None)
        assert office.told("budget.reached") == []

    asyncio.run(run())


@pytest.mark.parametrize(
    ("scope", "limits"),
    [
        ("person:anna", {"tokens": 1}),
        ("group:", {"tokens": 1}),
        ("group:planning", {}),
        ("group:planning", {"tokens": -1}),
        ("group:planning", {"tokens": 1, "warn_percent": 0}),
    ],
)
def test_a_budget_that_cannot_be_is_refused(office, scope, limits):
    """No budget for a person, none without a limit, none out of range."""
    given = {"tokens": None, "micro_eur": None, "by": "anna", **limits}
    with pytest.raises(InvalidField):
        asyncio.run(office.budgets.set(scope, **given))


@pytest.mark.parametrize("why", ["tokens", "money", "unknown"])
def test_a_refusal_says_which_budget_and_what_to_do(why):
    """In both languages the error names the budget, and nobody's use."""
    error = BudgetExhausted(budget="group:planning", month="2026-09", why=why)
    for language in ("de", "en"):
        said = error.say(translator(language))
        assert "planning" in said
        assert "{" not in said


def test_a_service_is_told_what_is_left_of_its_own_budget(office):
    """The header's words count what was spent; a key without a budget has none."""

    async def run():
        await office.budgets.set("key:k1", tokens=100, micro_eur=2_500_000, by="anna")
        return office.book.left("k1"), office.book.left("k2")

    assert asyncio.run(run()) == ("eur=2.50, tokens=100", "")


def test_only_those_a_group_pays_for_count(office):
    """Ten further members make no number of what the four people use that the group pays for."""
    office.people("few", 4)
    office.people("many", 10)
    office.store.write_now(
        lambda c: c.execute(
            insert(memberships), [{"user_id": f"many{n}", "group_id": "few"} for n in range(10)]
        )
    )

    async def run():
        await office.limit(100, "group:few")
        (found,) = await office.budgets.all()
        return found.shown

    assert asyncio.run(run()) is False
