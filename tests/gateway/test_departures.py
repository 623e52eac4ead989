# SPDX-License-Identifier: EUPL-1.2
"""What leaves the house is written down before it does, once an attempt, without anybody's name."""

import asyncio
import time
from dataclasses import replace

import pytest
from sqlalchemy import select

from hausgeist.audit import Trail
from hausgeist.core.calls import Call
from hausgeist.core.events import Failed, Finished
from hausgeist.core.findings import Examination
from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.messages import text_message
from hausgeist.core.models import Capability, ModelCard
from hausgeist.core.people import Principal, Role
from hausgeist.core.voice import Recording, Speech
from hausgeist.errors import EgressDenied
from hausgeist.gateway import Directory, Gateway, Routes
from hausgeist.gateway.border import Border
from hausgeist.gateway.departures import Departures
from hausgeist.gateway.providers.anthropic import AnthropicProvider
from hausgeist.gateway.providers.openai import OpenAIProvider
from hausgeist.ledger import Book
from hausgeist.net import AllowList, Connections, Destination, Leaving, Outbound
from hausgeist.store.tables import connections, departures
from hausgeist.testing.abroad import TERMS
from hausgeist.testing.upstreams import FakeUpstream, OpenAIDialect, Reply

NOW = 1_790_000_000_000
ANNA = Principal(id="anna", name="Anna", role=Role.MEMBER, group="planning")
WORDS = OpenAIDialect().words(["Guten", " Tag"])


class Clear:
    """Detectors that find nothing personal."""

    async def examine(self, texts):
        return Examination(dict.fromkeys(texts, ()))


class River:
    """A gateway whose one provider is a scripted server that counts as one of the EU."""

    def __init__(self, store, *replies, zone="eu", provider=OpenAIProvider, base="/v1"):
        self.store = store
        self.fake = FakeUpstream(*replies)
        self.zone = zone
        self._provider, self._base = provider, base

    async def __aenter__(self):
        self._serving = self.fake.serving()
        await self._serving.__aenter__()
        self.outbound = Outbound(AllowList())
        where = Destination(
            "127.0.0.1", self.fake.port, "provider:up", private=True, zone=self.zone, country="DE"
        )
        self.outbound.allow.allow(where)
        self.outbound.record = Connections(self.store, lambda: NOW, self.outbound.allow).note
        self.outbound.depart = Departures(self.store, lambda: NOW).depart
        directory = Directory()
        self.provider = self._provider("up", self.fake.url + self._base, self.outbound)
        self.card = ModelCard(
            id="m",
            provider="up",
            upstream="m-1",
            zone=Zone(self.zone),
            country="DE",
            capabilities=frozenset(Capability),
            cleared_for=DataClass.INTERNAL,
            terms=TERMS,
        )
        directory.put("up", self.provider, [self.card])
        self.gateway = Gateway(
            directory=directory,
            routes=Routes(directory, time.monotonic),
            book=Book(self.store, lambda: NOW),
            trail=Trail(self.store, b"k" * 32, lambda: NOW),
            now_ms=lambda: NOW,
            border=Border(examiner=Clear()),
        )
        return self

    async def __aexit__(self, *_):
        await self.outbound.close()
        await self._serving.__aexit__(None, None, None)
        await self.store.drain()

    async def ask(self, **more):
        return [event async for burst in self.gateway.answer(call(**more)) for event in burst]


def call(text="Was ist ein Bebauungsplan?", **more):
    values = {
        "id": "call-1",
        "principal": ANNA,
        "purpose": Purpose.API,
        "model": "m",
        "messages": (text_message("user", text),),
        "declared": DataClass.PUBLIC,
    }
    return Call(**(values | more))


def rows(store):
    query = select(departures).order_by(departures.c.at)
    return store.read_now(lambda c: [dict(row) for row in c.execute(query).mappings()])


def test_a_call_that_leaves_has_a_row(store):
    """Where to, under which rules, how many bytes: all of it, and nobody's name."""

    async def run():
        async with River(store, WORDS) as river:
            assert isinstance((await river.ask())[-1], Finished)
            return river.fake

    fake = asyncio.run(run())
    (row,) = rows(store)
    assert (row["host"], row["port"], row["provider"], row["model"]) == (
        "127.0.0.1",
        fake.port,
        "up",
        "m",
    )
    assert (row["zone"], row["country"], row["purpose"], row["data_class"]) == (
        "eu",
        "DE",
        "api",
        "public",
    )
    assert (row["call_id"], row["verdict"], row["outcome"], row["sockets"]) == (
        "call-1",
        "allow",
        "ok",
        1,
    )
    assert row["policy_version"]
    assert not {"anna", "Anna", "planning"} & {str(value) for value in row.values()}


def test_bytes_are_those_of_head_and_body(store):
    """What was counted out is what the other side read, to the byte."""

    async def run():
        async with River(store, WORDS) as river:
            await river.ask()
            river.outbound.wire.look()
            return river.fake.asked[0], river.outbound.wire

    asked, wire = asyncio.run(run())
    (row,) = rows(store)
    head = f"{asked.method} {asked.path} HTTP/1.1\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in asked.headers.items()
    )
    assert row["bytes_out"] == len(head) + 2 + len(asked.body)
    assert row["bytes_in"] > sum(map(len, WORDS.frames))
    assert wire.out == row["bytes_out"]
    assert wire.too_much == 0


def test_the_row_is_there_before_the_first_byte(store):
    """While the other side has not answered, the row says that something was opened."""

    async def run():
        async with River(store, Reply(frames=(), hold=True)) as river:
            asking = asyncio.create_task(river.ask())
            while not river.fake.asked:  # noqa: ASYNC110  a fake has no event for it
                await asyncio.sleep(0.01)
            before = rows(store)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            return before, river.fake.asked[0]

    (before,), asked = asyncio.run(run())
    assert (before["outcome"], before["bytes_out"]) == ("opened", len(asked.body))
    (after,) = rows(store)
    assert after["outcome"] == "aborted"


def test_whoever_leaves_in_the_middle_is_counted(store):
    """Closing an answer completes its row with what had come until then."""

    async def run():
        async with River(
            store, Reply(frames=WORDS.frames[:3], kind=WORDS.kind, hold=True)
        ) as river:
            stream = river.gateway.answer(call())
            async for burst in stream:
                if burst:
                    break
            await stream.aclose()

    asyncio.run(run())
    (row,) = rows(store)
    assert row["outcome"] == "aborted"
    assert row["bytes_in"] > 0


def test_an_error_of_the_other_side_is_a_departure(store):
    """What was refused there has left all the same."""

    async def run():
        async with River(
            store, Reply(frames=(b'{"error": {"message": "no"}}',), status=400)
        ) as river:
            assert isinstance((await river.ask())[-1], Failed)

    asyncio.run(run())
    assert [(row["outcome"], row["bytes_out"] > 0) for row in rows(store)] == [("refused", True)]


def test_nobody_there_is_a_departure_without_bytes(store):
    """An attempt that found nobody is a row, and says that nothing was sent."""

    async def run():
        river = River(store)
        async with river:
            pass
        river.outbound = Outbound(river.outbound.allow)
        river.outbound.depart = Departures(store, lambda: NOW).depart
        provider = OpenAIProvider("up", river.fake.url + "/v1", river.outbound)
        river.gateway.directory.put("up", provider, [river.card])
        assert isinstance((await river.ask())[-1], Failed)
        await river.outbound.close()
        await store.drain()

    asyncio.run(run())
    assert [(row["outcome"], row["bytes_out"]) for row in rows(store)] == [("failed", 0)]


def test_what_stays_in_the_house_has_no_row(store):
    """A call to a model of the house is no departure."""

    async def run():
        async with River(store, WORDS, zone="house") as river:
            assert isinstance((await river.ask())[-1], Finished)

    asyncio.run(run())
    assert rows(store) == []


async def drained(stream):
    async for _ in stream:
        pass


SPEECH = Speech(text="Haus", voice="alloy", format="wav", speed=None, instructions=None)
RECORDING = Recording(data=b"RIFF", kind="wav")


@pytest.mark.parametrize(
    "go",
    [
        lambda up, card: drained(up.stream(call(), card)),
        lambda up, card: up.embed(["Haus"], card),
        lambda up, card: up.transcribe(RECORDING, card),
        lambda up, card: drained(up.speak(SPEECH, card)),
    ],
    ids=["stream", "embed", "transcribe", "speak"],
)
def test_without_a_decision_nothing_leaves(store, go):
    """Who goes to a provider past the border is refused by the client, and no socket is opened."""

    async def run():
        async with River(store, WORDS) as river:
            with pytest.raises(EgressDenied):
                await go(river.provider, river.card)
            return river.fake.connections

    assert asyncio.run(run()) == 0
    assert rows(store) == []
    assert store.read_now(lambda c: c.execute(select(connections)).all()) == []


def test_a_decision_holds_for_the_models_it_names(store):
    """A call that was permitted for one model does not carry another one out."""

    async def run():
        async with River(store, WORDS, WORDS) as river:
            await river.ask()
            other = replace(river.card, id="other")
            with pytest.raises(EgressDenied):
                await drained(river.provider.stream(call(), other))

    asyncio.run(run())
    assert [row["model"] for row in rows(store)] == ["m"]


def test_every_door_of_the_gateway_is_covered(store):
    """Vectors, sound and counting leave a row with their call and its verdict."""
    vectors = Reply(
        frames=(b'{"data":[{"index":0,"embedding":[0.1]}],"usage":{"prompt_tokens":1}}',)
    )
    sound = Reply(frames=(b"RIFF",), kind="audio/wav")

    async def run():
        async with River(store, vectors, sound) as river:
            await river.gateway.embed(call(id="embed"), ["Haus"])
            await drained(river.gateway.speak(call(id="speak"), SPEECH))
        counted = Reply(frames=(b'{"input_tokens": 7}',))
        async with River(store, counted, provider=AnthropicProvider, base="") as river:
            assert (await river.gateway.count(call(id="count"))).input_tokens == 7

    asyncio.run(run())
    found = {row["call_id"]: (row["outcome"], row["verdict"]) for row in rows(store)}
    assert found == dict.fromkeys(("embed", "speak", "count"), ("ok", "allow"))


def test_what_is_no_call_says_what_it_was_for(store):
    """A provider that is asked for its models is a departure of its own kind."""

    async def run():
        async with River(store, Reply(frames=(b'{"data": []}',))) as river:
            await river.provider.describe()

    asyncio.run(run())
    (row,) = rows(store)
    assert (row["purpose"], row["call_id"], row["model"], row["outcome"]) == (
        "models",
        "",
        "",
        "ok",
    )


def test_what_a_killed_process_left_open_is_lost(store):
    """After a start, a row that nobody completed says so, and keeps the size it was to have."""

    async def run():
        departing = Departures(store, lambda: NOW)
        where = Destination("ki.example", 443, "provider:up", zone="eu")
        await departing.depart(Leaving(where, "ki.example", 443, "", 77))
        await Departures(store, lambda: NOW + 1).recover()

    asyncio.run(run())
    assert [(row["outcome"], row["bytes_out"]) for row in rows(store)] == [("lost", 77)]
