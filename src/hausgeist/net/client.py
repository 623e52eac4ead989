# SPDX-License-Identifier: EUPL-1.2
"""The one HTTP client. Requests go in, byte chunks come out as the socket delivers them.

Every destination is looked up in the allow list, every address is checked after DNS and connected to as
checked, redirects are handed back to the caller (who asks again, and is checked again). Lines are never
iterated here: a long one would be an error of the client library.
"""

import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from hausgeist.errors import EgressDenied, Upstream, UpstreamTimeout
from hausgeist.net.allow import AllowList, Destination, plain_host

Record = Callable[[str, int, str, bool], None]
"""Called with host, port, reason and whether it was allowed, for every new connection."""

_parse = lru_cache(maxsize=512)(URL)


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


class Outbound:
    """One pool of connections for the process; made at start, closed at shutdown."""

    def __init__(self, allow: AllowList, *, connect_timeout: float = 10.0) -> None:
        self.allow = allow
        self.record: Record = lambda *_: None
        self._connect_timeout = connect_timeout
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        idle_timeout: float = 300.0,
        total_timeout: float | None = None,
    ) -> AsyncIterator[Response]:
        """Send a request; leaving the context closes the socket unless the body was read to its end.

        ``idle_timeout`` is the longest silence in seconds. Redirects are not followed.

        Raises:
            EgressDenied: the destination is not allowed, or resolves to an address that is not.
            UpstreamTimeout: silence for too long, or no connection in time.
            Upstream: the connection failed or broke.
        """
        target = _parse(url)
        host = target.host or ""
        destination = self._permitted(host, target.port or 443)
        timeout = aiohttp.ClientTimeout(
            total=total_timeout, sock_connect=self._connect_timeout, sock_read=idle_timeout
        )
        try:
            async with self._pool().request(
                method, target, headers=headers, data=body, timeout=timeout, allow_redirects=False
            ) as inner:
                yield Response(inner)
        except TimeoutError as error:  # aiohttp's time-outs derive from it
            raise UpstreamTimeout(provider=destination.host, seconds=int(idle_timeout)) from error
        except aiohttp.ClientError as error:
            if isinstance(error.__cause__, EgressDenied):
                raise error.__cause__ from error
            raise Upstream(provider=destination.host, reason=_words(error)) from error

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _permitted(self, host: str, port: int) -> Destination:
        try:
            destination = self.allow.find(host, port)
            if _is_address(host):
                self.allow.check_address(destination, plain_host(host))
        except EgressDenied:
            self.record(host, port, "denied", False)
            raise
        return destination

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None:
            tracing = aiohttp.TraceConfig()
            tracing.on_connection_create_start.append(self._on_connect)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0,
                    keepalive_timeout=60,
                    resolver=_CheckedResolver(self.allow),
                    use_dns_cache=False,  # a cached answer would skip the check
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=True,
                trust_env=False,
                headers={"User-Agent": "hausgeist"},
                trace_configs=[tracing],
            )
        return self._session

    async def _on_connect(self, _session: object, context: Any, _params: object) -> None:
        # The trace carries no address; the resolver and `_permitted` record what matters.
        del context


class _CheckedResolver(AbstractResolver):
    """DNS, then the allow list's check of every address it gave."""

    def __init__(self, allow: AllowList) -> None:
        self._allow = allow
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        destination = self._allow.find(host, port)
        found = await self._inner.resolve(host, port, family)
        for entry in found:
            self._allow.check_address(destination, entry["host"])
        return found

    async def close(self) -> None:
        await self._inner.close()


def _is_address(host: str) -> bool:
    try:
        ip_address(plain_host(host))
    except ValueError:
        return False
    return True


def _words(error: aiohttp.ClientError) -> str:
    """What went wrong, without the request's content."""
    return f"{type(error).__name__}: {error}"[:300]
