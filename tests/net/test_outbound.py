# SPDX-License-Identifier: EUPL-1.2
"""The only way out: what it refuses, what it closes, what it repeats, over real sockets."""

import asyncio
import socket

import pytest
from servers import HELLO, fetch, outbound_to, polite, self_signed, server

from hausgeist.errors import EgressDenied, Upstream, UpstreamTimeout
from hausgeist.net import AllowList, Connections, Outbound
from hausgeist.store import connections as rows
from hausgeist.store.db import Store, sqlite_url
from hausgeist.store.tables import metadata


class Names:
    """A resolver that answers as it is told, another answer each time."""

    def __init__(self, *answers):
        self.answers = list(answers)

    async def resolve(self, host, port=0, family=socket.AF_INET):
        """The next answer."""
        del family
        address = self.answers.pop(0)
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
        ]

    async def close(self):
        """Nothing to close."""


def test_nothing_is_allowed_at_first():
    """A fresh allow list refuses, and the refusal is recorded."""
    outbound, seen = Outbound(AllowList()), []
    outbound.record = lambda *row: seen.append(row)
    with pytest.raises(EgressDenied):
        asyncio.run(fetch(outbound, "https://example.org/"))
    assert seen == [("example.org", 443, "denied", False)]


def test_connections_are_kept_and_recorded_once(tmp_path):
    """Two requests share a connection; the table has one row for it, and one for a denial."""
    seen = []
    store = Store(sqlite_url(tmp_path / "h.db"))
    store.write_now(metadata.create_all)

    async def run():
        async with server(polite, seen) as port:
            outbound = outbound_to(port)
            outbound.record = Connections(store, lambda: 7).note
            for _ in range(2):
                assert await fetch(outbound, f"http://127.0.0.1:{port}/") == (200, b"hallo")
            with pytest.raises(EgressDenied):
                await fetch(outbound, f"http://127.0.0.1:{port + 1}/")
            await outbound.close()
            await store.drain()
            return port

    port = asyncio.run(run())
    found = store.read_now(rows.newest)
    store.close()
    assert len(seen) == 1
    assert sorted((row["port"], row["reason"], row["allowed"]) for row in found) == [
        (port, "test", True),
        (port + 1, "denied", False),
    ]


def test_redirects_are_handed_back():
    """A redirect is an answer, not an order."""
    seen = []

    async def away(reader, writer):
        await reader.read(65536)
        writer.write(
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
        )
        await writer.drain()

    async def run():
        async with server(away, seen) as port:
            outbound = outbound_to(port)
            async with outbound.stream("GET", f"http://127.0.0.1:{port}/") as response:
                found = response.status, response.headers["Location"]
            await outbound.close()
            return found

    assert asyncio.run(run()) == (302, "http://127.0.0.1:1/")


def test_a_name_that_turns_private_is_refused():
    """DNS rebinding: a public name that resolves to this machine is not connected to."""
    seen = []

    async def run():
        async with server(polite, seen) as port:
            outbound = outbound_to(port, "pub.example", private=False, resolver=Names("127.0.0.1"))
            with pytest.raises(EgressDenied):
                await fetch(outbound, f"http://pub.example:{port}/")
            await outbound.close()

    asyncio.run(run())
    assert seen == []


def test_the_checked_address_is_the_one_connected_to():
    """Names are asked once for a connection: a second, different answer is never used."""
    seen, names = [], Names("127.0.0.1", "169.254.169.254")

    async def run():
        async with server(polite, seen) as port:
            outbound = outbound_to(port, "ai.intern", resolver=names)
            assert await fetch(outbound, f"http://ai.intern:{port}/") == (200, b"hallo")
            assert len(names.answers) == 1
            await outbound.close()
            outbound = outbound_to(port, "ai.intern", resolver=names)
            with pytest.raises(EgressDenied):  # not even a private destination may be link-local
                await fetch(outbound, f"http://ai.intern:{port}/")
            await outbound.close()

    asyncio.run(run())


def test_proxies_of_the_environment_are_ignored(monkeypatch):
    """A proxy would see what the allow list has not seen."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    seen = []

    async def run():
        async with server(polite, seen) as port:
            outbound = outbound_to(port)
            found = await fetch(outbound, f"http://127.0.0.1:{port}/")
            await outbound.close()
            return found

    assert asyncio.run(run()) == (200, b"hallo")


def test_a_stale_connection_is_tried_once_more():
    """A kept-alive connection that closes on the next request without a byte is replaced, once."""
    seen, asked = [], []

    async def closing(reader, writer):
        asked.append(await reader.read(65536))
        writer.write(HELLO)
        await writer.drain()
        if await reader.read(65536):  # the next request on it meets a closed door
            asked.append(b"refused")

    async def run():
        async with server(closing, seen) as port:
            outbound = outbound_to(port)
            url = f"http://127.0.0.1:{port}/"
            found = [await fetch(outbound, url) for _ in range(2)]
            await outbound.close()
            return found

    assert asyncio.run(run()) == [(200, b"hallo")] * 2
    assert len(seen) == 2
    assert asked.count(b"refused") == 1


def test_a_fresh_connection_that_breaks_is_not_repeated():
    """What a server may have begun to work on is not asked twice: it could be billed twice."""
    seen = []

    async def silent(reader, writer):
        del writer
        await reader.read(65536)

    async def run():
        async with server(silent, seen) as port:
            outbound = outbound_to(port)
            with pytest.raises(Upstream):
                await fetch(outbound, f"http://127.0.0.1:{port}/")
            await outbound.close()

    asyncio.run(run())
    assert len(seen) == 1


def test_an_answer_that_has_begun_is_not_repeated():
    """A reused connection that breaks within the head of an answer is an error, not a second try."""
    seen = []

    async def cut(reader, writer):
        await reader.read(65536)
        writer.write(HELLO)
        await writer.drain()
        if await reader.read(65536):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")
            await writer.drain()

    async def run():
        async with server(cut, seen) as port:
            outbound = outbound_to(port)
            url = f"http://127.0.0.1:{port}/"
            await fetch(outbound, url)
            with pytest.raises(Upstream):
                await fetch(outbound, url)
            await outbound.close()

    asyncio.run(run())
    assert len(seen) == 1


@pytest.mark.parametrize("how", ["leave", "cancel"])
def test_leaving_early_closes_the_socket(how):
    """The server sees its connection closed, so that a machine stops to generate."""
    closed = asyncio.Event()

    async def endless(reader, writer):
        await reader.read(65536)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + b"x")
        await writer.drain()
        if not await reader.read(1):
            closed.set()

    async def listen(outbound, port):
        async with outbound.stream("GET", f"http://127.0.0.1:{port}/") as response:
            async for _ in response.chunks():
                if how == "leave":
                    return
                await asyncio.sleep(60)

    async def run():
        async with server(endless, []) as port:
            outbound = outbound_to(port)
            task = asyncio.ensure_future(listen(outbound, port))
            await asyncio.sleep(0.05)
            if how == "cancel":
                task.cancel()
            await asyncio.wait_for(closed.wait(), 5)
            await asyncio.gather(task, return_exceptions=True)
            await outbound.close()

    asyncio.run(run())


def test_silence_ends_with_a_timeout_and_slow_words_do_not():
    """The limit is the silence between chunks, not the length of the whole."""

    async def slow(reader, writer):
        asked = await reader.read(65536)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
        for _ in range(4):
            await asyncio.sleep(0.1 if b"/slow" in asked else 5)
            writer.write(b"x")
            await writer.drain()

    async def run():
        async with server(slow, []) as port:
            outbound = outbound_to(port)
            url = f"http://127.0.0.1:{port}"
            assert (await fetch(outbound, url + "/slow", idle_timeout=0.3))[1] == b"xxxx"
            with pytest.raises(UpstreamTimeout):
                await fetch(outbound, url + "/silent", idle_timeout=0.3)
            await outbound.close()

    asyncio.run(run())


def test_a_large_answer_is_not_taken():
    """``read`` ends at its limit."""

    async def large(reader, writer):
        await reader.read(65536)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000)
        await writer.drain()

    async def run():
        async with server(large, []) as port:
            outbound = outbound_to(port)
            with pytest.raises(Upstream, match="too large"):
                await fetch(outbound, f"http://127.0.0.1:{port}/")
            await outbound.close()

    asyncio.run(run())


def test_certificates_are_verified(tmp_path):
    """A server nobody vouches for is an error, even in the own network."""
    seen = []

    async def ask(port):
        outbound = outbound_to(port, "localhost")
        try:
            return await fetch(outbound, f"https://localhost:{port}/")
        finally:
            await outbound.close()

    async def run():
        async with server(polite, seen, ssl=self_signed(tmp_path)) as port:
            with pytest.raises(Upstream, match="ertificate"):
                await ask(port)

    asyncio.run(run())
    assert seen == []
