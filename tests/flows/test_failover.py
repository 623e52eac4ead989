# SPDX-License-Identifier: EUPL-1.2
"""Providers on real sockets that die under load, come back, and are rehearsed beforehand."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import insert, select

from hausgeist.audit import Trail
from hausgeist.core.calls import Call
from hausgeist.core.events import Failed, Finished, Started
from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.messages import text_message
from hausgeist.core.models import ModelCard, Price
from hausgeist.core.people import Principal, Role
from hausgeist.core.policy import DEFAULT_POLICY, Rule
from hausgeist.gateway import Directory, Gateway, Routes
from hausgeist.gateway.border import Border
from hausgeist.gateway.drill import Drills
from hausgeist.gateway.drill_questions import Question, compare
from hausgeist.gateway.providers.openai import OpenAIProvider
from hausgeist.gateway.routing import OFTEN, SHUN_SECONDS
from hausgeist.ledger import Book, Usage
from hausgeist.net import AllowList, Destination, Outbound
from hausgeist.store.tables import groups, ledger, sessions, users
from hausgeist.testing.upstreams import FakeUpstream, OpenAIDialect

NOW = 1_790_000_000_000
ANNA = Principal(id="anna", name="Anna", role=Role.MEMBER)
MATRIX = {
    **DEFAULT_POLICY.matrix,
    (DataClass.PUBLIC, Zone.EU): Rule.ALLOW,
    (DataClass.PUBLIC, Zone.WORLD): Rule.REFUSE,
}
RULES = replace(DEFAULT_POLICY, version="test", matrix=MATRIX, instead="local")


class Mortal(FakeUpstream):
    """An upstream that always answers, can be killed, and comes back at the same address."""

    def reply_to(self, asked):
        del asked
        return OpenAIDialect().words(("Guten", " Tag."))

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._handle, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def kill(self) -> None:
        self._server.close()
        for writer in list(self._writers.values()):
            writer.transport.abort()
        await asyncio.gather(*self._writers, return_exceptions=True)


@dataclass
class Answered:
    """How a call ended."""

    started: Started | None = None
    failed: Failed | None = None
    finished: bool = False


@dataclass
class World:
    """A gateway, its upstreams by provider, and its clock."""

    gateway: Gateway
    upstreams: dict[str, Mortal]
    seconds: list[float] = field(default_factory=lambda: [0.0])

    async def ask(self, number: int, model: str = "m") -> Answered:
        call = Call(
            id=f"c{number}",
            principal=ANNA,
            purpose=Purpose.API,
            model=model,
            messages=(text_message("user", f"Frage {number}"),),
            declared=DataClass.PUBLIC,
        )
        found = Answered()
        async for burst in self.gateway.answer(call):
            for event in burst:
                if isinstance(event, Started):
                    found.started = event
                elif isinstance(event, Failed):
                    found.failed = event
                found.finished |= isinstance(event, Finished)
        return found

    def asked(self, name: str) -> int:
        return len(self.upstreams[name].asked)


def run(store, work, rules=RULES):
    """Work in a world where two providers in the EU, one in the world and the house have models."""

    async def all_of_it():
        upstreams = {name: Mortal() for name in ("a", "b", "w", "local")}
        allow, directory, seconds = AllowList(), Directory(), [0.0]
        for one in upstreams.values():
            await one.start()
            allow.allow(Destination("127.0.0.1", one.port, "test", private=True))
        outbound = Outbound(allow)
        zones = {"a": Zone.EU, "b": Zone.EU, "w": Zone.WORLD, "local": Zone.HOUSE}
        for name, one in upstreams.items():
            card = ModelCard(
                id="local" if name == "local" else "m",
                provider=name,
                upstream="m",
                zone=zones[name],
                price=Price(1.0, 2.0, source="list"),
                cleared_for=DataClass.INTERNAL,
            )
            directory.put(name, OpenAIProvider(name, f"{one.url}/v1", outbound), [card])
        gateway = Gateway(
            directory=directory,
            routes=Routes(directory, lambda: seconds[0]),
            book=Book(store, lambda: NOW),
            trail=Trail(store, b"k" * 32, lambda: NOW),
            now_ms=lambda: NOW,
            border=Border(policy=rules),
        )
        try:
            return await work(World(gateway, upstreams, seconds))
        finally:
            await outbound.close()
            for one in upstreams.values():
                await one.kill()
            await store.drain()

    return asyncio.run(all_of_it())


async def load(world: World, count: int, *, first: int = 0, during=None) -> list[Answered]:
    """So many calls, twenty at a time; ``during`` happens once a third of them has been asked."""
    places = asyncio.Semaphore(20)

    async def one(number: int) -> Answered:
        async with places:
            if during is not None and number == first + count // 3:
                await during()
            return await world.ask(number)

    return await asyncio.gather(*(one(first + number) for number in range(count)))


def fair(found: list[Answered]) -> None:
    """Every call was answered, but for those that had begun to be when their provider died."""
    for one in found:
        assert one.finished or one.started is not None, one.failed


def test_a_provider_dies_under_load_and_the_next_permitted_one_answers(store):
    """Of 200 calls none fails that could be served; none goes where the decision did not allow."""

    async def work(world):
        found = await load(world, 200, during=world.upstreams["a"].kill)
        fair(found)
        assert {one.started.provider for one in found} == {"a", "b"}
        assert sum(one.started.provider == "b" for one in found) > 100
        assert {one.started.wanted for one in found} == {""}
        assert (world.asked("w"), world.asked("local")) == (0, 0)

    run(store, work)


def test_the_model_of_the_house_stands_in_where_nobody_is_left(store):
    """With both gone, the model that the rules name answers, and the caller is told."""

    async def work(world):
        async def kill_both():
            await world.upstreams["a"].kill()
            await world.upstreams["b"].kill()

        found = await load(world, 200, during=kill_both)
        fair(found)
        stood_in = [one for one in found if one.started.model == "local"]
        assert len(stood_in) > 100
        assert {(one.started.zone, one.started.wanted) for one in stood_in} == {(Zone.HOUSE, "m")}
        assert world.asked("w") == 0

    run(store, work)


def test_without_a_name_in_the_rules_nobody_stands_in(store):
    """Another model answers only where the rules say so."""

    async def work(world):
        for name in ("a", "b"):
            await world.upstreams[name].kill()
        found = await world.ask(1)
        assert found.started is None
        assert found.failed is not None
        assert (world.asked("w"), world.asked("local")) == (0, 0)

    run(store, work, replace(RULES, instead=""))


def test_a_dead_provider_is_tried_by_one_call_at_a_time_and_used_again_when_it_is_back(store):
    """After some failures nobody waits for it; when the while is over, one call tries it."""

    async def work(world):
        a, b = world.upstreams["a"], world.upstreams["b"]
        await a.kill()
        await b.kill()
        tried = Counter()
        for name in ("a", "b"):
            provider = world.gateway.directory._providers[name]
            real = provider.stream

            def stream(call, card, real=real, name=name):
                tried[name] += 1
                return real(call, card)

            provider.stream = stream
        for number in range(50):
            assert (await world.ask(number)).started.model == "local"
        assert tried == {"a": OFTEN, "b": OFTEN}
        world.seconds[0] += SHUN_SECONDS
        found = await asyncio.gather(*(world.ask(100 + number) for number in range(20)))
        assert {one.started.model for one in found} == {"local"}
        assert tried == {"a": OFTEN + 1, "b": OFTEN + 1}
        await a.start()
        world.seconds[0] += SHUN_SECONDS
        assert (await world.ask(200)).started.provider == "a"
        assert (await world.ask(201)).started.provider == "a"

    run(store, work)


def people(store, count: int) -> None:
    def work(connection):
        connection.execute(insert(groups).values(id="everyone2", title="x", created_at=1))
        for number in range(count):
            row = {"id": f"p{number}", "login": f"p{number}", "name": "x", "role": "member"}
            row |= {"group_id": "everyone2", "locale": "de", "active": True, "created_at": 1}
            connection.execute(insert(users).values(**row))
            seen = {"id": f"p{number}", "user_id": f"p{number}", "created_at": 1, "seen_at": NOW}
            connection.execute(insert(sessions).values(**seen, expires_at=NOW))

    store.write_now(work)


@pytest.mark.parametrize(
    ("word", "victims"), [("provider:a", "a"), ("provider:b", "b"), ("zone:eu", "ab")]
)
def test_what_the_drill_foretells_is_what_happens(store, word, victims):
    """Rehearse, kill, and ask the same again: the same models answer, as often as was foretold."""
    people(store, 5)

    async def work(world):
        drills = Drills(
            store, world.gateway.trail, world.gateway, lambda: NOW + 86_400_000
        )  # the calls are yesterday's
        await load(world, 30)
        await store.drain()
        await Usage(store, world.gateway.trail, lambda: NOW + 86_400_000).tend()  # the day is over
        told = Counter()
        for line in (await drills.forecast(word)).lines:
            told[line.to_model, line.to_provider] += line.calls
        for name in victims:
            await world.upstreams[name].kill()
        found = await load(world, 30, first=1000)
        assert Counter((one.started.model, one.started.provider) for one in found) == told
        assert sum(told.values()) == 30

    run(store, work)


def test_a_drill_asks_the_real_gateway_and_spares_who_is_gone(store):
    """Questions go to the model of today and to the one that would answer, and are booked as evaluation."""
    people(store, 5)

    async def work(world):
        drills = Drills(
            store, world.gateway.trail, world.gateway, lambda: NOW + 86_400_000
        )  # the calls are yesterday's
        questions = [Question(question="Wie lange?", keywords=("tag",), data_class="public")] * 3
        drill_id = await drills.begin(ANNA, "zone:eu", questions=questions)
        drill = await drills.wait(drill_id)
        await store.drain()
        assert (drill.body.state, drill.body.done) == ("done", 3)
        assert {(one.today.provider, one.then.provider) for one in drill.body.asked} == {
            ("a", "local")
        }
        (found,) = compare(drill.body.asked)
        assert (found.passed_then.count, found.passed_then.of) == (3, 3)
        assert found.passed_then.low < 0.5
        purposes = store.read_now(lambda c: c.execute(select(ledger.c.purpose)).scalars().all())
        assert purposes == ["evaluate"] * 6
        assert world.asked("w") == 0

    run(store, work)
