# SPDX-License-Identifier: EUPL-1.2
"""What a connection may do before there is a request."""

import asyncio

import pytest
import uvicorn

from hausgeist.web import wire

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
REFUSED = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"connection: close\r\ncontent-length: 0\r\n\r\n"
)


async def hello(scope, receive, send):
    """Answers after half a second: longer than a head may take in these tests."""
    del receive
    if scope["type"] != "http":
        return
    await asyncio.sleep(0.5)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


def said(*pieces):
    """What the server answered to the pieces, until it closed the connection."""

    async def run():
        config = uvicorn.Config(
            hello,
            port=0,
            http=wire.BoundedProtocol,
            ws="none",
            lifespan="off",
            log_level="critical",
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve())
        while not server.started:  # noqa: ASYNC110  uvicorn has no event
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            for piece in pieces:
                writer.write(piece)
                await asyncio.sleep(0.01)
            return await asyncio.wait_for(reader.read(), 10)
        except ConnectionResetError:
            return b""
        finally:
            writer.close()
            server.should_exit = True
            await task

    return asyncio.run(run())


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(wire, "HEAD_SECONDS", 0.2)


@pytest.mark.parametrize("begun", [b"", b"GET", REQUEST, REQUEST + b"X: endless"])
def test_who_never_finishes_a_head_loses_the_connection(begun):
    """Neither silence nor a head that stops in the middle holds a place for ever."""
    assert said(begun) == b""


@pytest.mark.parametrize("more", [b"X: " + b"a" * wire.HEAD_MOST, b"X: y\r\n" * 40_000])
def test_a_head_without_end_is_refused(more, monkeypatch):
    """However it is cut into headers, at most so much is held, and long before its time is over."""
    monkeypatch.setattr(wire, "HEAD_SECONDS", 60)
    assert said(REQUEST, more) in {b"", REFUSED}  # what the client still sent may reset the rest


def test_a_request_in_pieces_is_answered_however_long_that_takes():
    """The limits are over when the head is there; answers and bodies have their own."""
    answer = said(REQUEST, b"Content-Length: 2\r\nConnection: close\r\n\r\n", b"a", b"b")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"hello\r\n0\r\n\r\n")
