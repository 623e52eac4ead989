# SPDX-License-Identifier: EUPL-1.2
"""Brings one file from a server into quarantine, going on where an earlier attempt ended.

A ``Remote`` and a ``Partial`` flow in, bytes flow to the disk, progress flows out. Redirects are followed
here: a token stays with the host it belongs to, and every new host is asked of the ``permit``. It does
not know what the bytes mean, except that they must begin like a GGUF or, for packages, a wheel.

Source of the rules for going on: RFC 9110, sections 13.1.5 (If-Range), 14.2 and 15.3.7.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import SplitResult, urljoin, urlsplit

from hausgeist.errors import (
    EgressDenied,
    HashMismatch,
    SourceNotFound,
    UnsafeModelFile,
    Upstream,
    UpstreamRefused,
    UpstreamTimeout,
)
from hausgeist.gateway.weights.content import GGUF_MAGIC, HEAD, describe
from hausgeist.gateway.weights.partial import Partial
from hausgeist.gateway.weights.thread import finished
from hausgeist.net import Outbound, Response

Progress: TypeAlias = Callable[[int, int | None], None]
"""Called with the bytes that are here and, where known, the bytes of the whole."""
Permit: TypeAlias = Callable[[str, str, int], None]
"""Called with the host that redirects, the new host and its port; raises EgressDenied."""

MAX_REDIRECTS = 6
_BLOCK = 1024 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_SECRET = frozenset({"authorization", "cookie"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A file at a server. ``sha256`` and ``size`` are what it must have, empty and None if unknown."""

    url: str
    source: str
    """What a person wrote, for errors."""
    headers: Mapping[str, str] = field(default_factory=dict)
    sha256: str = ""
    size: int | None = None
    magic: bytes = GGUF_MAGIC


class Downloader:
    """Downloads through one way out. ``pause`` is the first wait before a repetition, in seconds."""

    def __init__(
        self, outbound: Outbound, permit: Permit, *, tries: int = 4, pause: float = 1.0
    ) -> None:
        self._outbound = outbound
        self._permit = permit
        self._tries = tries
        self._pause = pause

    async def download(self, remote: Remote, partial: Partial, progress: Progress) -> str:
        """Bring the file; returns its SHA-256. Goes on after interruptions as long as bytes arrive.

        Raises:
            Upstream: the server fails again and again; what arrived is kept.
            UpstreamRefused: it wants credentials, or others.
            SourceNotFound: there is no such file.
            DiskFull: what arrived is kept.
            UnsafeModelFile: the first bytes are not those of a model.
            HashMismatch: the whole file is not the pinned one; it was removed.
        """
        if partial.size:
            await partial.rehash()
        failures = 0
        while True:
            before = partial.size
            try:
                if await self._attempt(remote, partial, progress):
                    break
                raise _broken(remote, "it does not go on where it was asked to")
            except (UpstreamRefused, EgressDenied):
                raise
            except UnsafeModelFile:
                partial.discard()
                raise
            except (Upstream, UpstreamTimeout):
                failures = 1 if partial.size > before else failures + 1
                if failures >= self._tries:
                    raise
            await asyncio.sleep(self._pause * 2 ** (failures - 1))
        return await self._accept(remote, partial)

    async def _accept(self, remote: Remote, partial: Partial) -> str:
        digest = await finished(partial.finish)
        if remote.sha256 and digest != remote.sha256:
            partial.discard()
            raise HashMismatch(found=digest, expected=remote.sha256)
        return digest

    async def _attempt(self, remote: Remote, partial: Partial, progress: Progress) -> bool:
        """One request. False: what was here is of no use, ask again from the start."""
        headers = {"Accept-Encoding": "identity", **remote.headers}
        if partial.size and (partial.etag or remote.sha256):
            headers["Range"] = f"bytes={partial.size}-"
            if partial.etag:
                headers["If-Range"] = partial.etag
        elif partial.size:
            partial.restart()
        async with self.open("GET", remote.url, headers) as response:
            if response.status == 416 and partial.size:
                if partial.size == _whole(response):
                    return True
                partial.restart()
                return False
            check_status(response, remote.source, remote.url)
            if response.status == 200 and partial.size:
                partial.restart()
            if response.status == 206 and not _continues(response, partial):
                partial.restart()
                return False
            total = _total(response, partial.size)
            if remote.size is not None and total not in (None, remote.size):
                raise _broken(remote, f"it offers {total} bytes instead of {remote.size}")
            partial.expect(etag=response.headers.get("ETag", ""), total=total)
            await self._receive(remote, response, partial, progress)
        if total is not None and partial.size < total:
            raise _broken(remote, f"the connection ended after {partial.size} of {total} bytes")
        return True

    async def _receive(
        self, remote: Remote, response: Response, partial: Partial, progress: Progress
    ) -> None:
        total = partial.total
        block = bytearray()
        looked = partial.size >= HEAD
        progress(partial.size, total)
        try:
            async for chunk in response.chunks():
                block += chunk
                if total is not None and partial.size + len(block) > total:
                    raise _broken(remote, f"more than the announced {total} bytes follow")
                if not looked and partial.size + len(block) >= HEAD:
                    self._look(remote, partial, bytes(block))
                    looked = True
                if len(block) >= _BLOCK:
                    data, block = bytes(block), bytearray()
                    await finished(partial.write, data)
                    progress(partial.size, total)
        finally:
            # also when the connection broke: what has arrived counts at the next attempt
            if block and (total is None or partial.size + len(block) <= total):
                partial.write(bytes(block))
                progress(partial.size, total)

    def _look(self, remote: Remote, partial: Partial, block: bytes) -> None:
        """Stop early where the content cannot be a model, before gigabytes of it arrive."""
        head = (partial.head(HEAD) + block)[:HEAD]
        if not head.startswith(remote.magic):
            raise UnsafeModelFile(reason=f"it is {describe(head)}, not a GGUF model")

    @asynccontextmanager
    async def open(
        self, method: str, url: str, headers: Mapping[str, str]
    ) -> AsyncIterator[Response]:
        """Send a request and follow redirects; secret headers stay with the first host.

        Raises:
            EgressDenied: a redirect leads where the house does not connect to.
            Upstream: too many redirects, or one away from TLS.
        """
        sent = dict(headers)
        for _ in range(MAX_REDIRECTS):
            async with AsyncExitStack() as stack:
                response = await stack.enter_async_context(
                    self._outbound.stream(method, url, headers=sent, idle_timeout=60.0)
                )
                location = response.headers.get("Location", "")
                if response.status not in _REDIRECTS or not location:
                    yield response
                    return
            old, new = urlsplit(url), urlsplit(urljoin(url, location))
            if new.scheme not in ("https", old.scheme) or not new.hostname:
                raise Upstream(provider=old.hostname, reason="it redirects away from TLS")
            if _origin(old) != _origin(new):
                sent = {key: sent[key] for key in sent if key.lower() not in _SECRET}
                self._permit(old.hostname or "", new.hostname, _origin(new)[2])
            url = new.geturl()
        raise Upstream(provider=urlsplit(url).hostname, reason="it redirects in circles")


def check_status(response: Response, source: str, url: str) -> None:
    """Turn an answer that is none of 200 and 206 into an error of ours.

    Raises:
        SourceNotFound, UpstreamRefused, Upstream.
    """
    status = response.status
    host = urlsplit(url).hostname
    if status in (200, 206):
        return
    if status in (401, 403):
        raise UpstreamRefused(
            provider=host,
            reason=f"status {status}; the repository may be gated or private and need a token",
            upstream_status=status,
        )
    if status in (404, 410):
        raise SourceNotFound(source=source)
    if status == 429 or status >= 500:
        raise Upstream(provider=host, reason=f"status {status}")
    raise UpstreamRefused(provider=host, reason=f"status {status}", upstream_status=status)


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    """Scheme, host and port, the port filled in."""
    return (
        parts.scheme,
        parts.hostname or "",
        parts.port or (443 if parts.scheme == "https" else 80),
    )


def _whole(response: Response) -> int:
    """The size in the Content-Range of a 416; -1 where it is missing."""
    number = response.headers.get("Content-Range", "").removeprefix("bytes */")
    return int(number) if number.isascii() and number.isdigit() else -1


def _continues(response: Response, partial: Partial) -> bool:
    """Whether a 206 goes on exactly where the partial file ends, with the same content."""
    found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if found is None or int(found[1]) != partial.size:
        return False
    etag = response.headers.get("ETag", "")
    return not (partial.etag and etag and etag != partial.etag)


def _total(response: Response, size: int) -> int | None:
    """Bytes of the whole file, as far as the answer tells."""
    if response.status == 206:
        found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
        return int(found[3]) if found and found[3] != "*" else None
    length = response.headers.get("Content-Length", "")
    return size + int(length) if length.isascii() and length.isdigit() else None


def _broken(remote: Remote, reason: str) -> Upstream:
    return Upstream(provider=urlsplit(remote.url).hostname, reason=reason)
