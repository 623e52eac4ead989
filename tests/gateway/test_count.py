# SPDX-License-Identifier: EUPL-1.2
"""Counting a call's input: by the border's leave, by the provider where it can, else by estimate."""

import asyncio
import json
import time

import pytest
from sqlalchemy import select

from hausgeist.audit import Trail
from hausgeist.core.calls import Call
from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.messages import Message, Text, ToolCall, Usage, text_message
from hausgeist.core.people import Principal, Role
from hausgeist.errors import BorderRefused, UnknownModel
from hausgeist.gateway import Directory, Gateway, Routes
from hausgeist.gateway.providers import Counts
from hausgeist.ledger import Book
from hausgeist.store.tables import audit_payloads, ledger
from hausgeist.testing.echo import EchoProvider, echo_card

NOW = 1_790_000_000_000
HELLO = text_message("user", "Guten Tag")
ANNA = Principal(id="anna", name="Anna", role=Role.MEMBER, models=frozenset({"echo", "exact"}))


class Exact(EchoProvider):
    """An echo that counts, and remembers that it was asked."""

    __slots__ = ("asked",)

    def __init__(self):
        super().__init__(name="exact")
        self.asked = 0

    async def count_tokens(self, call, card):
        """Always the same number."""
        self.asked += 1
        return 42


@pytest.fixture
def exact():
    return Exact()


@pytest.fixture
def gateway(store, exact):
    directory = Directory()
    directory.put("echo", EchoProvider(), [echo_card(), echo_card("secret")])
    cards = [echo_card("exact", provider="exact", zone=Zone.WORLD, cleared_for=DataClass.INTERNAL)]
    directory.put("exact", exact, cards)
    return Gateway(
        directory=directory,
        routes=Routes(directory, time.monotonic),
        book=Book(store, lambda: NOW),
        trail=Trail(store, b"k" * 32, lambda: NOW),
        now_ms=lambda: NOW,
    )


def call(model="echo", messages=(HELLO,), **more):
    """A call of Anna's."""
    fields = {"id": "c1", "principal": ANNA, "purpose": Purpose.API, "model": model}
    return Call(**fields, messages=tuple(messages), **more)


def count(gateway, *asked, **more):
    """The count of a call."""
    return asyncio.run(gateway.count(call(*asked, **more)))


def test_estimate_grows_with_all_that_is_sent(gateway):
    """Without a provider that counts, words and the arguments of tools are estimated."""
    words = count(gateway, messages=[HELLO, text_message("assistant", "x" * 3000)])
    tools = count(
        gateway,
        messages=[HELLO, Message("assistant", (Text(""), ToolCall("1", "t", "x" * 3000)))],
    )
    assert words == tools
    assert words.estimated
    assert words.input_tokens > 1000


def test_provider_counts(gateway, exact, store):
    """A provider that counts is asked; that content went out is noted, and nothing is booked."""
    assert isinstance(exact, Counts)

    async def run():
        found = await gateway.count(call("exact", consented=True))
        await store.drain()
        return found

    assert asyncio.run(run()) == Usage(input_tokens=42)
    assert exact.asked == 1
    payloads = store.read_now(lambda c: c.execute(select(audit_payloads.c.body)).scalars().all())
    (event,) = [json.loads(row) for row in payloads]
    assert event["kind"] == "call.counted"
    assert gateway.trail.belongs(event, "anna", "c1")
    assert store.read_now(lambda c: c.execute(select(ledger)).all()) == []


def test_border_comes_first(gateway, exact):
    """What may not go there is not counted there either."""
    with pytest.raises(BorderRefused):
        count(gateway, "exact", declared=DataClass.SPECIAL)
    with pytest.raises(BorderRefused):
        count(gateway, "exact", [text_message("user", "Mail an anna.berg@example.org bitte")])
    assert exact.asked == 0


@pytest.mark.parametrize("model", ["secret", "nowhere"])
def test_hidden_models_stay_hidden(gateway, model):
    """A model that the caller may not use is as unknown as one that is not there."""
    with pytest.raises(UnknownModel):
        count(gateway, model)
