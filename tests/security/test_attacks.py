# SPDX-License-Identifier: EUPL-1.2
"""What attackers and hostile upstreams tried, each as a sentence that must stay true."""

import asyncio
import gc
import json
import re
import socket
import threading

import pytest
from river import ANNA, NOW, ask, booked, gateway_over
from sqlalchemy import insert, select

from hausgeist.app import application
from hausgeist.core.calls import AnswerFormat, Call, Sampling
from hausgeist.core.events import Delta, Failed, Finished
from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.messages import Message, Text, Tool, ToolCall, Usage, text_message
from hausgeist.core.models import Capability, Price
from hausgeist.core.months import month_of
from hausgeist.errors import BorderRefused, BudgetExhausted, Upstream
from hausgeist.gateway.providers import Embeddings
from hausgeist.gateway.providers.anthropic import AnthropicProvider
from hausgeist.gateway.providers.ollama import OllamaProvider
from hausgeist.gateway.providers.openai import OpenAIProvider
from hausgeist.gateway.upstream import sse_payloads
from hausgeist.store import schema
from hausgeist.store.db import Store, sqlite_url
from hausgeist.store.tables import budgets, reservations
from hausgeist.testing.echo import EchoProvider, echo_card
from hausgeist.testing.providers import make_call, make_card, run_with
from hausgeist.testing.served import Served
from hausgeist.testing.upstreams import FakeUpstream, Reply

MAIL = "anna.muster@example.de"


@pytest.fixture
def store(tmp_path):
    opened = Store(sqlite_url(tmp_path / "hausgeist.db"))
    schema.prepare(opened)
    yield opened
    opened.close()


@pytest.fixture
def gateway(store):
    return gateway_over(store)


def offer(gateway, provider, **card):
    gateway.directory.put("echo", provider, [echo_card(**card)])


def call(**more):
    values = {"id": "call-1", "principal": ANNA, "purpose": Purpose.API, "model": "echo"}
    return Call(**(values | {"messages": (text_message("user", "Hallo"),)} | more))


HIDING_PLACES = {
    "the system prompt": {"messages": (text_message("system", MAIL), text_message("user", "a"))},
    "a participant's name": {"messages": (Message("user", (Text("a"),), name=MAIL),)},
    "a tool's arguments": {
        "messages": (Message("assistant", (ToolCall("1", "f", f'{{"to":"{MAIL}"}}'),)),)
    },
    "a tool's description": {"tools": (Tool("f", f"writes to {MAIL}", "{}"),)},
    "a tool's parameters": {"tools": (Tool("f", "", f'{{"description":"{MAIL}"}}'),)},
    "the schema of the answer": {"format": AnswerFormat(f'{{"const":"{MAIL}"}}')},
    "a stop sequence": {"sampling": Sampling(stop=(MAIL,))},
    "a foreign parameter": {"extra": (("user", MAIL),)},
}


@pytest.mark.parametrize("place", HIDING_PLACES)
def test_personal_data_does_not_leave_in_a_corner_of_the_call(gateway, store, place):
    """Whatever part of a call carries it: the examination finds it, and nothing is sent."""
    provider = EchoProvider()
    offer(gateway, provider, zone=Zone.EU, cleared_for=DataClass.PERSONAL)
    (failed,) = ask(gateway, store, call(**HIDING_PLACES[place]))
    assert isinstance(failed.error, BorderRefused)
    assert provider.calls == []


class Liar:
    """A provider that says two words and then tells a usage."""

    name = "echo"

    def __init__(self, usage):
        self.usage = usage

    async def stream(self, call, card):
        del call, card
        yield [Delta("zwei ")]
        yield [Delta("Wörter")]
        yield [Finished("stop", self.usage)]

    async def embed(self, texts, card):
        del texts, card
        return Embeddings([[0.5]], self.usage)


LIES = [
    Usage(input_tokens=-1000, output_tokens=5),
    Usage(input_tokens=5, output_tokens=-1000),
    Usage(input_tokens=10**30, output_tokens=1),
    Usage(input_tokens=5, output_tokens=5, cached_tokens=10**9),
    Usage(input_tokens=5, output_tokens=5, cached_tokens=-(10**30)),
    Usage(input_tokens=5, output_tokens=5, reasoning_tokens=10**30),
]


@pytest.mark.parametrize("lie", [*LIES, Usage(input_tokens=5)])
def test_a_usage_that_cannot_be_is_replaced_by_our_own_count(gateway, store, lie):
    """Negative, absurd and forgotten numbers give nothing back to a budget and do not break the ledger."""
    offer(gateway, Liar(lie), price=Price(1.0, 2.0, cached_input=0.1, source="list"))
    *_, last = ask(gateway, store, call())
    (row,) = booked(store)
    assert row["estimated"]
    assert (row["output_tokens"], row["input_tokens"] > 0, row["micro_eur"] > 0) == (3, True, True)
    assert last.usage.output_tokens == 3


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_about_embeddings_is_not_booked(gateway, store, lie):
    """The same for vectors."""
    offer(gateway, Liar(lie), capabilities=frozenset({Capability.EMBEDDING}))

    async def run():
        found = await gateway.embed(call(messages=()), ["ein Text"])
        await store.drain()
        return found.usage

    usage = asyncio.run(run())
    (row,) = booked(store)
    assert (row["input_tokens"], row["estimated"]) == (usage.input_tokens, True)
    assert 0 < usage.input_tokens < 100


def test_an_answer_that_does_not_end_is_ended(gateway, store):
    """Endless thinking would fill the memory of whoever gathers the answer; it fails and is booked."""

    class Endless(EchoProvider):
        async def stream(self, call, card):
            del call, card
            while True:
                yield [Delta(reasoning="hm " * 100_000)]

    offer(gateway, Endless())
    *_, failed = ask(gateway, store, call())
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, Upstream)
    assert booked(store)[0]["output_tokens"] > 1_000_000


def test_who_leaves_while_the_reservation_is_written_holds_no_budget(gateway, store):
    """The commit cannot be called back; what it held is let go, and nothing was used."""
    offer(gateway, EchoProvider())
    period = month_of(NOW)
    store.write_now(
        lambda c: c.execute(
            insert(budgets).values(scope="group:planning", period=period, limit_tokens=100_000)
        )
    )

    gone = threading.Event()

    async def run():
        await gateway.book.refresh()
        other = asyncio.create_task(store.write(lambda _connection: gone.wait(30)))
        await asyncio.sleep(0)  # where nobody else wrote, there would be no time to leave in
        asked = asyncio.create_task(anext(gateway.answer(call())))
        await asyncio.sleep(0)  # the reservation is handed to the writer
        await asyncio.sleep(0)
        asked.cancel()
        await asyncio.wait((asked,))
        gone.set()
        await other
        await store.drain()
        await asyncio.sleep(0)
        await store.drain()
        return asked.cancelled()

    assert asyncio.run(run())
    assert store.read_now(lambda c: c.execute(select(reservations)).all()) == []
    (row,) = store.read_now(lambda c: c.execute(select(budgets)).mappings().all())
    assert (row["reserved_tokens"], row["spent_tokens"]) == (0, 0)


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        (OpenAIProvider, "text/event-stream"),
        (AnthropicProvider, "text/event-stream"),
        (OllamaProvider, "application/x-ndjson"),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_deeply_nested_answers_of_an_upstream_are_its_fault(kind, type_, status):
    """A hundred thousand brackets are an upstream's error like any other."""
    deep = b'{"error":' + b"[" * 100_000
    frame = b"data: " + deep + b"\n\n" if "event" in type_ else deep + b"\n"
    body = frame if status == 200 else deep

    async def work(outbound, url):
        provider = kind("up", url, outbound)
        with pytest.raises(Upstream):
            async for _ in provider.stream(make_call(), make_card()):
                pass

    run_with(FakeUpstream(Reply(frames=(body,), kind=type_, status=status)), work)


@pytest.mark.parametrize("piece", [b"\nb" * 50, b"\r\nb" * 33])
def test_an_event_in_many_small_lines_is_joined_once(piece):
    """Twelve megabytes of short lines without an end, in small pieces: copied once, not at every piece."""
    copied = 0

    class Counted(bytes):
        def __radd__(self, other):
            nonlocal copied
            copied += len(other)
            return bytes(other) + bytes(self)

    async def arriving():
        for _ in range(20_000):
            yield Counted(piece)

    async def run():
        return [payload async for found in sse_payloads(arriving(), "up") for payload in found]

    asyncio.run(run())
    assert copied <= 20_000 * 10


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with Served(tmp_path_factory.mktemp("house"), {"public_url": "https://ki.example.de"}) as made:
        yield made


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("name", "value", "status"), [("Origin", "http://[", 403), ("Referer", "http://[::1", 303)]
)
def test_an_unreadable_address_in_a_header_is_no_fault_of_ours(house, name, value, status):
    """An origin that cannot be read is a foreign one; a page that cannot be read is the start page."""
    got = house.request(
        "POST", "/preferences", b"theme=dark", key=None, headers={**FORM, name: value}
    )
    assert (got.status, got.headers["location"] or "/") == (status, "/")


def test_of_several_declared_classes_the_highest_counts(house):
    """A second header does not lower what the first one said, in either order."""
    body = {"model": "abroad", "messages": [{"role": "user", "content": "Hallo"}]}
    for words in (("special", "public"), ("public", "special")):
        got = sent_twice(house, "/v1/chat/completions", body, "X-Hausgeist-Data-Class", words)
        assert got.startswith(b"HTTP/1.1 403 ")
        assert b"border_refused" in got


def sent_twice(house, path, body, name, values):
    """A request that has one header several times."""
    data = json.dumps(body).encode()
    head = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{house.port}", "Connection: close"]
    head += [f"Authorization: Bearer {house.member.key}", f"Content-Length: {len(data)}"]
    head += [f"{name}: {value}" for value in values]
    with socket.create_connection(("127.0.0.1", house.port), timeout=30) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode() + data)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    "path", ["/v1/models", "/api/tags", "/models/nothing", "/login", "/account", "/metrics", "/"]
)
def test_no_cache_keeps_an_answer_and_https_stays(house, path):
    """Pages, API answers, errors and redirects are for their reader; only files of our own are kept."""
    got = house.request("GET", path)
    assert "no-store" in got.headers["cache-control"]
    assert got.headers["strict-transport-security"] == "max-age=31536000"


def test_without_https_nobody_is_told_to_use_it(tmp_path):
    """A house on loopback would otherwise be unreachable for a year."""
    with Served(tmp_path) as plain:
        assert plain.request("GET", "/login").headers["strict-transport-security"] is None


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/api/chat"])
def test_a_stream_that_fails_at_once_holds_nothing(house, path):
    """The call is over and booked when the error is sent, not when the collector finds it."""
    body = {"model": "broken", "messages": [{"role": "user", "content": "a"}], "stream": True}
    gc.disable()
    try:
        for _ in range(5):
            assert house.request("POST", path, body | {"max_tokens": 5}).status == 502
        house.run(house.house.store.drain())
        held = house.house.store.read_now(lambda c: c.execute(select(reservations)).all())
    finally:
        gc.enable()
    assert (house.house.gateway.running, held) == (0, [])


@pytest.mark.parametrize(
    "reply",
    [
        Reply(frames=(b'{"error":{"message":"Incorrect key: sk-geheim"}}',), status=401),
        Reply(frames=(b'{"error":{"message":"project geheim may not"}}',), status=403),
        Reply(frames=(), headers={"X-Bad": "geheim" + "m" * 20_000}),
    ],
)
def test_callers_do_not_learn_what_a_provider_says_about_our_key(reply):
    """Nor what stood where an answer's head should have been, nor the address of the server."""

    async def work(outbound, url):
        provider = OpenAIProvider("up", url + "/secret-path", outbound, key="sk-geheim")
        with pytest.raises(Upstream) as caught:
            async for _ in provider.stream(make_call(), make_card()):
                pass
        return caught.value.say()

    said = run_with(FakeUpstream(reply), work)
    assert "geheim" not in said
    assert "secret-path" not in said


def test_no_route_takes_a_nul(house):
    """PostgreSQL refuses it as a fault of ours; nothing of the house has one in its id."""
    table = application(house.house).table
    for route in table.routes:
        path = re.sub(r"\{[^}]*\}", "\x00", route.path)
        found, _, methods = table.find(route.method, path)
        assert (found is route, methods) == ("{" not in route.path, set())


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Via", "X-Forwarded-Proto"])
def test_a_proxy_on_this_machine_is_not_this_machine(house, header):
    """Without a token the counters are for this machine; whoever comes through a proxy is not."""
    assert house.request("GET", "/metrics", key=None).status == 200
    assert house.request("GET", "/metrics", key=None, headers={header: "1.1 proxy"}).status == 404


LONG = "ein langer Text " * 1000


class Mute(EchoProvider):
    """Takes everything and says nothing."""

    async def stream(self, call, card):
        del call, card
        await asyncio.Event().wait()
        yield []

    async def embed(self, texts, card):
        del texts, card
        await asyncio.Event().wait()


@pytest.mark.parametrize("kind", ["answer", "embed"])
def test_who_leaves_before_the_first_word_pays_for_what_was_read(gateway, store, kind):
    """Upstreams charge for a prompt whose answer nobody waited for; so do we."""
    able = frozenset({Capability.COMPLETION, Capability.EMBEDDING})
    offer(gateway, Mute(), capabilities=able)

    async def run():
        if kind == "answer":
            asked = call(messages=(text_message("user", LONG),))
            task = asyncio.create_task(anext(gateway.answer(asked)))
        else:
            task = asyncio.create_task(gateway.embed(call(messages=()), [LONG]))
        await asyncio.sleep(0.2)
        task.cancel()
        await asyncio.wait((task,))
        await store.drain()

    asyncio.run(run())
    (row,) = booked(store)
    assert (row["outcome"], row["estimated"]) == ("aborted", True)
    assert row["input_tokens"] > len(LONG) // 4


def test_a_budget_covers_the_texts_of_an_embedding(gateway, store):
    """What is reserved depends on the texts, so that a few tokens do not pay for a library."""
    offer(gateway, EchoProvider(), capabilities=frozenset({Capability.EMBEDDING}))
    period = month_of(NOW)
    values = {"scope": "group:planning", "period": period, "limit_tokens": 4000}
    store.write_now(lambda c: c.execute(insert(budgets).values(**values)))

    async def run():
        await gateway.book.refresh()
        await gateway.embed(call(messages=()), ["ein kurzer Text"])
        with pytest.raises(BudgetExhausted):
            await gateway.embed(call(id="call-2", messages=()), [LONG])

    asyncio.run(run())


MANY = [{"role": "user", "content": "a"}] * 20_000


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"messages": MANY}),
        ("/v1/responses", {"input": MANY}),
        ("/v1/messages", {"messages": MANY, "max_tokens": 5}),
        ("/v1/messages/count_tokens", {"messages": MANY}),
        ("/api/chat", {"messages": MANY}),
    ],
)
def test_a_multitude_of_messages_is_refused_before_anybody_waits(house, path, body):
    """Every message costs the loop a little, so that a full body of tiny ones would stop the house."""
    assert house.request("POST", path, {"model": "echo", **body}).status == 400
