# SPDX-License-Identifier: EUPL-1.2
"""One HTTP/1.1 connection, one exchange at a time: a head and a body go in, the pieces of an answer come out.

Reads what the socket delivers with llhttp, the parser that the server uses too. Knows no names, no addresses
and no allow list. Answers are not unpacked: nobody here asks for packed ones.
"""

import asyncio
from typing import Self, cast

import httptools

from hausgeist.errors import N_

HEAD_MOST = 128 * 1024
"""Bytes that may come without any of a body among them: a head, trailers, the framing of chunks."""

HELD_MOST = 256 * 1024
"""Bytes of a body that wait for their reader; then the other side waits."""

_BODILESS = frozenset({204, 304})


class Broken(ConnectionError):
    """The connection ended before the answer did, or what came is no HTTP.

    ``unanswered``: not a byte of an answer had come.
    """

    def __init__(self, words: str, *, unanswered: bool) -> None:
        super().__init__(words)
        self.unanswered = unanswered


class Connection(asyncio.Protocol):
    """A connection. ``status`` and ``headers`` (names in lower case) are there after ``ask``."""

    __slots__ = (
        "_alive",
        "_asked",
        "_error",
        "_held",
        "_idle",
        "_loop",
        "_news",
        "_parser",
        "_parts",
        "_paused",
        "_plain",
        "_quiet_since",
        "_timer",
        "_to_the_end",
        "_transport",
        "_unsent",
        "body_bytes",
        "complete",
        "headers",
        "reason",
        "status",
        "without_body",
    )

    _transport: asyncio.Transport

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._parser = httptools.HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._news: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._error: Exception | None = None
        self._asked = False
        self.complete = False

    # -- one exchange ------------------------------------------------------------------------------

    async def ask(self, head: bytes, body: bytes, idle: float, *, without_body: bool) -> None:
        """Send a request, and wait for the head of its answer; ``idle``: the longest silence in seconds.

        ``without_body``: its answer never has one (HEAD).

        Raises:
            Broken, TimeoutError: there will be no answer.
        """
        self.status = self.body_bytes = self._held = self._plain = self._unsent = 0
        self.reason, self.headers = b"", list[tuple[bytes, bytes]]()
        self.without_body, self._asked = without_body, True
        self._alive = self._to_the_end = self._paused = self.complete = False
        self._idle = idle
        self._quiet_since = self._loop.time()
        self._timer = self._loop.call_later(idle, self._look)
        if not self.is_open:
            raise self._error or Broken(N_("the connection broke off"), unanswered=True)
        self._transport.write(head + body)
        while not self.status:
            await self._wait()

    def __aiter__(self) -> Self:
        """The body as it comes; all that has come since the last look is one piece."""
        return self

    async def __anext__(self) -> bytes:
        """The next piece.

        Raises:
            Broken, TimeoutError: the rest of the body never comes.
        """
        while not self._parts:
            if self.complete:
                raise StopAsyncIteration
            await self._wait()
        parts, self._parts, self._held = self._parts, [], 0
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def end(self) -> bool:
        """The exchange is over; gives whether another may follow on this connection, else closes it."""
        self._asked = False
        self._parts.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (
            self.complete
            and self._alive
            and self.is_open
            and not self._transport.get_write_buffer_size()
        ):
            return True
        self.close()
        return False

    @property
    def is_open(self) -> bool:
        """Whether something can be sent, as far as is known."""
        return self._error is None and not self._transport.is_closing()

    def close(self) -> None:
        """Close it; an answer that is under way is cut off."""
        self._transport.abort()

    def fail(self, error: Exception) -> None:
        """End the exchange with an error."""
        if self._error is None:
            self._error = error
            self._tell()
            self._transport.abort()

    async def _wait(self) -> None:
        """Wait until something has come."""
        self._check()
        self._quiet_since = self._loop.time()
        self._news = self._loop.create_future()
        await self._news
        if not self._parts:
            self._check()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _look(self) -> None:
        """One timer an exchange, not one a wait: whether the silence was too long is found out afterwards."""
        unsent = self._transport.get_write_buffer_size()
        if unsent != self._unsent or self._news is None or self._news.done():
            self._unsent, self._quiet_since = unsent, self._loop.time()  # it sends, or nobody waits
        left = self._quiet_since + self._idle - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self.fail(TimeoutError())

    # -- from the socket ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It stands."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """More of the answer."""
        if not self._asked or self.complete:  # nobody has asked for it
            self.close()
            return
        self._plain += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.fail(Broken(f"it does not speak HTTP: {type(error).__name__}", unanswered=False))
            return
        if self._plain > HEAD_MOST:
            self.fail(Broken("its head does not end", unanswered=False))
        self._tell()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended, which may be how an answer without a length ends."""
        if self._asked and self._to_the_end and exc is None:
            self.complete = True
        elif self._error is None:
            begun = self._asked and (self.status or self._plain)
            self._error = Broken(N_("the connection broke off"), unanswered=not begun)
        self._tell()

    # -- from the parser ---------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """An answer begins; one behind the answer is nobody's, and no part of the next one's."""
        if self.complete:
            self._alive = False

    def on_status(self, reason: bytes) -> None:
        """The words beside the status."""
        if not self.status:
            self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; trailers come after the status, and are left."""
        if not self.status:
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The head is there; one that only announces another (100 to 199) is left."""
        if self.complete:  # an answer that nobody asked for
            self._alive = False
            return
        status = self._parser.get_status_code()
        if status < 200:
            self.reason, self.headers = b"", []
            return
        self.status = status
        self._alive = self._parser.should_keep_alive()
        if self.without_body:
            self._alive, self.complete = False, True  # llhttp would wait for a body
            return
        framed = any(
            name == b"content-length"
            or (name == b"transfer-encoding" and b"chunked" in value.lower())
            for name, value in self.headers
        )
        self._to_the_end = not framed and status not in _BODILESS

    def on_body(self, piece: bytes) -> None:
        """A piece of the body."""
        if self.complete:
            return
        self._parts.append(piece)
        self._plain = 0
        self.body_bytes += len(piece)
        self._held += len(piece)
        if self._held > HELD_MOST and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        """The answer is whole; what only announced one had no status."""
        self.complete = self.complete or bool(self.status)
