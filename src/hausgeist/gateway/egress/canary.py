# SPDX-License-Identifier: EUPL-1.2
"""A canary: a letter about a person who does not exist goes through the border, and nothing of her may leave.

The way is the real one: decision, detectors, pseudonyms, a provider's code, the one client. Its end is not:
a listener on loopback stands in for a provider of the EU, keeps what arrives, and answers with it. The house
is not charged, the model is in no list, and nothing of it counts as having left.
"""

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Any, Literal, TypeAlias

from hausgeist.audit import Trail
from hausgeist.core.accounting import Reservation, Settlement
from hausgeist.core.calls import Call
from hausgeist.core.events import Burst, Delta, Failed, Started
from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.messages import text_message
from hausgeist.core.models import ModelCard
from hausgeist.core.people import Principal, Role
from hausgeist.core.terms import Terms
from hausgeist.errors import BorderAsks, BorderRefused, HausgeistError
from hausgeist.gateway.departures import declared
from hausgeist.gateway.directory import Directory
from hausgeist.gateway.pipeline import Gateway
from hausgeist.gateway.providers.openai import OpenAIProvider
from hausgeist.gateway.routing import Routes
from hausgeist.ledger import Book
from hausgeist.net import AllowList, Departure, Destination, Leaving, Outbound
from hausgeist.store import departures
from hausgeist.store.db import Store

EVERY_MS = 3_600_000
"""Milliseconds between flights, while anybody outside is allowed."""
FIRST_AFTER = 60.0
"""Seconds after the start before the first one: the house has better things to do then."""
PATIENCE = 60.0
"""Seconds that a flight may take."""
KEPT_MS = 62 * 24 * EVERY_MS
"""How long a flight is kept, in milliseconds: until its month is reported, and a month more."""
BODY_MOST = 1024 * 1024

VALUES: Mapping[str, Sequence[str]] = {
    "person": ("Mustermann",),
    "id_card": ("L01X00T47",),
    "tax_id": ("86095742719",),
    "iban": ("DE02120300000000202051",),
    "birth_date": ("12.08.1964",),
    "address": ("Heidestraße 17",),
    "email": ("erika.mustermann@example.org",),
    "phone": ("0221 / 9876543",),
}
"""What must not arrive, by kind; the person and her numbers are specimens that no office gives to anybody."""

Outcome: TypeAlias = Literal["passed", "refused", "leaked", "broken"]

_NAME = "canary"
_TERMS = Terms(
    contract_since="2020-01-01",
    trains=False,
    retention_days=0,
    operator_country="DE",
    parent_country="DE",
    admin_country="DE",
    externally_hosted=False,
)
CARD = ModelCard(
    id=_NAME,
    provider=_NAME,
    upstream=_NAME,
    zone=Zone.EU,
    country="DE",
    cleared_for=DataClass.PERSONAL,
    terms=_TERMS,
)
_NOBODY = Principal(id=_NAME, name=_NAME, role=Role.MEMBER, group=_NAME)
_SIGNS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Flight:
    """What came of a flight. ``detail`` has kinds or codes, never values.

    ``passed``: it left under pseudonyms. ``refused``: the border let nothing of it go, which is safe too.
    ``leaked``: something of the person arrived. ``broken``: the way could not be tried.
    """

    outcome: Outcome
    detail: str = ""
    policy_version: str = ""
    hidden: tuple[tuple[str, int], ...] = ()
    bytes_out: int = 0
    at: int = 0

    @property
    def good(self) -> bool:
        """Whether the border held."""
        return self.outcome in {"passed", "refused"}


@dataclass(slots=True)
class _Heard:
    """What the listener was sent (heads and bodies), and what the caller was told."""

    bodies: list[bytes] = field(default_factory=list)
    started: Started | None = None
    answer: str = ""
    error: HausgeistError | None = None


class _Unbooked(Book):
    """Charges nobody."""

    def scopes_of(self, who: Principal) -> tuple[str, ...]:
        del who
        return ()

    async def reserve(self, reservation: Reservation) -> None:
        """Hold nothing."""

    def settle(self, settlement: Settlement) -> None:
        """Book nothing."""


class Canary:
    """Flies, keeps what came of it, and says so aloud."""

    def __init__(
        self, store: Store, trail: Trail, gateway: Gateway, now_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._trail = trail
        self._gateway = gateway
        self._now_ms = now_ms
        self._flying = asyncio.Lock()
        self._task: asyncio.Task[object] | None = None
        self._due = 0.0
        self.last: Flight | None = None

    async def fly(self) -> Flight:
        """Fly now; returns when it is written down."""
        async with self._flying:
            try:
                async with asyncio.timeout(PATIENCE):
                    found = _judged(await self._flown())
            except TimeoutError:
                found = Flight("broken", "timeout")
            except OSError:
                found = Flight("broken", "listener")
            found = replace(found, at=self._now_ms())
            await self._keep(found)
            self.last = found
            return found

    async def round(self, *, anybody_outside: bool) -> None:
        """Fly if it is time, in a task of its own; where nobody outside is allowed there is no need."""
        now = asyncio.get_running_loop().time()
        if self._due == 0.0:
            self._due = now + FIRST_AFTER
            self.last = next(iter(await self.flights(1)), None)
        if now < self._due or not anybody_outside:
            return
        newest = next(iter(await self.flights(1)), None)  # a replica's flight will do
        age = EVERY_MS if newest is None else self._now_ms() - newest.at
        if age < EVERY_MS:
            self.last = newest
            self._due = now + (EVERY_MS - age) / 1000
            return
        self._due = now + EVERY_MS / 1000
        self._task = asyncio.create_task(self.fly())

    async def flights(self, count: int) -> list[Flight]:
        """The newest flights first."""
        return await last_flights(self._store, count)

    async def close(self) -> None:
        """End a flight that is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _flown(self) -> _Heard:
        heard = _Heard()
        async with _listening(heard.bodies) as port:
            allow = AllowList()
            where = Destination(
                "127.0.0.1", port, f"provider:{_NAME}", private=True, zone=CARD.zone.value
            )
            allow.allow(where)
            outbound = Outbound(allow, connect_timeout=5.0)
            outbound.depart = _only_declared
            directory = Directory()
            provider = OpenAIProvider(
                _NAME, f"http://127.0.0.1:{port}/v1", outbound, idle_timeout=20.0
            )
            directory.put(_NAME, provider, [CARD])
            gateway = replace(
                self._gateway,
                directory=directory,
                routes=Routes(directory, lambda: 0.0),
                book=_Unbooked(self._store, self._now_ms),
                on_settled=lambda _settlement: None,
                running=0,
            )
            try:
                await _ask(gateway, heard)
            finally:
                await outbound.close()
        return heard

    async def _keep(self, found: Flight) -> None:
        row = {
            "id": secrets.token_hex(16),
            "at": found.at,
            "outcome": found.outcome,
            "detail": found.detail[:300],
            "policy_version": found.policy_version[:64],
            "hidden": json.dumps(dict(found.hidden)),
            "bytes_out": found.bytes_out,
        }

        def work(connection: Any) -> dict[str, str]:
            departures.flown(connection, row)
            departures.forget_flights(connection, found.at - KEPT_MS)
            return {
                "outcome": found.outcome,
                "detail": found.detail,
                "policy": found.policy_version,
            }

        await self._trail.change(f"egress.canary_{found.outcome}", work, actor="house")


async def last_flights(store: Store, count: int) -> list[Flight]:
    """The newest flights of a house first."""
    rows = await store.read(lambda connection: departures.last_flights(connection, count))
    return [
        Flight(
            row["outcome"],
            row["detail"],
            row["policy_version"],
            tuple(sorted(json.loads(row["hidden"]).items())),
            row["bytes_out"],
            row["at"],
        )
        for row in rows
    ]


async def _ask(gateway: Gateway, heard: _Heard) -> None:
    call = Call(
        id=f"canary-{secrets.token_hex(8)}",
        principal=_NOBODY,
        purpose=Purpose.API,
        model=CARD.id,
        messages=(text_message("user", letter()),),
        consented=True,  # where people are asked first, she says yes: what then leaves is the question
    )
    async for burst in gateway.answer(call):
        _take(burst, heard)


def _take(burst: Burst, heard: _Heard) -> None:
    for event in burst:
        if isinstance(event, Started):
            heard.started = event
        elif isinstance(event, Delta):
            heard.answer += event.text
        elif isinstance(event, Failed) and isinstance(event.error, HausgeistError):
            heard.error = event.error


def letter() -> str:
    """The letter about her."""
    return (files(__package__) / "letter.txt").read_text("utf-8")


def _judged(heard: _Heard) -> Flight:
    """What a flight says of the border."""
    size = sum(map(len, heard.bodies))
    arrived = list(dict.fromkeys(kind for body in heard.bodies for kind in found_in(body)))
    version = heard.started.policy_version if heard.started is not None else ""
    hidden = heard.started.hidden if heard.started is not None else ()
    if arrived:
        return Flight("leaked", ", ".join(arrived), version, hidden, size)
    if not heard.bodies:
        if isinstance(heard.error, BorderRefused | BorderAsks):
            return Flight("refused", heard.error.code)
        return Flight("broken", heard.error.code if heard.error is not None else "nothing_arrived")
    if heard.error is not None or not hidden:
        detail = heard.error.code if heard.error is not None else "nothing_hidden"
        return Flight("broken", detail, version, hidden, size)
    if not found_in(heard.answer.encode()):
        return Flight("broken", "not_restored", version, hidden, size)
    return Flight("passed", "", version, hidden, size)


def found_in(body: bytes) -> list[str]:
    """The kinds of her values that are in a body, however they are spaced, punctuated or escaped."""
    text = body.decode("utf-8", "replace")
    said = _squeezed("\n".join([text, *_strings(text)]))
    return [
        kind for kind, values in VALUES.items() if any(_squeezed(one) in said for one in values)
    ]


def _squeezed(text: str) -> str:
    return _SIGNS.sub("", text).casefold()


def _strings(text: str) -> list[str]:
    """Every string of a JSON text, its escapes resolved."""
    found: list[str] = []
    try:
        todo = [json.loads(text)]
    except (ValueError, RecursionError):
        return found
    while todo:
        one = todo.pop()
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, dict):
            todo += [*one, *one.values()]
        elif isinstance(one, list):
            todo += one
    return found


async def _only_declared(leaving: Leaving) -> Departure | None:
    """The same check as for every call; a row is not written, because nothing leaves."""
    declared(leaving)
    return None


@asynccontextmanager
async def _listening(bodies: list[bytes]) -> AsyncIterator[int]:
    """A listener on a free port of loopback that keeps each body, and answers with its last message."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            found = re.search(r"content-length: (\d+)", head)
            body = await reader.readexactly(min(int(found[1]) if found else 0, BODY_MOST))
            bodies.extend((head.encode(), body))
            writer.write(_answer(body))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def _answer(body: bytes) -> bytes:
    """An answer in OpenAI's dialect that says what it was sent."""
    said = "\n".join(_strings(body.decode("utf-8", "replace")))
    chunk = {
        "id": _NAME,
        "object": "chat.completion.chunk",
        "created": 0,
        "model": _NAME,
        "choices": [{"index": 0, "delta": {"content": said}, "finish_reason": "stop"}],
    }
    events = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {len(events)}\r\n"
    )
    return f"{head}Connection: close\r\n\r\n".encode() + events
