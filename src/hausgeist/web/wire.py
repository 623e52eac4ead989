# SPDX-License-Identifier: EUPL-1.2
"""The HTTP server's protocol with limits before there is a request: the size of a head, the time for it.

Bytes of one connection flow in; what uvicorn makes of them is its own affair. Bodies have their limits in
``visit``, where the route is known.
"""

import asyncio
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_MOST = 128 * 1024
"""Bytes of a request's line and headers together."""
HEAD_SECONDS = 20.0
"""How long a head may take, from the connection's first moment or the head's first byte."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection. Nobody can hold memory or a place in the house without ever asking for anything."""

    _head: int = 0
    """Bytes of the head that is arriving."""
    _arriving: bool = True
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A connection: its first head is due."""
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn's is narrower
        self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._in_time()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """More bytes; those of a head are counted."""
        super().data_received(data)
        if not self._arriving:
            return
        self._head += len(data)
        if self._head > HEAD_MOST:
            self._refuse()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def on_message_begin(self) -> None:
        """A head begins."""
        self._arriving, self._head = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._arriving = False
        self._in_time()
        super().on_headers_complete()

    def _in_time(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self) -> None:
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        head = f"HTTP/1.1 {status.value} {status.phrase}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        self.transport.write(head.encode())
        self.transport.close()
