# SPDX-License-Identifier: EUPL-1.2
"""A stand-in for a model hub, its storage and a package index, on loopback.

Files flow in through ``files``, ``blobs`` and ``wheels``; HTTP flows out, with the headers and the
misbehaviour of the real ones: redirects to storage, gated repositories, ranges, changed ETags, bodies
that end early. Every request is written down in ``requests``.
"""

import hashlib
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

_RESOLVE = re.compile(r"/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)")
_REVISION = re.compile(r"/api/models/(?P<repo>[^/]+/[^/]+)/revision/(?P<revision>.+)")
_RELEASE = re.compile(r"/pypi/(?P<package>[^/]+)/(?P<version>[^/]+)/json")


@dataclass(frozen=True, slots=True)
class Request:
    """A request that arrived; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass
class StandInHub:
    """A server in a thread; a context that stops it."""

    files: dict[str, bytes] = field(default_factory=dict)
    """``org/repo/path`` to content."""
    blobs: dict[str, bytes] = field(default_factory=dict)
    """Path at the storage to content."""
    wheels: dict[str, bytes] = field(default_factory=dict)
    """File name of a wheel to content; package and version come from the name."""
    commit: str = "c0ffee" + "0" * 34
    token: str = ""
    """What a request must carry; empty: repositories are open."""
    storage: str = ""
    """Address that ``resolve`` redirects to; the path follows. Empty: it answers itself."""
    etag: str | None = None
    """Sent with bodies; None: made from the content; empty: none."""
    linked: bool = True
    """Whether hash and commit are told in headers."""
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)
    """Each answer with a body takes one number and ends after so many bytes."""
    statuses: list[int] = field(default_factory=list)
    """Each answer with a body takes one status and is that error."""
    requests: list[Request] = field(default_factory=list)

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"state": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: StandInHub

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the parent's name
        """Say nothing."""

    def do_HEAD(self) -> None:
        """Answer without a body."""
        self._answer()

    def do_GET(self) -> None:
        """Answer with a body."""
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        headers = {key.lower(): value for key, value in self.headers.items()}
        self.state.requests.append(Request(self.command, path, headers))
        if found := _REVISION.fullmatch(path):
            self._json({"sha": self.state.commit, "id": found["repo"]})
        elif found := _RELEASE.fullmatch(path):
            self._release(found["package"], found["version"])
        elif found := _RESOLVE.fullmatch(path):
            self._resolve(f"{found['repo']}/{found['path']}", headers)
        elif path.startswith("/simple/"):
            self._index(path.split("/")[2])
        elif path.startswith("/wheels/") and path[8:] in self.state.wheels:
            self._body(self.state.wheels[path[8:]], headers)
        elif path in self.state.blobs:
            self._body(self.state.blobs[path], headers)
        else:
            self._empty(404)

    def _resolve(self, name: str, headers: dict[str, str]) -> None:
        hub = self.state
        if hub.token and headers.get("authorization") != f"Bearer {hub.token}":
            self._empty(401, {"X-Error-Code": "GatedRepo"})
            return
        if name not in hub.files:
            self._empty(404, {"X-Error-Code": "EntryNotFound"})
            return
        content = hub.files[name]
        extra = {}
        if hub.linked:
            extra = {
                "X-Repo-Commit": hub.commit,
                "X-Linked-Etag": f'"{hashlib.sha256(content).hexdigest()}"',
                "X-Linked-Size": str(len(content)),
            }
        if hub.storage:
            self._empty(302, {**extra, "Location": f"{hub.storage}/{name}"})
        else:
            self._body(content, headers, extra)

    def _body(
        self, content: bytes, headers: dict[str, str], extra: dict[str, str] | None = None
    ) -> None:
        hub = self.state
        if self.command == "GET" and hub.statuses:
            self._empty(hub.statuses.pop(0))
            return
        etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"' if hub.etag is None else hub.etag
        asked = re.fullmatch(r"bytes=(\d+)-", headers.get("range", ""))
        start, status = 0, 200
        if asked and hub.ranges and headers.get("if-range", etag) == etag:
            start, status = int(asked[1]), 206
        if start >= len(content) and start:
            self._empty(416, {"Content-Range": f"bytes */{len(content)}"})
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(content) - start))
        if etag:
            self.send_header("ETag", etag)
        if status == 206:
            whole = len(content)
            self.send_header("Content-Range", f"bytes {start}-{whole - 1}/{whole}")
        for key, value in (extra or {}).items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        end = len(content)
        if hub.cuts:
            end = min(end, start + hub.cuts.pop(0))
            self.close_connection = True
        self.wfile.write(content[start:end])

    def _index(self, package: str) -> None:
        """A page of the simple index (PEP 503)."""
        links = "".join(
            f'<a href="/wheels/{name}#sha256={hashlib.sha256(content).hexdigest()}">{name}</a>'
            for name, content in self.state.wheels.items()
            if name.split("-")[0].replace("_", "-") == package
        )
        if not links:
            self._empty(404)
            return
        self._send(f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), "text/html")

    def _release(self, package: str, version: str) -> None:
        """A release as the JSON API of the package index describes it."""
        urls = [
            {
                "url": f"{self.state.url}/wheels/{name}",
                "filename": name,
                "packagetype": "bdist_wheel",
                "size": len(content),
                "digests": {"sha256": hashlib.sha256(content).hexdigest()},
            }
            for name, content in self.state.wheels.items()
            if name.startswith(f"{package.replace('-', '_')}-{version}-")
        ]
        if urls:
            self._json({"urls": urls})
        else:
            self._empty(404)

    def _json(self, value: object) -> None:
        self._send(json.dumps(value).encode(), "application/json")

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def _empty(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.end_headers()
