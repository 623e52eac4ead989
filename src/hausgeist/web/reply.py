# SPDX-License-Identifier: EUPL-1.2
"""Answers of the edge: JSON bytes, and streams that notice when their reader goes away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import aclosing
from typing import TypeVar

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

T = TypeVar("T")

PING_SECONDS = 15.0
"""Longest silence within a stream of events; proxies commonly give up after 60."""

GRACE_SECONDS = 0.05
"""Work that is done sooner is not watched: a task for it would cost more than it could save."""

STREAM_HEADERS = {"Cache-Control": "no-cache, no-store", "X-Accel-Buffering": "no"}


class JSONBytes(Response):
    """A body that is JSON already."""

    media_type = "application/json"


class ByteStream(Response):
    """A body that comes in pieces. When the client goes away the iterator is closed at once.

    ``ping`` is sent into a silence of ``PING_SECONDS``, so that proxies keep the connection.
    """

    def __init__(
        self,
        pieces: AsyncIterator[bytes],
        media_type: str,
        headers: Mapping[str, str] | None = None,
        status_code: int = 200,
        ping: bytes = b"",
    ) -> None:
        self.pieces = pieces
        self.ping = ping
        self.status_code = status_code
        self.media_type = media_type
        self.background = None
        self.init_headers({**STREAM_HEADERS, **(headers or {})})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the pieces, one ASGI message each."""
        del scope
        pings = _Pings(send, self.ping)

        async def work() -> None:
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            async with aclosing(self.pieces) as pieces:  # type: ignore[type-var]  # generators
                async for piece in pieces:
                    if piece:
                        pings.sent += 1
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        try:
            await while_connected(receive, work())
        except ClientDisconnect:
            return
        finally:
            pings.stop()


class _Pings:
    """Sends a ping whenever nothing was sent for a while. A timer until then: most streams need none."""

    def __init__(self, send: Send, ping: bytes) -> None:
        self.sent = 0
        self._seen = 0
        self._send = send
        self._ping = ping
        self._task: asyncio.Task[None] | None = None
        self._timer = self._wait() if ping else None

    def stop(self) -> None:
        """No more pings."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _wait(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(PING_SECONDS, self._look)

    def _look(self) -> None:
        if self.sent == self._seen:
            self._task = asyncio.create_task(self._say())
        self._seen = self.sent
        self._timer = self._wait()

    async def _say(self) -> None:
        await self._send({"type": "http.response.body", "body": self._ping, "more_body": True})


async def while_connected(receive: Receive, work: Awaitable[T]) -> T:
    """Await work, and cancel it when the client disconnects. The body must have been read.

    Raises:
        ClientDisconnect: the client went away first; the work has been cancelled and has ended.
    """
    task = asyncio.current_task()
    assert task is not None
    gone = False

    async def watch() -> None:
        nonlocal gone
        while (await receive())["type"] != "http.disconnect":
            pass
        gone = True
        task.cancel()

    watcher: asyncio.Task[None] | None = None

    def begin() -> None:
        nonlocal watcher
        watcher = asyncio.create_task(watch())

    timer = asyncio.get_running_loop().call_later(GRACE_SECONDS, begin)
    try:
        return await work
    except asyncio.CancelledError:
        if not gone or task.uncancel() > 0:
            raise
        raise ClientDisconnect from None
    finally:
        timer.cancel()
        if watcher is not None:
            watcher.cancel()
