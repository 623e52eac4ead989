# SPDX-License-Identifier: EUPL-1.2
"""Budgets through the whole gateway: never overdrawn, every call booked once, whatever happens to it."""

import asyncio
import random
import sqlite3
import time
from collections import Counter

import pytest
from sqlalchemy import func, select

from hausgeist.audit import Trail
from hausgeist.core.calls import Call, Sampling
from hausgeist.core.events import Failed, Finished
from hausgeist.core.labels import Purpose
from hausgeist.core.messages import text_message
from hausgeist.core.models import Price
from hausgeist.core.people import Principal, Role
from hausgeist.errors import BudgetExhausted, Upstream
from hausgeist.gateway import Directory, Gateway, Routes
from hausgeist.ledger import Book, Budgets
from hausgeist.store.tables import budgets, ledger, reservations
from hausgeist.testing.echo import EchoProvider, echo_card

NOW = 1_790_000_000_000  # 2026-09
ANNA = Principal(id="anna", name="Anna", role=Role.MEMBER, group="planning", cost_centre="4711")
PRICE = Price(1.0, 2.0, source="list")
SCOPES = ("group:planning", "cost_centre:4711")


class World:
    """A gateway with a provider, and budgets for a group and its cost centre."""

    def __init__(self, store):
        directory = Directory()
        trail = Trail(store, b"k" * 32, lambda: NOW)
        self.store = store
        self.book = Book(store, lambda: NOW, time.monotonic, trail)
        self.budgets = Budgets(store, trail, self.book, lambda: NOW)
        self.gateway = Gateway(
            directory=directory,
            routes=Routes(directory, time.monotonic),
            book=self.book,
            trail=trail,
            now_ms=lambda: NOW,
        )

    def offer(self, card, **options):
        provider = EchoProvider(name=card.provider, **options)
        self.gateway.directory.put(card.provider, provider, [card])
        return provider

    async def limit(self, scope, *, tokens=None, micro_eur=None):
        await self.budgets.set(scope, tokens=tokens, micro_eur=micro_eur, by="anna")

    async def ask(self, number, text="eins zwei drei", **more):
        """The last event of a call."""
        call = Call(
            id=f"call-{number}",
            principal=ANNA,
            purpose=Purpose.API,
            model="echo",
            messages=(text_message("user", text),),
            **more,
        )
        last = None
        async for burst in self.gateway.answer(call):
            last = burst[-1]
        return last

    def rows(self, table):
        return self.store.read_now(lambda c: c.execute(select(table)).mappings().all())

    def check(self):
        """No balance is overdrawn or keeps anything; what is spent is what the ledger says."""
        assert self.rows(reservations) == []
        tokens, money = self.store.read_now(
            lambda c: c.execute(
                select(
                    func.coalesce(func.sum(ledger.c.input_tokens + ledger.c.output_tokens), 0),
                    func.coalesce(func.sum(ledger.c.micro_eur), 0),
                )
            ).one()
        )
        for row in self.rows(budgets):
            assert (row["reserved_tokens"], row["reserved_micro_eur"]) == (0, 0)
            assert (row["spent_tokens"], row["spent_micro_eur"]) == (tokens, money)
            for kind in ("tokens", "micro_eur"):
                limit = row[f"limit_{kind}"]
                assert limit is None or row[f"spent_{kind}"] <= limit


@pytest.fixture
def world(store):
    """A world of one model at a known price."""
    found = World(store)
    found.offer(echo_card(price=PRICE))
    return found


def test_a_thousand_calls_at_once_never_overdraw(world):
    """Of 1,000 calls at once each budget lets through what it covers, and every one is booked or refused."""
    sampling = Sampling(max_tokens=3)

    async def run():
        await world.limit("group:planning", micro_eur=3_000)
        await world.limit("cost_centre:4711", tokens=2_500)
        said = await asyncio.gather(*(world.ask(n, sampling=sampling) for n in range(1_000)))
        await world.store.drain()
        more = [await world.ask(1_000 + n, sampling=sampling) for n in range(400)]
        await world.store.drain()
        return said + more

    said = asyncio.run(run())
    refused = sum(isinstance(one, Failed) for one in said)
    assert all(isinstance(one.error, BudgetExhausted) for one in said if isinstance(one, Failed))
    assert len(world.rows(ledger)) == len(said) - refused
    assert 300 < len(world.rows(ledger)) < 500  # 6 tokens and 9 micro-EUR a call
    world.check()


def test_calls_that_end_in_every_way_are_booked_once(world):
    """Finished, failed, given up before or amid the answer: one line each, and the budget is right."""
    rolls = random.Random(4)
    provider = world.offer(echo_card(price=PRICE), delay=0.002)

    async def one(number):
        task = asyncio.create_task(world.ask(number, "a b c d e f"))
        if rolls.random() < 0.6:
            await asyncio.sleep(rolls.random() * 0.02)
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def run():
        await world.limit("group:planning", tokens=10**9, micro_eur=10**9)
        await asyncio.gather(*(one(n) for n in range(200)))
        provider.failing = Upstream(provider="echo", reason="on purpose")
        provider.fail_after = 2
        await asyncio.gather(*(one(n) for n in range(200, 260)))
        await asyncio.sleep(0.05)
        await world.store.drain()

    asyncio.run(run())
    ids = Counter(row["call_id"] for row in world.rows(ledger))
    outcomes = Counter(row["outcome"] for row in world.rows(ledger))
    assert set(ids.values()) == {1}
    assert set(outcomes) == {"ok", "failed", "aborted"}
    world.check()


def test_a_call_is_given_up_at_each_of_its_steps(world):
    """Cancelled at the first await, the second and so on: it holds nothing and is booked at most once."""

    async def run():
        await world.limit("group:planning", tokens=10**9)
        for steps in range(60):
            task = asyncio.create_task(world.ask(steps))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(0.05)
        await world.store.drain()

    asyncio.run(run())
    assert max(Counter(row["call_id"] for row in world.rows(ledger)).values()) == 1
    world.check()


def test_a_fallback_to_a_dearer_model_is_covered(world):
    """The reservation covers the dearest permitted route: where it does not fit, nothing is opened."""
    dear = echo_card(provider="dear", price=Price(100.0, 200.0, source="list"))
    world.offer(dear)
    cheap = world.offer(
        echo_card(price=PRICE), failing=Upstream(provider="echo", reason="on purpose")
    )

    async def run(limit):
        await world.limit("group:planning", micro_eur=limit)
        last = await world.ask(f"f{limit}", sampling=Sampling(max_tokens=3))
        await world.store.drain()
        return last

    refused = asyncio.run(run(1_000))
    assert isinstance(refused.error, BudgetExhausted)
    assert cheap.calls == []
    assert isinstance(asyncio.run(run(100_000)), Finished)
    (row,) = world.rows(ledger)
    assert (row["provider"], row["micro_eur"]) == ("dear", 900)
    world.check()


def test_a_route_without_a_price_is_not_taken_under_a_budget_in_eur(world):
    """Where one route's price is unknown the others are tried; where all are, the call is refused."""
    free = world.offer(echo_card(provider="a-free"))
    world.gateway.directory.put(
        "echo",
        EchoProvider(failing=Upstream(provider="echo", reason="on purpose")),
        [echo_card(price=PRICE)],
    )

    async def run():
        await world.limit("group:planning", micro_eur=10**6)
        first = await world.ask(1)
        world.gateway.directory.drop("echo")
        return first, await world.ask(2)

    failed, refused = asyncio.run(run())
    assert isinstance(failed.error, Upstream)
    assert "price" in refused.error.say()
    assert refused.error.values["why"] == "unknown"
    assert free.calls == []


def test_an_answer_nobody_limits_is_limited_to_what_was_put_aside(world):
    """Under a hard budget the upstream is told how long the answer may be; without one it is not."""
    provider = world.offer(echo_card(price=PRICE, context=1_000))

    async def run():
        await world.ask(1)
        await world.limit("group:planning", tokens=10**6)
        await world.ask(2)
        await world.store.drain()

    asyncio.run(run())
    before, after = provider.calls
    assert before.sampling.max_tokens is None
    assert 900 < after.sampling.max_tokens < 1_000
    world.check()


def test_a_locked_database_books_later_what_it_could_not_book_at_once(world):
    """While SQLite is locked settlements are kept; when it is free again each call is booked once."""
    if not world.store.is_sqlite:
        pytest.skip("a lock of SQLite")
    provider = world.offer(echo_card(price=PRICE), hold=asyncio.Event())

    async def run():
        await world.limit("group:planning", tokens=10**6)
        tasks = [asyncio.create_task(world.ask(n)) for n in range(5)]
        while provider.open < 5:  # noqa: ASYNC110  an echo has no event for it
            await asyncio.sleep(0.01)
        lock = sqlite3.connect(world.store.name, isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        provider.hold.set()
        await asyncio.gather(*tasks)
        assert all(isinstance(task.result(), Finished) for task in tasks)
        refused = asyncio.create_task(world.ask("late"))
        await asyncio.sleep(6)  # longer than SQLite waits for a lock
        lock.execute("ROLLBACK")
        lock.close()
        await asyncio.gather(refused, return_exceptions=True)
        await asyncio.sleep(1)
        await world.store.drain()

    asyncio.run(run())
    ids = Counter(row["call_id"] for row in world.rows(ledger))
    assert {f"call-{n}" for n in range(5)} <= set(ids)
    assert set(ids.values()) == {1}
    world.check()
