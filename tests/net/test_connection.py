# SPDX-License-Identifier: EUPL-1.2
"""HTTP/1.1 as servers really speak it, over real sockets: what is read, what is refused, what is kept."""

import asyncio
import socket

import pytest
from servers import HELLO, fetch, outbound_to, polite, self_signed, server

from hausgeist.errors import EgressDenied, Upstream, UpstreamAway, UpstreamTimeout
from hausgeist.net import Destination, pool

CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Word: one\r\nx-word: two\r\n\r\n"
    b"4\r\nWort\r\n3;x=y\r\n um\r\n5\r\n Wort\r\n0\r\nX-Trailer: 1\r\n\r\n"
)


def says(*pieces):
    """A server that says this to every request of a connection, a moment between two pieces."""

    async def answer(reader, writer):
        while await reader.read(65536):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.001)

    return answer


def asked(answer, *, times=1, method="POST", **more):
    """What comes of asking a server, each answer as status, headers and body; and how often it was met."""
    seen = []

    async def run():
        async with server(answer, seen) as port:
            outbound = outbound_to(port)
            found = []
            try:
                for _ in range(times):
                    url = f"http://127.0.0.1:{port}/"
                    async with outbound.stream(method, url, **more) as response:
                        body = await response.read(10_000_000)
                        found.append((response.status, response.headers, body))
            finally:
                await outbound.close()
            return found

    return asyncio.run(run()), len(seen)


def test_an_answer_is_the_same_however_it_is_cut():
    """Chunks, extensions and trailers come together, wherever the network cuts them; the socket is kept."""
    for size in (1, 2, 3, 7, 1000):
        pieces = [CHUNKED[at : at + size] for at in range(0, len(CHUNKED), size)]
        found, sockets = asked(says(*pieces), times=2)
        assert [(status, body) for status, _, body in found] == [(200, b"Wort um Wort")] * 2
        assert sockets == 1


def test_headers_have_any_case_and_the_first_counts():
    """``X-Word`` is ``x-word``; a trailer is none of them."""
    ((_, headers, _),), _ = asked(says(CHUNKED))
    assert (headers["X-WORD"], headers.get("x-trailer")) == ("one", None)
    assert sorted(headers) == ["transfer-encoding", "x-word"]


def test_an_announcement_is_no_answer():
    """What comes with a status below 200 is left; the answer follows."""
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    ((status, headers, body),), _ = asked(says(b"HTTP/1.1 100 Continue\r\n\r\n", early, HELLO))
    assert (status, headers.get("link"), body) == (200, None, b"hallo")


def test_an_answer_to_head_has_no_body():
    """A length without a body is what HEAD asks for; nobody waits for it."""
    found, sockets = asked(
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n"), method="HEAD", times=2
    )
    assert [(status, body) for status, _, body in found] == [(200, b"")] * 2
    assert sockets == 2


def test_an_answer_without_a_length_ends_with_its_connection():
    """As servers of HTTP/1.0 speak."""

    async def old(reader, writer):
        await reader.read(65536)
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nalt")
        await writer.drain()

    found, sockets = asked(old, times=2)
    assert [body for _, _, body in found] == [b"alt"] * 2
    assert sockets == 2


@pytest.mark.parametrize(
    "cut",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"",
    ],
)
def test_an_answer_that_is_cut_off_is_an_error(cut):
    """Half an answer is never taken for a whole one."""

    async def cutting(reader, writer):
        await reader.read(65536)
        writer.write(cut)
        await writer.drain()

    with pytest.raises(Upstream, match="broke off"):
        asked(cutting)


@pytest.mark.parametrize(
    "noise",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhallo",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhallo\r\n0\r\n\r\n",
    ],
)
def test_what_is_no_http_is_an_error(noise):
    """It is not guessed at."""
    with pytest.raises(Upstream, match="does not speak HTTP"):
        asked(says(noise))


@pytest.mark.parametrize(
    "begin",
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWort\r\n0\r\n",
    ],
)
def test_headers_without_end_are_an_error(begin):
    """Neither a head nor trailers can fill the memory."""

    async def endless(reader, writer):
        await reader.read(65536)
        writer.write(begin)
        while not writer.is_closing():
            writer.write(b"X-Word: " + b"x" * 4000 + b"\r\n")
            await writer.drain()

    with pytest.raises(Upstream, match="does not end"):
        asked(endless)


def test_what_nobody_asked_for_reaches_nobody():
    """A second answer to one request is not taken for the answer to the next one."""
    found, _ = asked(says(HELLO + HELLO.replace(b"hallo", b"falsc")), times=3)
    assert [body for _, _, body in found] == [b"hallo"] * 3


def test_a_kept_connection_that_speaks_is_closed():
    """Words without a question end it: what comes next on it could be anything."""
    closed = asyncio.Event()

    async def talkative(reader, writer):
        await reader.read(65536)
        writer.write(HELLO)
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(HELLO)
        if not await reader.read(1):
            closed.set()

    async def run():
        async with server(talkative, []) as port:
            outbound = outbound_to(port)
            await fetch(outbound, f"http://127.0.0.1:{port}/")
            await asyncio.wait_for(closed.wait(), 10)
            found = await fetch(outbound, f"http://127.0.0.1:{port}/")
            await outbound.close()
            return found

    assert asyncio.run(run()) == (200, b"hallo")


def test_a_server_waits_for_a_slow_reader():
    """What nobody reads is not piled up; all of it arrives in the end."""
    size, sent = 50_000_000, [0]

    async def flood(reader, writer):
        await reader.read(65536)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        while sent[0] < size:
            writer.write(b"x" * 100_000)
            sent[0] += 100_000
            await writer.drain()

    async def run():
        async with server(flood, []) as port:
            outbound = outbound_to(port)
            async with outbound.stream("GET", f"http://127.0.0.1:{port}/") as response:
                before = -1
                while before != sent[0]:  # until it stands still
                    before = sent[0]
                    await asyncio.sleep(0.1)
                got = 0
                async for piece in response.chunks():
                    got += len(piece)
            await outbound.close()
            return before, got

    stood, got = asyncio.run(run())
    assert stood < size
    assert got == size


def test_a_large_request_arrives_whole():
    """More than a socket holds goes out piece by piece."""
    size, got = 8_000_000, []

    async def counting(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        got.append(len(await reader.readexactly(size)))
        writer.write(HELLO)
        await writer.drain()

    asked(counting, body=b"x" * size)
    assert got == [size]


def test_an_early_no_is_heard():
    """A server that refuses before the request is out is believed, and its connection is not used again."""

    async def refuse(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
        await writer.drain()
        await asyncio.sleep(0.2)

    found, sockets = asked(refuse, body=b"x" * 20_000_000, times=2)
    assert [(status, body) for status, _, body in found] == [(413, b"no")] * 2
    assert sockets == 2


def test_the_head_of_a_request():
    """Who we are, whom we ask, how long the body is; a caller's header comes before ours."""
    heads = []

    async def listening(reader, writer):
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(HELLO)
        await writer.drain()

    asked(listening, method="GET", headers={"Accept": "application/json"})
    asked(listening, body=b"{}")
    lines = [head.decode().split("\r\n") for head in heads]
    assert [first[0] for first in lines] == ["GET / HTTP/1.1", "POST / HTTP/1.1"]
    assert "Accept: application/json" in lines[0]
    assert "Accept: */*" not in lines[0]
    assert not any(line.startswith("Content-Length") for line in lines[0])
    assert "Content-Length: 2" in lines[1]
    assert "Accept-Encoding: identity" in lines[1]


@pytest.mark.parametrize("value", ["a\r\nX-More: b", "a\nX-More: b", "a\rb"])
def test_a_header_with_a_line_break_is_never_sent(value):
    """It would be two headers, or a request of its own."""
    with pytest.raises(ValueError, match="line break"):
        asked(says(HELLO), headers={"X-Word": value})


def test_the_whole_has_a_limit_of_its_own():
    """Words that never end are cut off, however often they come."""

    async def drip(reader, writer):
        await reader.read(65536)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await asyncio.sleep(0.01)

    with pytest.raises(UpstreamTimeout):
        asked(drip, total_timeout=0.3)


def test_connections_that_nobody_uses_are_closed(monkeypatch):
    """A kept connection ends by itself."""
    monkeypatch.setattr(pool, "KEEP_SECONDS", 0.05)
    closed = asyncio.Event()

    async def patient(reader, writer):
        await reader.read(65536)
        writer.write(HELLO)
        await writer.drain()
        if not await reader.read(1):
            closed.set()

    async def run():
        async with server(patient, []) as port:
            outbound = outbound_to(port)
            await fetch(outbound, f"http://127.0.0.1:{port}/")
            await asyncio.wait_for(closed.wait(), 10)
            await outbound.close()

    asyncio.run(run())


class Several:
    """A resolver that knows several addresses of every name."""

    def __init__(self, *addresses):
        self.addresses = addresses

    async def resolve(self, host, port):
        """All of them."""
        del host, port
        return [
            {"family": socket.AF_INET6 if ":" in one else socket.AF_INET, "host": one}
            for one in self.addresses
        ]


def test_the_next_address_is_tried():
    """Of several addresses the first that answers is used; that others do not costs nobody an answer."""

    async def run():
        async with server(polite, []) as port:
            outbound = outbound_to(port, "ai.intern", resolver=Several("::1", "127.0.0.1"))
            found = await fetch(outbound, f"http://ai.intern:{port}/")
            await outbound.close()
            return found

    assert asyncio.run(run()) == (200, b"hallo")


def test_where_no_address_answers_nobody_is_there():
    """The error says so, and may be told."""

    async def run():
        async with server(polite, []) as port:
            pass
        outbound = outbound_to(port, "ai.intern", resolver=Several("127.0.0.1", "::1"))
        try:
            await fetch(outbound, f"http://ai.intern:{port}/")
        finally:
            await outbound.close()

    with pytest.raises(UpstreamAway):
        asyncio.run(run())


def test_a_certificate_of_the_house_is_believed(tmp_path, monkeypatch):
    """What ``SSL_CERT_FILE`` vouches for is a secure connection, kept like any other."""
    context, seen = self_signed(tmp_path), []
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    pool.security.cache_clear()

    async def run():
        async with server(polite, seen, ssl=context) as port:
            outbound = outbound_to(port, "localhost")
            url = f"https://localhost:{port}/"
            found = [await fetch(outbound, url) for _ in range(2)]
            await outbound.close()
            return found

    try:
        assert asyncio.run(run()) == [(200, b"hallo")] * 2
    finally:
        pool.security.cache_clear()
    assert len(seen) == 1


def test_the_beginning_of_another_answer_is_no_part_of_the_next_one():
    """What stands behind an answer in the same piece is not kept for whoever asks next."""
    found, sockets = asked(says(HELLO + b"HTTP/1.1 500 Evil\r\nX-Left: "), times=2)
    assert [(status, body) for status, _, body in found] == [(200, b"hallo")] * 2
    assert sockets == 2


def test_chunks_in_capitals_are_chunks():
    """An answer that is cut off between two of them is an error, however the server writes the word."""

    async def cutting(reader, writer):
        await reader.read(65536)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nhal\r\n")
        await writer.drain()

    with pytest.raises(Upstream):
        asked(cutting)


def test_a_kept_connection_does_not_outlive_what_was_allowed():
    """Where private addresses are no longer expected the address is checked anew, not used on."""
    seen = []

    async def run():
        async with server(polite, seen) as port:
            outbound = outbound_to(port, "localhost")
            url = f"http://localhost:{port}/"
            assert (await fetch(outbound, url))[1] == b"hallo"
            outbound.allow.allow(Destination("localhost", port, "test", private=False))
            with pytest.raises(EgressDenied):
                await fetch(outbound, url)
            await outbound.close()

    asyncio.run(run())
    assert len(seen) == 1
