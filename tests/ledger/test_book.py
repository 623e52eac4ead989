# SPDX-License-Identifier: EUPL-1.2
"""Reservations and budgets: exact under many calls at once, nothing lost in a crash."""

import asyncio
import threading
from dataclasses import replace

import pytest
from sqlalchemy import func, insert, select

from hausgeist.core.accounting import Reservation, Settlement
from hausgeist.core.messages import Usage
from hausgeist.errors import BudgetExhausted
from hausgeist.ledger import Book
from hausgeist.ledger.book import DEAD
from hausgeist.store import calls, schema
from hausgeist.store.db import Store
from hausgeist.store.tables import budgets, ledger, reservations

NOW = 1_790_000_000_000  # 2026-09


def reservation(number=0, tokens=100, micro_eur=10, scopes=("group:planning",)):
    return Reservation(
        call_id=f"call-{number}",
        at_ms=NOW,
        group="planning",
        cost_centre=None,
        service_key=None,
        purpose="api",
        model="m",
        provider="p",
        zone="house",
        data_class="internal",
        policy_version="default-1",
        tokens=tokens,
        micro_eur=micro_eur,
        scopes=scopes,
    )


def settlement(held, tokens=60):
    return Settlement(
        reservation=held,
        usage=Usage(tokens // 2, tokens // 2),
        micro_eur=6,
        price_source="list",
        energy_mwh=None,
        energy_source="unknown",
        duration_ms=5,
        first_token_ms=1,
        outcome="ok",
    )


def give_budget(store, **limits):
    store.write_now(
        lambda c: c.execute(
            insert(budgets).values(scope="group:planning", period="2026-09", **limits)
        )
    )


def balance(store):
    return store.read_now(lambda c: c.execute(select(budgets)).mappings().one())


def count(store, table):
    return store.read_now(lambda c: c.execute(select(func.count()).select_from(table)).scalar())


def test_a_budget_holds_exactly_under_concurrent_calls(store):
    """Of 100 calls at once on a budget for 42, exactly 42 are let through."""
    give_budget(store, limit_tokens=4_200)

    async def run():
        book = Book(store, lambda: NOW)
        return await asyncio.gather(
            *(book.reserve(reservation(n)) for n in range(100)), return_exceptions=True
        )

    results = asyncio.run(run())
    assert sum(isinstance(result, BudgetExhausted) for result in results) == 58
    assert balance(store)["reserved_tokens"] == 4_200
    assert count(store, reservations) == 42


def test_settling_releases_what_was_held_and_books_what_was_used(store):
    """After a call its reservation is gone, its tokens are spent, and the ledger has one row."""
    give_budget(store, limit_tokens=1_000)

    async def run():
        book = Book(store, lambda: NOW)
        await book.reserve(reservation())
        book.settle(settlement(reservation()))
        await store.drain()

    asyncio.run(run())
    found = balance(store)
    assert (found["reserved_tokens"], found["spent_tokens"], found["spent_micro_eur"]) == (0, 60, 6)
    assert (count(store, reservations), count(store, ledger)) == (0, 1)


def test_an_unknown_price_is_refused_by_a_budget_in_money(store):
    """A hard budget in EUR cannot cover a call whose price nobody knows."""
    give_budget(store, limit_micro_eur=1_000_000)

    async def run():
        await Book(store, lambda: NOW).reserve(replace(reservation(), micro_eur=None))

    with pytest.raises(BudgetExhausted):
        asyncio.run(run())


def test_a_refusal_by_the_second_budget_frees_the_first(store):
    """A call that one of its budgets refuses holds nothing of the others."""
    give_budget(store, limit_tokens=1_000)
    store.write_now(
        lambda c: c.execute(insert(budgets).values(scope="key:k", period="2026-09", limit_tokens=1))
    )

    async def run():
        held = reservation(scopes=("group:planning", "key:k"))
        await Book(store, lambda: NOW).reserve(held)

    with pytest.raises(BudgetExhausted, match="of the service key k"):
        asyncio.run(run())
    found = store.read_now(lambda c: c.execute(select(budgets.c.reserved_tokens)).scalars().all())
    assert found == [0, 0]


def test_what_a_killed_server_left_is_booked_at_its_worst(store):
    """An open reservation is booked as lost, with all it held, exactly once, also by two at once."""
    give_budget(store, limit_tokens=1_000)
    clock = [0.0]

    async def run():
        await Book(store, lambda: NOW).reserve(reservation())
        others = [Book(store, lambda: NOW + 1, lambda: clock[0]) for _ in range(2)]
        if store.is_sqlite:
            assert await others[0].recover() == 1
        await pass_seconds(others, clock, DEAD + 3)
        await store.drain()
        assert await Book(store, lambda: NOW + 2).recover() == 0

    asyncio.run(run())
    row = store.read_now(lambda c: c.execute(select(ledger)).mappings().one())
    assert (row["outcome"], row["input_tokens"], row["micro_eur"]) == ("lost", 100, 10)
    found = balance(store)
    assert (found["reserved_tokens"], found["spent_tokens"], found["spent_micro_eur"]) == (
        0,
        100,
        10,
    )


async def pass_seconds(books, clock, seconds):
    """Every book looks about every two seconds."""
    for _ in range(int(seconds / 2)):
        clock[0] += 2
        for book in books:
            await book.refresh()


@pytest.fixture
def replicas(postgres_url):
    """A PostgreSQL that several servers share."""
    found = Store(postgres_url)
    schema.prepare(found)
    yield found
    found.close()


@pytest.mark.postgres
def test_a_living_replica_is_left_alone(replicas):
    """While its heart beats, what a server reserved is not taken for lost, whatever the wall clock says."""
    clock = [0.0]

    async def run():
        living = Book(replicas, lambda: NOW, lambda: clock[0])
        await living.reserve(reservation())
        watcher = Book(replicas, lambda: NOW + 10**9, lambda: clock[0])
        await pass_seconds([living, watcher], clock, 3 * DEAD)
        assert count(replicas, reservations) == 1
        await pass_seconds([watcher], clock, DEAD + 3)
        await replicas.drain()

    asyncio.run(run())
    assert (count(replicas, reservations), count(replicas, ledger)) == (0, 1)


@pytest.mark.postgres
def test_after_an_outage_nobody_is_buried_at_once(replicas):
    """A watcher that could not look for a while begins to count anew: the others could not beat either."""
    clock = [0.0]

    async def run():
        other = Book(replicas, lambda: NOW, lambda: clock[0])
        await other.reserve(reservation())
        watcher = Book(replicas, lambda: NOW, lambda: clock[0])
        await pass_seconds([other, watcher], clock, 4)
        clock[0] += 10 * DEAD
        await watcher.refresh()
        await replicas.drain()

    asyncio.run(run())
    assert count(replicas, reservations) == 1


def test_a_late_settlement_of_a_call_that_was_booked_as_lost_changes_nothing(store):
    """A server that was only asleep books its call again in vain: once is once."""
    give_budget(store, limit_tokens=1_000)

    async def run():
        sleeper = Book(store, lambda: NOW)
        await sleeper.reserve(reservation())
        await sleeper.reserve(reservation(1))
        Book(store, lambda: NOW).settle(calls.lost(reservation(), NOW))
        await store.drain()
        sleeper.settle(settlement(reservation()))
        sleeper.settle(settlement(reservation(1)))
        await store.drain()

    asyncio.run(run())
    rows = store.read_now(lambda c: c.execute(select(ledger.c.outcome)).scalars().all())
    assert sorted(rows) == ["lost", "ok"]
    found = balance(store)
    assert (found["reserved_tokens"], found["spent_tokens"]) == (0, 160)


def test_a_caller_who_leaves_while_the_reservation_is_written_holds_nothing(store):
    """Cancelled between the hand-over and the commit, a call is booked with nothing used."""
    give_budget(store, limit_tokens=1_000)
    gone = threading.Event()

    async def run():
        other = asyncio.create_task(store.write(lambda _connection: gone.wait(30)))
        await asyncio.sleep(0)  # where nobody else wrote, there would be no time to leave in
        task = asyncio.create_task(Book(store, lambda: NOW).reserve(reservation()))
        await asyncio.sleep(0)
        task.cancel()
        gone.set()
        await other
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(0)  # where the commit came at the same moment, its news is on the way
        await store.drain()

    asyncio.run(run())
    row = store.read_now(lambda c: c.execute(select(ledger)).mappings().one())
    assert (row["outcome"], row["input_tokens"], count(store, reservations)) == ("aborted", 0, 0)
    assert balance(store)["reserved_tokens"] == 0


def test_what_nobody_reserved_is_not_released(store):
    """Where a reservation failed, giving it up neither books a call nor gives a budget anything back."""
    give_budget(store, limit_tokens=1_000, reserved_tokens=500)

    async def run():
        store.write_later(calls.give_up, calls.unused(reservation(), NOW))
        await store.drain()

    asyncio.run(run())
    assert (count(store, ledger), balance(store)["reserved_tokens"]) == (0, 500)
