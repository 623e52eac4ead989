# SPDX-License-Identifier: EUPL-1.2
"""A stream of events as it goes over the wire."""

import asyncio

from hausgeist.web.reply import ByteStream


def test_a_silent_stream_gives_signs_of_life(monkeypatch):
    """A reader hears pings while there is nothing to say, also when the source is woken for nothing."""
    monkeypatch.setattr("hausgeist.web.reply.PING_SECONDS", 0.02)
    sent = []

    async def pieces():
        while sum(b"ping" in body for body in sent) < 2:
            await asyncio.sleep(0.005)
            yield b""
        yield b"end"

    async def receive():
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message.get("body", b""))

    async def work():
        async with asyncio.timeout(20):
            await ByteStream(pieces(), "text/event-stream", ping=b": ping\n\n")({}, receive, send)

    asyncio.run(work())
    assert b"".join(sent).startswith(b": ping\n\n: ping\n\nend")
