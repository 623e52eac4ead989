# SPDX-License-Identifier: EUPL-1.2
"""Which other sites' scripts may call the API: those in the setting ``cors_origins``, by default none.

A key is needed all the same: credentials of the browser (cookies) are never allowed across sites, and
pages are not for other sites at all. One step before routing, and one around ``send``.
"""

from collections.abc import Iterable

from starlette.responses import Response
from starlette.types import Message, Scope, Send

ALLOWED_HEADERS = (
    "authorization, content-type, x-api-key, openai-beta, openai-organization, openai-project, "
    "anthropic-version, anthropic-beta, anthropic-dangerous-direct-browser-access, "
    "x-hausgeist-data-class, x-stainless-arch, x-stainless-async, x-stainless-custom-poll-interval, "
    "x-stainless-helper-method, x-stainless-lang, x-stainless-os, x-stainless-package-version, "
    "x-stainless-poll-helper, x-stainless-read-timeout, x-stainless-retry-count, "
    "x-stainless-runtime, x-stainless-runtime-version, x-stainless-timeout"
)
EXPOSED_HEADERS = "x-request-id, request-id, retry-after"
PREFLIGHT_SECONDS = "600"


class Cors:
    """The rule of one house. ``origins`` is comma-separated; ``*`` stands for every origin."""

    def __init__(self, origins: str) -> None:
        self._origins = frozenset(
            origin.strip().rstrip("/").lower() for origin in origins.split(",") if origin.strip()
        )

    def preflight(self, scope: Scope) -> Response | None:
        """The answer to a browser's question whether it may; None when this is no such question.

        An origin that is not allowed gets an answer without permission: the browser then refuses.
        """
        if scope["method"] != "OPTIONS":
            return None
        headers = dict(scope["headers"])
        if b"origin" not in headers or b"access-control-request-method" not in headers:
            return None
        response = Response(status_code=204, headers={"Vary": "Origin"})
        if self._allows(headers[b"origin"]):
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, DELETE, HEAD"
            response.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
            response.headers["Access-Control-Max-Age"] = PREFLIGHT_SECONDS
        return response

    def wrap(self, scope: Scope, send: Send) -> Send:
        """Add the permission to a response, if its caller's origin has one; else ``send`` as it is."""
        if not self._origins:
            return send
        origin = _origin(scope["headers"])
        if origin is None or not self._allows(origin):
            return send
        permission = (
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", EXPOSED_HEADERS.encode()),
            (b"vary", b"Origin"),
        )

        async def with_permission(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *permission]
            await send(message)

        return with_permission

    def _allows(self, origin: bytes) -> bool:
        return "*" in self._origins or origin.decode("latin-1").lower() in self._origins


def _origin(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    return next((value for name, value in headers if name == b"origin"), None)
