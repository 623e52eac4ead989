# SPDX-License-Identifier: EUPL-1.2
"""Streams at the edge: a client that goes away, and a model that is silent."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from hausgeist.core.labels import Zone
from hausgeist.core.models import ModelCard
from hausgeist.errors import ModelLoading
from hausgeist.gateway.providers.openai import OpenAIProvider
from hausgeist.net.allow import Destination
from hausgeist.store.tables import ledger
from hausgeist.testing.echo import EchoProvider, echo_card
from hausgeist.testing.served import Served

send = Served.request

HELLO = [{"role": "user", "content": "hello dear world"}]
CHAT = {"model": "echo", "messages": HELLO}


class Upstream:
    """A loopback server that streams without end, and notices when its client goes away."""

    def __init__(self) -> None:
        self.gone = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
            )
            chunk = b'data: {"choices":[{"delta":{"content":"tick "}}]}\n\n'
            try:
                while True:
                    connection.sendall(chunk)
                    time.sleep(0.01)
            except OSError:
                self.gone.set()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    endless = Upstream()
    yield endless
    endless.close()


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_goes_away_stops_the_upstream_and_pays_for_what_came(serve, upstream, stream):
    """The connection to the provider is closed, and the ledger has the aborted call."""
    server = serve()

    async def configure() -> None:
        house = server.house
        house.outbound.allow.allow(Destination("127.0.0.1", upstream.port, "test", private=True))
        provider = OpenAIProvider("up", f"http://127.0.0.1:{upstream.port}/v1", house.outbound)
        card = ModelCard("endless", "up", "endless", Zone.HOUSE)
        house.gateway.directory.put("up", provider, [card])

    server.run(configure())
    body = json.dumps({"model": "endless", "messages": HELLO, "stream": stream}).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        f"Authorization: Bearer {server.member.key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(head.encode() + body)
        if stream:
            seen = b""
            while b"tick" not in seen:
                seen += client.recv(4096)
            assert seen.startswith(b"HTTP/1.1 200")
        else:
            for _ in range(500):
                if server.house.gateway.running:
                    break
                time.sleep(0.01)
            time.sleep(0.2)  # some of the answer has come by then
    assert upstream.gone.wait(10)

    async def rows() -> list[dict]:
        for _ in range(200):
            found = await server.house.store.read(
                lambda c: [dict(row) for row in c.execute(select(ledger)).mappings()]
            )
            if found:
                return found
            await asyncio.sleep(0.02)
        return []

    (row,) = server.run(rows())
    assert row["outcome"] == "aborted"
    assert row["output_tokens"] > 0
    assert row["estimated"]
    assert server.house.gateway.running == 0


@pytest.mark.parametrize("model", ["held", "broken late"])
def test_a_silence_is_bridged_before_the_first_word_and_after_it(serve, monkeypatch, model):
    """Where a model thinks longer than proxies wait, comments keep the stream; errors are frames."""
    monkeypatch.setattr("hausgeist.web.streams.STATUS_SECONDS", 0.05)
    monkeypatch.setattr("hausgeist.web.reply.PING_SECONDS", 0.05)
    server = serve()
    failing = ModelLoading(model="late", seconds=1) if model == "broken late" else None

    class Late(EchoProvider):
        async def stream(self, call, card):
            await asyncio.sleep(0.3)
            async for burst in EchoProvider.stream(self, call, card):
                yield burst

    provider = Late(name="late", failing=failing, delay=0.2)
    server.house.gateway.directory.put("late", provider, [echo_card(model, provider="late")])
    reply = send(server, "POST", "/v1/chat/completions", CHAT | {"model": model, "stream": True})
    assert reply.status == 200
    assert reply.body.startswith(b": waiting\n\n")
    if failing:
        assert b'"code":"model_loading"' in reply.body
        assert b"[DONE]" not in reply.body
    else:
        rest = reply.body.partition(b"hello")[2]
        assert b": waiting\n\n" in rest
        assert rest.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("patience", [30.0, 0.01])
def test_a_client_that_goes_away_before_the_first_word_ends_the_call(serve, monkeypatch, patience):
    """A stream that has not begun is cancelled as well, whether it has pings yet or not."""
    monkeypatch.setattr("hausgeist.web.streams.STATUS_SECONDS", patience)
    server = serve()
    provider = EchoProvider(name="late", delay=30)
    server.house.gateway.directory.put("late", provider, [echo_card("late", provider="late")])
    body = json.dumps(CHAT | {"model": "late", "stream": True}).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        f"Authorization: Bearer {server.member.key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(head.encode() + body)
        wait_for(lambda: provider.open == 1)
    wait_for(lambda: provider.cancelled == 1 and server.house.gateway.running == 0)


def wait_for(condition) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it did not happen in five seconds")
