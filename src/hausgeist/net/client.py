# SPDX-License-Identifier: EUPL-1.2
"""The one HTTP client. Requests go in, byte chunks come out as the socket delivers them.

Every destination is looked up in the allow list, every address is checked after DNS and again when its
socket is opened, redirects are handed back to the caller (who asks again, and is checked again). Proxies
from the environment are ignored, certificates are always verified (OpenSSL's ``SSL_CERT_FILE`` adds an
authority of the house). Lines are never iterated here: a long one would be an error of the client library.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from time import monotonic
from types import TracebackType
from typing import NamedTuple

from hausgeist.errors import (
    EgressDenied,
    HausgeistError,
    Upstream,
    UpstreamAway,
    UpstreamTimeout,
)
from hausgeist.net.allow import AllowList, Destination
from hausgeist.net.connection import Broken, Connection
from hausgeist.net.departure import Depart, Departure, Leaving, Outcome, Told, head_in
from hausgeist.net.pool import Address, Pool, Resolver, SystemNames, connected
from hausgeist.net.target import Target, locate
from hausgeist.net.wire import Wire

Record = Callable[[str, int, str, bool], None]
"""Called with host, port, reason and whether it was allowed: for every new socket and every denial."""

STALE_SECONDS = 1.0
"""A kept-alive connection that breaks later than this after a request was not merely stale."""

_ALWAYS = {"User-Agent": "hausgeist", "Accept": "*/*", "Accept-Encoding": "identity"}
"""Not compressed: it would hold a stream's events back, and hide their size."""


class Headers(Mapping[str, str]):
    """Headers of an answer by name, in whatever case; of several of one name the first."""

    __slots__ = ("_raw",)

    def __init__(self, raw: Sequence[tuple[bytes, bytes]]) -> None:
        self._raw = raw

    def __getitem__(self, name: str) -> str:
        wanted = name.lower().encode()
        for key, value in self._raw:
            if key == wanted:
                return value.decode("utf-8", "surrogateescape")
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(key.decode("latin-1") for key, _ in self._raw))

    def __len__(self) -> int:
        return len({key for key, _ in self._raw})


class Response:
    """The head of an answer, and its body in chunks."""

    __slots__ = ("_connection", "_host", "headers", "status")

    def __init__(self, connection: Connection, host: str) -> None:
        self._connection = connection
        self._host = host
        self.status = connection.status
        self.headers = Headers(connection.headers)

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as the socket delivers it."""
        return self._connection

    async def read(self, limit: int = 64 * 1024 * 1024) -> bytes:
        """The whole body.

        Raises:
            Upstream: it is longer than ``limit`` bytes.
        """
        parts: list[bytes] = []
        size = 0
        async for chunk in self.chunks():
            size += len(chunk)
            if size > limit:
                raise Upstream(provider=self._host, reason="the answer is too large")
            parts.append(chunk)
        return parts[0] if len(parts) == 1 else b"".join(parts)


class Outbound:
    """One pool of connections for the process; made at start, closed at shutdown."""

    def __init__(
        self,
        allow: AllowList,
        *,
        connect_timeout: float = 10.0,
        resolver: Resolver | None = None,
        wire: Wire | None = None,
    ) -> None:
        self.allow = allow
        self.record: Record = lambda *_: None
        self.depart: Depart | None = None
        """Writes down what leaves the house; what stays in it is not asked about."""
        self.wire = wire or Wire()
        self.names: Resolver = resolver or SystemNames()
        """Who turns names into addresses, before they are checked."""
        self.pool = Pool()
        self._connect_timeout = connect_timeout

    def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        idle_timeout: float = 300.0,
        total_timeout: float | None = None,
        connect_timeout: float | None = None,
        model: str = "",
    ) -> "_Exchange":
        """Send a request; leaving the context closes the socket unless the body was read to its end.

        ``model`` is the model's id where the request carries a call: outside the house it then goes
        only with the border's decision on that call (see ``gateway.departures``).

        ``idle_timeout`` is the longest silence in seconds. Redirects are not followed. A request is
        repeated once if a kept-alive connection turns out to have been closed by the other side before
        it answered a single byte.

        Entering and leaving raise:
            EgressDenied: the destination is not allowed, or resolves to an address that is not.
            UpstreamTimeout: silence for too long, or no connection in time.
            Upstream: the connection failed or broke.
        """
        patience = self._connect_timeout if connect_timeout is None else connect_timeout
        return _Exchange(
            self,
            _Request(
                method,
                url,
                headers or {},
                body or b"",
                model,
                idle_timeout,
                patience,
                total_timeout,
            ),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self.pool.close()

    def permitted(self, url: str) -> tuple[Target, Destination]:
        """Where a URL leads, if the allow list knows it.

        Raises:
            EgressDenied: it does not; the denial is noted.
        """
        try:
            target = locate(url)
        except ValueError as error:
            raise EgressDenied(host=f"{url[:200]} ({error})", provider="") from error
        try:
            destination = self.allow.find(target.host, target.port)
            if target.literal:
                self.allow.check_address(destination, target.host)
        except EgressDenied:
            self.record(target.host, target.port, "denied", False)
            raise
        return target, destination

    def check(self, destination: Destination, address: str, port: int) -> None:
        """Check an address and note a denial; see ``AllowList.check_address``."""
        try:
            self.allow.check_address(destination, address)
        except EgressDenied:
            self.record(destination.host, port, "denied", False)
            raise


class _Request(NamedTuple):
    """What is asked, and how long to wait, in seconds: for a sign of life, a connection, all of it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    model: str
    idle: float
    patience: float
    total: float | None


class _Exchange:
    """One request and its answer, as a context; a class, because a generator would cost each call more."""

    __slots__ = (
        "_again",
        "_asked",
        "_connection",
        "_departure",
        "_destination",
        "_end",
        "_head",
        "_opened",
        "_outbound",
        "_sent",
        "_target",
    )

    def __init__(self, outbound: Outbound, asked: _Request) -> None:
        self._outbound = outbound
        self._asked = asked
        self._connection: Connection | None = None
        self._departure: Departure | None = None
        self._end: asyncio.TimerHandle | None = None
        self._opened = 0
        self._sent = self._again = False

    async def __aenter__(self) -> Response:
        asked = self._asked
        target, self._destination = self._outbound.permitted(asked.url)
        self._target, self._head = target, _head(asked, target)
        if self._destination.outside and self._outbound.depart is not None:
            leaving = Leaving(
                self._destination, target.host, target.port, asked.model, len(asked.body)
            )
            self._departure = await self._outbound.depart(leaving)
        answered = False
        try:
            connection = await self._answered()
            answered = True
        except (Broken, TimeoutError) as error:
            self._ended("failed")
            raise self._told(error) from error
        except HausgeistError:
            self._ended("failed")
            raise
        finally:
            if not answered:
                self._ended("aborted")  # who asked has left meanwhile
                self._leave()
        return Response(connection, self._destination.host)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._connection is not None
        if self._departure is not None:
            self._ended(_outcome(self._connection.status, error))
        self._leave()
        if isinstance(error, TimeoutError | Broken):
            raise self._told(error) from error

    async def _answered(self) -> Connection:
        """A connection with the head of the answer.

        Raises:
            Broken, TimeoutError: it ended, or was silent, before.
            EgressDenied, UpstreamAway, UpstreamTimeout: there is no connection.
        """
        pool, began = self._outbound.pool, monotonic()
        kept = pool.kept(self._target, self._destination)
        if kept is None:
            return await self._ask(await self._connected())
        try:
            return await self._ask(kept)
        except Broken as error:
            if not error.unanswered or monotonic() - began > STALE_SECONDS:
                raise
        self._leave()  # it was merely stale: once more
        self._again = True
        return await self._ask(await self._connected())

    async def _ask(self, connection: Connection) -> Connection:
        asked = self._asked
        self._connection, self._sent = connection, True
        if asked.total is not None:
            loop = asyncio.get_running_loop()
            self._end = loop.call_later(asked.total, connection.fail, TimeoutError())
        without_body = asked.method == "HEAD"
        await connection.ask(self._head, asked.body, asked.idle, without_body=without_body)
        return connection

    async def _connected(self) -> Connection:
        """A new connection.

        Raises:
            EgressDenied: an address is not allowed.
            UpstreamAway, UpstreamTimeout: nobody answers there, or not in time.
        """
        host, patience = self._destination.host, self._asked.patience
        try:
            async with asyncio.timeout(patience):
                return await connected(self._target, await self._addresses(), self._open_socket)
        except TimeoutError as error:
            raise UpstreamTimeout(provider=host, seconds=round(patience)) from error
        except OSError as error:
            reason = f"{type(error).__name__}: {error}"[:300]
            raise UpstreamAway(provider=host, reason=reason) from error

    async def _addresses(self) -> list[Address]:
        """Where the name leads, every address of it checked."""
        target = self._target
        if target.literal:
            family = socket.AF_INET6 if ":" in target.host else socket.AF_INET
            return [(family, target.host)]
        found = await self._outbound.names.resolve(target.host, target.port)
        for one in found:
            self._outbound.check(self._destination, one["host"], target.port)
        return [(one["family"], one["host"]) for one in found]

    def _open_socket(self, address: Address) -> socket.socket:
        """The last check: a socket is opened for an address that was checked, or not at all."""
        outbound, destination, port = self._outbound, self._destination, self._target.port
        outbound.check(destination, address[1], port)
        self._opened += 1
        outbound.record(destination.host, port, destination.reason, True)
        opened = socket.socket(address[0], socket.SOCK_STREAM)
        outbound.wire.leads(address[1], port)
        if destination.outside:
            outbound.wire.opened(opened)
        return opened

    def _leave(self) -> None:
        """Keep the connection if its answer was read to the end, else close it."""
        if self._end is not None:
            self._end.cancel()
            self._end = None
        if self._connection is not None:
            if self._connection.end():
                self._outbound.pool.keep(self._target, self._destination, self._connection)
            self._connection = None

    def _ended(self, outcome: Outcome) -> None:
        """Complete what was written down; without an answer, its whole body is taken for sent."""
        if self._departure is None:
            return
        out, into = len(self._asked.body) if self._sent else 0, 0
        connection = self._connection
        if connection is not None and connection.status:
            out += len(self._head)
            into = head_in(connection.reason, connection.headers) + connection.body_bytes
        if self._again:
            out *= 2
        self._outbound.wire.counted(out, into)
        self._departure.ended(Told(outcome, out, into, self._opened))
        self._departure = None

    def _told(self, error: Broken | TimeoutError) -> HausgeistError:
        """What went wrong, as one of our errors."""
        host = self._destination.host
        if isinstance(error, TimeoutError):
            return UpstreamTimeout(provider=host, seconds=round(self._asked.idle))
        return Upstream(provider=host, reason=str(error))


def _head(asked: _Request, target: Target) -> bytes:
    """The head of a request.

    Raises:
        ValueError: a header has a line break in it.
    """
    lines = [f"{asked.method} {target.path} HTTP/1.1", f"Host: {target.authority}"]
    lines += [f"{name}: {value}" for name, value in {**_ALWAYS, **asked.headers}.items()]
    if asked.body or asked.method not in {"GET", "HEAD"}:
        lines.append(f"Content-Length: {len(asked.body)}")
    head = "\r\n".join(lines)
    if not head.count("\r") == head.count("\n") == len(lines) - 1:
        raise ValueError("a header has a line break in it")
    return head.encode() + b"\r\n\r\n"


def _outcome(status: int, error: BaseException | None) -> Outcome:
    """How a request ended that was answered."""
    if isinstance(error, Exception) and not isinstance(error, HausgeistError):
        return "failed"
    if error is not None and not isinstance(error, Exception):
        return "aborted"  # cancelled, or nobody reads on
    return "ok" if status < 400 and error is None else "refused"
