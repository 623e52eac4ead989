# SPDX-License-Identifier: EUPL-1.2
"""The one HTTP client. Requests go in, byte chunks come out as the socket delivers them.

Every destination is looked up in the allow list, every address is checked after DNS and again when its
socket is opened, redirects are handed back to the caller (who asks again, and is checked again). Proxies
from the environment are ignored, certificates are always verified (OpenSSL's ``SSL_CERT_FILE`` adds an
authority of the house). Lines are never iterated here: a long one would be an error of the client library.
"""

import errno
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, partial
from time import monotonic
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from hausgeist.errors import (
    N_,
    EgressDenied,
    HausgeistError,
    Upstream,
    UpstreamAway,
    UpstreamTimeout,
)
from hausgeist.net.allow import AllowList, Destination
from hausgeist.net.departure import (
    Depart,
    Departure,
    Leaving,
    Outcome,
    Told,
    head_in,
    head_out,
    pairs,
)
from hausgeist.net.target import Target, locate
from hausgeist.net.wire import Wire

Record = Callable[[str, int, str, bool], None]
"""Called with host, port, reason and whether it was allowed: for every new socket and every denial."""

STALE_SECONDS = 1.0
"""A kept-alive connection that breaks later than this after a request was not merely stale."""
_UNSENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
"""Errors before a byte of the request was on its way."""
_GONE = frozenset({errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED})


class Response:
    """The head of an answer, and its body in chunks."""

    __slots__ = ("_inner", "headers", "status")

    def __init__(self, inner: aiohttp.ClientResponse) -> None:
        self._inner = inner
        self.status = inner.status
        self.headers: Mapping[str, str] = inner.headers

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as the socket delivers it."""
        return self._inner.content.iter_any()

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
                raise Upstream(provider=self._inner.host, reason="the answer is too large")
            parts.append(chunk)
        return b"".join(parts)


@dataclass(slots=True)
class _Attempt:
    """A request under way: what it is for, and how many sockets were opened for it."""

    destination: Destination
    opened: int = 0
    again: bool = False
    """It was put onto a socket twice: a kept one turned out to be closed."""


_Send = Callable[[], Awaitable[aiohttp.ClientResponse]]
_attempt: ContextVar[_Attempt] = ContextVar("attempt")


class Outbound:
    """One pool of connections for the process; made at start, closed at shutdown."""

    def __init__(
        self,
        allow: AllowList,
        *,
        connect_timeout: float = 10.0,
        resolver: AbstractResolver | None = None,
        wire: Wire | None = None,
    ) -> None:
        self.allow = allow
        self.record: Record = lambda *_: None
        self.depart: Depart | None = None
        """Writes down what leaves the house; what stays in it is not asked about."""
        self.wire = wire or Wire()
        self._connect_timeout = connect_timeout
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        idle_timeout: float = 300.0,
        total_timeout: float | None = None,
        connect_timeout: float | None = None,
        model: str = "",
    ) -> "_Exchange":
        """Send a request; leaving the context closes the socket unless the body was read to its end.

        ``model`` is the model's id where the request carries a call: outside the house it then goes
        only with the border's decision on that call (see ``gateway.departures``).

        ``idle_timeout`` is the longest silence in seconds. Redirects are not followed. A request with a
        body of bytes is repeated once if a kept-alive connection turns out to have been closed by the
        other side before it answered a single byte.

        Entering and leaving raise:
            EgressDenied: the destination is not allowed, or resolves to an address that is not.
            UpstreamTimeout: silence for too long, or no connection in time.
            Upstream: the connection failed or broke.
        """
        patience = self._connect_timeout if connect_timeout is None else connect_timeout
        timeout = _timeout(idle_timeout, total_timeout, patience)
        return _Exchange(self, (method, url, model), headers, body, timeout)

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

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

    def pool(self) -> aiohttp.ClientSession:
        """The pool of connections, made at the first use."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0,
                    keepalive_timeout=60,
                    resolver=_CheckedResolver(self),
                    use_dns_cache=False,  # a cached answer would skip the check
                    socket_factory=self._open_socket,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,  # a proxy would see what the allow list has not seen
                # not compressed: it would hold a stream's events back, and hide their size
                headers={"User-Agent": "hausgeist", "Accept-Encoding": "identity"},
            )
        return self._session

    def _open_socket(self, info: Any) -> socket.socket:
        """The last check: a socket is opened for an address that was checked, or not at all."""
        family, kind, protocol, _, address = info
        attempt = _attempt.get()
        self.check(attempt.destination, address[0], address[1])
        attempt.opened += 1
        self.record(attempt.destination.host, address[1], attempt.destination.reason, True)
        opened = socket.socket(family, kind, protocol)
        self.wire.leads(address[0], address[1])
        if attempt.destination.outside:
            self.wire.opened(opened)
        return opened

    def check(self, destination: Destination, address: str, port: int) -> None:
        """Check an address and note a denial; see ``AllowList.check_address``."""
        try:
            self.allow.check_address(destination, address)
        except EgressDenied:
            self.record(destination.host, port, "denied", False)
            raise

    def names(self) -> AbstractResolver:
        """Who turns names into addresses, before they are checked."""
        return self._resolver or aiohttp.ThreadedResolver()


class _Exchange:
    """One request and its answer, as a context; a class, because a generator would cost each call more."""

    __slots__ = (
        "_attempt",
        "_body",
        "_departure",
        "_destination",
        "_headers",
        "_inner",
        "_method",
        "_model",
        "_outbound",
        "_timeout",
        "_url",
    )

    def __init__(
        self,
        outbound: Outbound,
        request: tuple[str, str, str],
        headers: Mapping[str, str] | None,
        body: Any,
        timeout: aiohttp.ClientTimeout,
    ) -> None:
        self._outbound = outbound
        self._departure: Departure | None = None
        self._method, self._url, self._model = request
        self._headers = headers
        self._body = body
        self._timeout = timeout
        self._inner: aiohttp.ClientResponse | None = None

    async def __aenter__(self) -> Response:
        target, self._destination = self._outbound.permitted(self._url)
        self._attempt = attempt = _Attempt(self._destination)
        if self._destination.outside and self._outbound.depart is not None:
            leaving = Leaving(
                self._destination, target.host, target.port, self._model, self._body_size()
            )
            self._departure = await self._outbound.depart(leaving)
        _attempt.set(attempt)
        send = partial(
            self._outbound.pool().request,
            self._method,
            target.url,
            headers=self._headers,
            data=self._body,
            timeout=self._timeout,
            allow_redirects=False,
        )
        try:
            self._inner = await _sent(send, attempt, again=isinstance(self._body, bytes | None))
        except (TimeoutError, aiohttp.ClientError) as error:
            self._ended("failed", sent=not isinstance(error, _UNSENT))
            raise self._told(error) from error
        except EgressDenied:
            self._ended("failed", sent=False)
            raise
        finally:
            if self._inner is None:  # who asked has left meanwhile
                self._ended("aborted")
        return Response(self._inner)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._inner is not None
        if self._departure is not None:
            self._ended(_outcome(self._inner.status, error))
        self._inner.close()  # back in the pool already, if the body was read to its end
        if isinstance(error, TimeoutError | aiohttp.ClientError):
            raise self._told(error) from error

    def _ended(self, outcome: Outcome, *, sent: bool = True) -> None:
        """Complete what was written down; without an answer, its whole body is taken for sent."""
        if self._departure is None:
            return
        inner, attempt = self._inner, self._attempt
        out, into = self._body_size() if sent else 0, 0
        if inner is not None:
            asked = inner.request_info
            out += head_out(asked.method, asked.url.raw_path_qs, pairs(asked.headers))
            into = head_in(inner.reason or "", inner.raw_headers) + inner.content.total_bytes
        if attempt.again:
            out *= 2
        self._outbound.wire.counted(out, into)
        self._departure.ended(Told(outcome, out, into, attempt.opened))
        self._departure = None

    def _body_size(self) -> int:
        body = self._body
        return len(body) if isinstance(body, bytes | bytearray | str) else 0

    def _told(self, error: Exception) -> HausgeistError:
        """What went wrong, as one of our errors; aiohttp's time-outs derive from ``TimeoutError``."""
        host = self._destination.host
        if isinstance(error, aiohttp.ConnectionTimeoutError):
            return UpstreamTimeout(provider=host, seconds=round(self._timeout.connect or 0))
        if isinstance(error, TimeoutError):
            return UpstreamTimeout(provider=host, seconds=round(self._timeout.sock_read or 0))
        if isinstance(error, aiohttp.ClientConnectorError):
            return UpstreamAway(provider=host, reason=_words(error))
        if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ServerDisconnectedError):
            return Upstream(provider=host, reason=N_("the connection broke off"))
        return Upstream(provider=host, reason=_words(error))


async def _sent(send: _Send, attempt: _Attempt, *, again: bool) -> aiohttp.ClientResponse:
    """Send, and once more where ``again`` allows it and a reused connection was merely stale."""
    started = monotonic()
    try:
        return await send()
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
        late = monotonic() - started > STALE_SECONDS
        if not again or late or attempt.opened or not _unanswered(error):
            raise
    attempt.again = True
    return await send()


@lru_cache(maxsize=64)
def _timeout(idle: float, total: float | None, patience: float) -> aiohttp.ClientTimeout:
    """Time-outs in seconds; there are few, and making one costs as much as a query."""
    return aiohttp.ClientTimeout(
        total=total, connect=patience, sock_connect=patience, sock_read=idle
    )


class _CheckedResolver(AbstractResolver):
    """DNS, then the allow list's check of every address it gave."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound
        self._inner = outbound.names()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        destination = self._outbound.allow.find(host, port)
        found = await self._inner.resolve(host, port, family)
        for entry in found:
            self._outbound.check(destination, entry["host"], port)
        return found

    async def close(self) -> None:
        await self._inner.close()


def _unanswered(error: aiohttp.ServerDisconnectedError | aiohttp.ClientOSError) -> bool:
    """Whether the other side closed without having begun to answer."""
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return isinstance(error.message, str)  # else it holds the head that was cut short
    return error.errno in _GONE or isinstance(error.__cause__, ConnectionResetError)


def _outcome(status: int, error: BaseException | None) -> Outcome:
    """How a request ended that was answered."""
    if isinstance(error, Exception) and not isinstance(error, HausgeistError):
        return "failed"
    if error is not None and not isinstance(error, Exception):
        return "aborted"  # cancelled, or nobody reads on
    return "ok" if status < 400 and error is None else "refused"


def _words(error: Exception) -> str:
    """What went wrong, without the request's content and without what came instead of an answer."""
    if isinstance(error, aiohttp.ClientResponseError):  # it quotes both, and the whole address
        return type(error).__name__
    return f"{type(error).__name__}: {error}"[:300]
