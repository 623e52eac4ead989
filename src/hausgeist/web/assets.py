# SPDX-License-Identifier: EUPL-1.2
"""The static files: read once into memory, compressed once, served from a fixed list.

The list is what lies in ``static/`` with a known media type; an address is looked up in it and never
joined to a path. ``address`` gives an address with the content's fingerprint, which browsers may keep
for ever; without the fingerprint (modules that import each other) they ask again. Comments and the
indentation of style sheets are for those who read the source: they are not sent.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.responses import Response

from hausgeist.errors import NotFound
from hausgeist.web.routes import Route, Who
from hausgeist.web.visit import Visit

ROOT = Path(__file__).parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
_PACKED = {".png", ".ico", ".woff2"}
_VENDOR = "vendor"
_LICENCE = b"/* SPDX-License-Identifier: EUPL-1.2 */\n"
_CSS_COMMENT = re.compile(rb"/\*.*?\*/", re.DOTALL)
_CSS_INDENT = re.compile(rb"\s*\n\s*")
_JS_COMMENT = re.compile(
    rb"^[ \t]*(?://(?! SPDX-)[^\n]*|/\*\*.*?\*/[ \t]*)$", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file: its bytes, the same compressed (or None), its type and its fingerprint."""

    body: bytes
    packed: bytes | None
    media_type: str
    mark: str


@cache
def assets() -> dict[str, Asset]:
    """The fixed list, by path below ``static/``."""
    found = {}
    for path in sorted(ROOT.rglob("*")):
        kind = _TYPES.get(path.suffix)
        if kind is None or not path.is_file() or path.is_symlink():
            continue
        body = (
            lean(path.suffix, path.read_bytes()) if _VENDOR not in path.parts else path.read_bytes()
        )
        packed = None if path.suffix in _PACKED else gzip.compress(body, 9, mtime=0)
        mark = hashlib.sha256(body).hexdigest()[:12]
        found[path.relative_to(ROOT).as_posix()] = Asset(body, packed, kind, mark)
    return found


def lean(suffix: str, body: bytes) -> bytes:
    """A file of ours without what only its readers need.

    Scripts keep their lines, so that an error's place is the one in the source; comments behind code stay.
    A template literal over several lines must not have a line that begins with ``//``.
    """
    if suffix == ".css":
        return _LICENCE + _CSS_INDENT.sub(b"\n", _CSS_COMMENT.sub(b"", body)).strip() + b"\n"
    if suffix == ".js":
        return _JS_COMMENT.sub(lambda found: b"\n" * found[0].count(b"\n"), body)
    return body


def address(path: str) -> str:
    """The address of a static file, with its fingerprint.

    Raises:
        KeyError: there is no such file: a mistake in a template.
    """
    return f"/static/{path}?v={assets()[path].mark}"


async def static(visit: Visit) -> Response:
    """``GET /static/{path}``."""
    asset = assets().get(visit.path_params["path"])
    if asset is None:
        raise NotFound
    marked = visit.query_params.get("v") == asset.mark
    headers = {
        "Cache-Control": FOR_EVER if marked else ASK_AGAIN,
        "ETag": f'"{asset.mark}"',
        "Vary": "Accept-Encoding",
    }
    if asset.mark in visit.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    body = asset.body
    if asset.packed is not None and "gzip" in visit.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = asset.packed
    return Response(body, media_type=asset.media_type, headers=headers)


ROUTES = [
    Route(
        method="GET",
        path="/static/{path:path}",
        endpoint=static,
        who=Who.ANYONE,
        dialect="page",
        summary="Style sheets, scripts and drawings",
    ),
]
