# SPDX-License-Identifier: EUPL-1.2
"""A visit: one request with who asks, the house, and the route it took."""

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope

from hausgeist.core.calls import Call
from hausgeist.core.labels import DataClass
from hausgeist.core.people import Principal
from hausgeist.errors import N_, BadRequest, InvalidField, NotAuthenticated, TooLarge
from hausgeist.gateway.dialects.reading import read_json
from hausgeist.web.encoding import encoding_of, unpacked
from hausgeist.web.house import House

if TYPE_CHECKING:
    from hausgeist.web.routes import Route

T = TypeVar("T")

DATA_CLASS_HEADER = "x-hausgeist-data-class"
CONSENT_HEADER = "x-hausgeist-consent"
_OURS = b"x-hausgeist-"
_KNOWN = frozenset({DATA_CLASS_HEADER.encode(), CONSENT_HEADER.encode()})
"""Says that whoever asks was told where a call goes, and agrees: see ``BorderAsks``."""

BODY_SECONDS = 300.0
"""How long a body may take: time for the largest over a slow line, and no more for whoever never ends."""


class Visit(Request):
    """A Starlette request that knows who asks. ``id`` names the visit, and the call it makes."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        *,
        house: House,
        route: "Route",
        principal: Principal | None,
    ) -> None:
        super().__init__(scope, receive)
        self.raw_headers: dict[bytes, bytes] = dict(
            scope["headers"]
        )  # one look-up each, not a scan
        self.house = house
        self.route = route
        self.visitor = principal
        self.id: str = scope["hausgeist.visit"]  # responses carry it, errors too

    @property
    def principal(self) -> Principal:
        """Who asks.

        Raises:
            NotAuthenticated: nobody; routes for everyone must not ask for it.
        """
        if self.visitor is None:
            raise NotAuthenticated
        return self.visitor

    async def body(self) -> bytes:
        """The body, at most the route's limit.

        Raises:
            TooLarge: it is longer, also unpacked; what is over the limit is never held in memory.
            BadRequest: it takes longer than ``BODY_SECONDS``.
            UnsupportedEncoding: it is packed in a way that nobody here can undo.
        """
        if hasattr(self, "_body"):
            return self._body
        limit = self.route.max_body or self.house.settings.max_body
        encoding = encoding_of(self.raw_headers)
        declared = self.raw_headers.get(b"content-length", b"")
        if declared.isdigit() and int(declared) > limit:
            raise TooLarge(limit=limit)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await self._arriving(limit)
        except TimeoutError as error:
            raise BadRequest(reason=N_("the body did not arrive in time")) from error
        self._body = unpacked(body, encoding, limit) if encoding else body
        return self._body

    async def _arriving(self, limit: int) -> bytes:
        parts: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            part = message.get("body", b"")
            size += len(part)
            if size > limit:
                raise TooLarge(limit=limit)
            parts.append(part)
            more = message.get("more_body", False)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def read(self, kind: type[T]) -> T:
        """The body as a wire type.

        Raises:
            InvalidJSON, InvalidField, TooLarge: as the decoder and the limit say.
        """
        return read_json(await self.body(), kind)

    def agreed(self, call: Call) -> Call:
        """The call, with the consent that the header ``X-Hausgeist-Consent: yes`` gives.

        Raises:
            InvalidField: the header says something else.
        """
        name = CONSENT_HEADER.encode()
        if name not in self.raw_headers:
            return call
        if {value.strip() for key, value in self.scope["headers"] if key == name} != {b"yes"}:
            raise InvalidField(field=CONSENT_HEADER, reason="use yes, or leave it out")
        return replace(call, consented=True)

    def declared_class(self) -> DataClass | None:
        """The data class that the header ``X-Hausgeist-Data-Class`` declares; of several, the highest.

        Raises:
            InvalidField: it is none of ours, or its name is mistyped; guessing would be a way out.
        """
        for key in self.raw_headers:
            if key.startswith(_OURS) and key not in _KNOWN:
                raise InvalidField(
                    field=key.decode("latin-1")[:100],
                    reason=N_("there is no header of this name"),
                )
        name = DATA_CLASS_HEADER.encode()
        if name not in self.raw_headers:
            return None
        words = [value for key, value in self.scope["headers"] if key == name]
        try:
            return max(DataClass.parse(word.decode("latin-1")) for word in words)
        except KeyError:
            raise InvalidField(
                field=DATA_CLASS_HEADER, reason="use public, internal, personal or special"
            ) from None
