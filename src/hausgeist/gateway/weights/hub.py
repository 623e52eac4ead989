# SPDX-License-Identifier: EUPL-1.2
"""Finds a file at a hub that speaks Hugging Face's protocol.

A ``HubSource`` flows in; the address at a fixed commit, the hash and the size flow out. The token goes to
the hub's own host and nowhere else. Nothing is downloaded here.

Source: the headers of ``/resolve/`` (``X-Repo-Commit``, ``X-Linked-Etag``, ``X-Linked-Size``) as
``huggingface_hub.file_download`` reads them; the Linked-Etag of a file in LFS is its SHA-256.
"""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import quote, urljoin, urlsplit

import msgspec

from hausgeist.errors import Upstream, UpstreamRefused
from hausgeist.gateway.weights.download import Remote, check_status
from hausgeist.gateway.weights.sources import HubSource
from hausgeist.net import Outbound, Response

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_HOPS = 3


class _Revision(msgspec.Struct):
    sha: str


@dataclass(frozen=True, slots=True)
class Found:
    """A file at the hub and the commit it belongs to."""

    remote: Remote
    revision: str


class Hub:
    """A hub at an endpoint such as ``https://huggingface.co``; ``token`` may be empty."""

    def __init__(self, outbound: Outbound, endpoint: str, token: str) -> None:
        self._outbound = outbound
        self._endpoint = endpoint.rstrip("/")
        self._token = token

    async def find(self, source: HubSource) -> Found:
        """Resolve branch or tag to a commit, and read hash and size of the file there.

        Raises:
            SourceNotFound: no such repository, revision or file.
            UpstreamRefused: gated or private, and no token, or one without the right.
            Upstream: the hub fails, or answers what is no answer.
        """
        try:
            return await self._find(source)
        except UpstreamRefused as error:
            stored = "" if self._token else stored_token()
            if not stored or error.values.get("upstream_status") not in (401, 403):
                raise
            self._token = stored
        return await self._find(source)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    async def _find(self, source: HubSource) -> Found:
        head = await self._head(source, source.revision)
        commit = head.get("X-Repo-Commit", "")
        if not _COMMIT.fullmatch(commit):
            commit = await self._commit(source)
        digest = head.get("X-Linked-Etag", "").strip('"').lower()
        size = head.get("X-Linked-Size", "")
        return Found(
            Remote(
                url=self._address(source, commit),
                source=source.spec,
                headers=self._headers(),
                sha256=digest if _SHA256.fullmatch(digest) else "",
                size=int(size) if size.isascii() and size.isdigit() else None,
                magic=source.magic,
            ),
            commit,
        )

    def _address(self, source: HubSource, revision: str) -> str:
        return (
            f"{self._endpoint}/{source.repo}/resolve/{quote(revision, safe='')}"
            f"/{quote(source.path, safe='/')}"
        )

    async def _head(self, source: HubSource, revision: str) -> dict[str, str]:
        """The headers the hub itself gives; its storage, where it redirects to, is not asked."""
        url = self._address(source, revision)
        for _ in range(_HOPS):
            async with self._outbound.stream(
                "HEAD", url, headers=self._headers(), total_timeout=60.0
            ) as response:
                target = _moved(url, response)
                if target is None:
                    if response.status not in (301, 302, 303, 307, 308):
                        check_status(response, source.spec, url)
                    return {
                        name: response.headers.get(name, "")
                        for name in ("X-Repo-Commit", "X-Linked-Etag", "X-Linked-Size")
                    }
            url = target
        raise Upstream(provider=urlsplit(url).hostname, reason="it redirects in circles")

    async def _commit(self, source: HubSource) -> str:
        url = (
            f"{self._endpoint}/api/models/{source.repo}/revision/{quote(source.revision, safe='')}"
        )
        async with self._outbound.stream(
            "GET", url, headers=self._headers(), total_timeout=60.0
        ) as response:
            check_status(response, source.spec, url)
            body = await response.read()
        try:
            commit = msgspec.json.decode(body, type=_Revision).sha
        except msgspec.DecodeError:
            commit = ""
        if not _COMMIT.fullmatch(commit):
            raise Upstream(provider=urlsplit(url).hostname, reason="it names no commit")
        return commit


def stored_token() -> str:
    """The token that ``hf auth login`` left on this machine; empty without the extra ``hub``."""
    if find_spec("huggingface_hub") is None:
        return ""
    from huggingface_hub import get_token  # noqa: PLC0415  an extra, imported only when needed

    return get_token() or ""


def _moved(url: str, response: Response) -> str | None:
    """Where a renamed repository is now: a redirect within the hub that names no commit."""
    location = response.headers.get("Location", "")
    if response.status not in (301, 302, 307, 308) or "X-Repo-Commit" in response.headers:
        return None
    target = urljoin(url, location)
    same = urlsplit(target)[:2] == urlsplit(url)[:2]
    return target if location and same else None
