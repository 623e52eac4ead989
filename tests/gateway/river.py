# SPDX-License-Identifier: EUPL-1.2
"""A gateway over a real store, without HTTP: made, asked, and what was booked of it."""

import asyncio
import time

from sqlalchemy import select

from hausgeist.audit import Trail
from hausgeist.core.people import Principal, Role
from hausgeist.gateway import Directory, Gateway, Routes
from hausgeist.ledger import Book
from hausgeist.store.tables import ledger

NOW = 1_790_000_000_000
ANNA = Principal(id="anna", name="Anna", role=Role.MEMBER, group="planning")


def gateway_over(store, **parts):
    """A gateway that offers nothing yet; ``parts`` are those of ``Gateway`` that matter."""
    directory = Directory()
    return Gateway(
        directory=directory,
        routes=Routes(directory, time.monotonic),
        book=Book(store, lambda: NOW),
        trail=Trail(store, b"k" * 32, lambda: NOW),
        now_ms=lambda: NOW,
        **parts,
    )


def ask(gateway, store, asked):
    """All events of a call, after everything is booked."""

    async def run():
        events = [event async for burst in gateway.answer(asked) for event in burst]
        await store.drain()
        return events

    return asyncio.run(run())


def booked(store):
    """The rows of the ledger."""
    return store.read_now(lambda c: c.execute(select(ledger)).mappings().all())
