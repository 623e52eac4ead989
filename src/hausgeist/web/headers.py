# SPDX-License-Identifier: EUPL-1.2
"""Security headers on every response: a strict policy without ``unsafe-*``."""

from starlette.types import Message, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "manifest-src 'self'"
)

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
)


def secure(scope: Scope, send: Send) -> Send:
    """Wrap ``send`` so that the head of the response carries the headers and the visit's id."""
    visit = (b"x-request-id", scope["hausgeist.visit"].encode())

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), visit, *_ALWAYS]
        await send(message)

    return with_headers
