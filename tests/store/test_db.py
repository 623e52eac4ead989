# SPDX-License-Identifier: EUPL-1.2
"""The writer: groups, isolation of failures, order."""

import asyncio
import sqlite3

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from hausgeist.store.db import ALONE, Store, sqlite_url
from hausgeist.store.tables import meta, metadata


def add(key, value="x"):
    def work(connection):
        connection.execute(insert(meta).values(key=key, value=value))
        return key

    return work


def keys(store):
    found = store.read_now(lambda c: c.execute(select(meta.c.key)).scalars().all())
    return {key for key in found if key != "app_version"}


def test_many_concurrent_writes_are_all_committed(store):
    """Two hundred writes at once each return after their commit."""

    async def run():
        return await asyncio.gather(*(store.write(add(f"k{n}")) for n in range(200)))

    assert asyncio.run(run()) == [f"k{n}" for n in range(200)]
    assert len(keys(store)) == 200


def test_a_failing_write_loses_nobody_elses(store):
    """In a group with a write that fails, the others are committed and only it learns of the error."""

    async def run():
        await store.write(add("taken"))
        return await asyncio.gather(
            store.write(add("before")),
            store.write(add("taken")),
            store.write(add("after")),
            return_exceptions=True,
        )

    before, failed, after = asyncio.run(run())
    assert isinstance(failed, IntegrityError)
    assert (before, after) == ("before", "after")
    assert keys(store) == {"taken", "before", "after"}


def test_items_of_one_verb_travel_together(store):
    """Writes that wait at the same moment reach their verb in one call."""
    sizes = []

    def verb(connection, items):
        sizes.append(len(items))
        return items

    async def run():
        return await asyncio.gather(*(store.write_many(verb, n) for n in range(50)))

    assert asyncio.run(run()) == list(range(50))
    assert sizes == [50]


def adding(connection, items):
    """A verb that adds keys."""
    return [add(key)(connection) for key in items]


def test_what_cannot_wait_is_committed_as_well(store):
    """One after the other and many at once: each returns after its commit, none is lost."""

    async def run():
        first = await store.write_soon(adding, "first")
        many = await asyncio.gather(*(store.write_soon(adding, f"k{n}") for n in range(100)))
        return [first, *many]

    assert asyncio.run(run()) == ["first", *(f"k{n}" for n in range(100))]
    assert len(keys(store)) == 101


def test_what_cannot_wait_fails_as_it_would_in_a_group(store):
    """Who asked learns of the error; what comes next is written."""

    async def run():
        await store.write_soon(adding, "taken")
        await asyncio.sleep(2 * ALONE)
        with pytest.raises(IntegrityError):
            await store.write_soon(adding, "taken")
        await asyncio.sleep(2 * ALONE)
        return await store.write_soon(adding, "next")

    assert asyncio.run(run()) == "next"
    assert keys(store) == {"taken", "next"}


def test_what_goes_along_and_fails_is_nobody_elses_error(store):
    """Somebody's write that nobody waits for raises: who asks beside it never hears of it."""

    def broken(connection, items):
        raise ValueError(items)

    async def run():
        store.write_later(broken, "x")
        return await store.write_soon(adding, "mine")

    assert asyncio.run(run()) == "mine"
    assert keys(store) == {"mine"}


def test_nobody_stands_still_while_another_process_writes(tmp_path):
    """Where the file is locked the loop goes on, and the write is done once the lock is gone."""
    store = Store(sqlite_url(tmp_path / "h.db"))
    store.write_now(metadata.create_all)
    other = sqlite3.connect(tmp_path / "h.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def run():
        task = asyncio.create_task(store.write_soon(adding, "mine"))
        turns = 0
        while turns < 10:  # the loop turns while the lock is held
            await asyncio.sleep(0.01)
            turns += 1
        assert not task.done()
        other.execute("COMMIT")
        return await task

    try:
        assert asyncio.run(run()) == "mine"
        assert keys(store) == {"mine"}
    finally:
        other.close()
        store.close()


def test_drain_waits_for_what_nobody_awaits(store):
    """After ``drain`` everything handed over is committed."""

    async def run():
        for n in range(30):
            store.write_later(lambda c, items: [work(c) for work in items], add(f"later{n}"))
        await store.drain()

    asyncio.run(run())
    assert len(keys(store)) == 30


def test_a_store_serves_one_loop_after_another(store):
    """A second event loop in the same process can write as well."""
    asyncio.run(store.write(add("first")))
    asyncio.run(store.write(add("second")))
    assert keys(store) == {"first", "second"}


def test_writing_without_a_loop(store):
    """The command line writes and sees its own error."""
    assert store.write_now(add("cli")) == "cli"
    with pytest.raises(IntegrityError):
        store.write_now(add("cli"))


def test_what_still_waits_for_company_is_written_at_the_end(store, home):
    """A loop may end, and the store close, before a write that nobody awaits was due."""
    other = Store(store.url)

    async def run():
        other.write_later(lambda c, items: [work(c) for work in items], add("left"))

    asyncio.run(run())
    other.close()
    assert keys(store) == {"left"}


def test_what_one_loop_left_goes_with_the_next_once(store):
    """A write that nobody awaits outlives its loop, and is written by the next one, not by both."""
    written = []

    def verb(_connection, items):
        written.extend(items)
        return items

    async def first():
        store.write_later(verb, "left")

    async def second():
        store.write_later(verb, "own")
        await store.drain()

    asyncio.run(first())
    asyncio.run(second())
    assert sorted(written) == ["left", "own"]
