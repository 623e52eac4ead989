# SPDX-License-Identifier: EUPL-1.2
"""Connections that are kept for the next request, and the way to a new one: names, addresses, sockets, TLS.

Every address is checked by whoever asks for a connection, after DNS and again when its socket is opened.
Certificates are always verified. Of several addresses the first that answers is taken, each tried a moment
after the one before (RFC 8305), so that a network whose IPv6 leads nowhere costs a moment.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import chain, zip_longest
from typing import Any, Protocol, TypeAlias

from hausgeist.net.allow import Destination
from hausgeist.net.connection import Connection
from hausgeist.net.target import Target

KEEP_SECONDS = 60.0
"""How long a connection is kept that nobody uses."""

NEXT_SECONDS = 0.25
"""After so long the next address is tried beside those that have not answered."""

Address: TypeAlias = tuple[socket.AddressFamily, str]
"""An IP address with its family."""

_Key: TypeAlias = tuple[bool, str, int, Destination]

Opening: TypeAlias = Callable[[Address], socket.socket]
"""Checks an address and opens a socket for it."""


class Resolver(Protocol):
    """Who turns names into addresses."""

    async def resolve(self, host: str, port: int) -> Sequence[Mapping[str, Any]]:
        """The addresses of a name: mappings with ``family`` and ``host``.

        Raises:
            OSError: there are none.
        """
        ...


class SystemNames:
    """Names as the machine's own resolver knows them, asked in a thread."""

    async def resolve(self, host: str, port: int) -> Sequence[Mapping[str, Any]]:
        """The addresses of a name; see ``Resolver``."""
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
        )
        return [{"family": family, "host": where[0]} for family, _, _, _, where in found]


class Pool:
    """The kept connections of one process, by scheme, host and port, and what was allowed of them.

    Where a destination is allowed otherwise than it was, its address is checked anew.
    """

    def __init__(self) -> None:
        self._kept: dict[_Key, list[tuple[float, Connection]]] = {}
        self._sweeper: asyncio.TimerHandle | None = None

    def kept(self, target: Target, allowed: Destination) -> Connection | None:
        """A connection that was kept and is still open, the one used last; None if there is none."""
        found = self._kept.get((target.secure, target.host, target.port, allowed))
        while found:
            connection = found.pop()[1]
            if connection.is_open:
                return connection
        return None

    def keep(self, target: Target, allowed: Destination, connection: Connection) -> None:
        """Keep a connection for the next request."""
        loop = asyncio.get_running_loop()
        kept = self._kept.setdefault((target.secure, target.host, target.port, allowed), [])
        kept.append((loop.time(), connection))
        if self._sweeper is None:
            self._sweeper = loop.call_later(KEEP_SECONDS, self._sweep, loop)

    async def close(self) -> None:
        """Close all connections."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for _, connection in chain.from_iterable(self._kept.values()):
            connection.close()
        self._kept.clear()
        await asyncio.sleep(0)  # the loop closes their sockets

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close what nobody has used for a while."""
        before = loop.time() - KEEP_SECONDS / 2
        for key, found in list(self._kept.items()):
            for since, connection in found:
                if since < before:
                    connection.close()
            left = [(since, one) for since, one in found if since >= before and one.is_open]
            self._kept[key] = left
            if not left:
                del self._kept[key]
        self._sweeper = loop.call_later(KEEP_SECONDS / 2, self._sweep, loop) if self._kept else None


async def connected(target: Target, addresses: Sequence[Address], opening: Opening) -> Connection:
    """A new connection to the first of the addresses that answers, made secure where the target asks for it.

    Raises:
        OSError: none answers, or the certificate is not the host's.
        EgressDenied: ``opening`` raises it.
    """
    loop = asyncio.get_running_loop()
    one = await _first(target.port, addresses, opening)
    try:
        _, connection = await loop.create_connection(
            lambda: Connection(loop),
            sock=one,
            ssl=security() if target.secure else None,
            server_hostname=target.host if target.secure else None,
        )
    except BaseException:
        one.close()
        raise
    return connection


async def _first(port: int, addresses: Sequence[Address], opening: Opening) -> socket.socket:
    """The socket that is connected first; the others are closed.

    Raises:
        OSError, EgressDenied: none is; the last one's error.
    """
    waiting = _alternating(addresses)
    if len(waiting) == 1:
        return await _reached(waiting[0], port, opening)
    begun: list[asyncio.Task[socket.socket]] = []
    won: socket.socket | None = None
    try:
        while won is None:
            if waiting:
                begun.append(asyncio.create_task(_reached(waiting.pop(0), port, opening)))
            trying = [one for one in begun if not one.done()]
            if trying:
                pause = NEXT_SECONDS if waiting else None
                await asyncio.wait(trying, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
            ended = [one for one in begun if one.done()]
            good = [one for one in ended if one.exception() is None]
            if good:
                won = good[0].result()
            elif not waiting and len(ended) == len(begun):
                await ended[-1]  # raises
    finally:
        for one in begun:
            one.cancel()
        for found in await asyncio.gather(*begun, return_exceptions=True):
            if isinstance(found, socket.socket) and found is not won:
                found.close()
    return won


async def _reached(address: Address, port: int, opening: Opening) -> socket.socket:
    one = opening(address)
    try:
        one.setblocking(False)
        await asyncio.get_running_loop().sock_connect(one, (address[1], port))
    except BaseException:
        one.close()
        raise
    return one


def _alternating(addresses: Sequence[Address]) -> list[Address]:
    """IPv4 and IPv6 by turns, beginning with the first one's kind."""
    same = [one for one in addresses if one[0] == addresses[0][0]]
    other = [one for one in addresses if one[0] != addresses[0][0]]
    return [one for pair in zip_longest(same, other) for one in pair if one is not None]


@cache
def security() -> ssl.SSLContext:
    """How connections are made secure; made at the first use, as it reads a hundred certificates."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
