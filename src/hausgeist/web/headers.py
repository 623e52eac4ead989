# SPDX-License-Identifier: EUPL-1.2
"""Security headers on every response: a strict policy without ``unsafe-*``, and kept by no cache.

What may be kept (files of our own) says so itself.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.types import Message, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; media-src blob:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "manifest-src 'self'"
)

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(self), payment=()"),
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
)
_PROGRAMS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
"""For answers to programs, which no browser shows: nothing may be loaded or framed."""
_NOT_KEPT = (b"cache-control", b"no-store")
_HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")
"""For a year, and for this name alone: others of the domain are not ours to decide about."""

BEGUN = "hausgeist.begun"
"""In the scope of a visit whose answer has begun: no other can be sent."""

Secure = Callable[[Scope, Send], Send]


def secured(public_url: str) -> Secure:
    """What wraps ``send`` so that the head of each response carries the headers and the visit's id."""
    https = (_HTTPS_ONLY,) if urlsplit(public_url).scheme == "https" else ()
    for_people = (*_ALWAYS, *https)
    for_programs = (*_PROGRAMS, *https)

    def secure(scope: Scope, send: Send) -> Send:
        visit = (b"x-request-id", scope["hausgeist.visit"].encode())
        always = for_programs if scope["path"].startswith("/v1/") else for_people

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope[BEGUN] = True
                given = message.get("headers", ())
                kept = any(name == b"cache-control" for name, _ in given)
                own = (visit, *always) if kept else (visit, _NOT_KEPT, *always)
                message["headers"] = [*given, *own]
            await send(message)

        return with_headers

    return secure
