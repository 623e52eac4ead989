# SPDX-License-Identifier: EUPL-1.2
"""What the client says of a request that leaves the house, before its first byte and after its last.

Knows no caller and no content. Bytes are those of HTTP/1.1: head and body before TLS, as they were given
to the socket, and head and body as they came (the framing of chunks is not among them).
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from hausgeist.net.allow import Destination

Outcome: TypeAlias = Literal["ok", "refused", "failed", "aborted"]
"""``refused``: the other side answered with an error; ``aborted``: who asked has left."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """A request that is about to leave: where to, for which model if it carries a call, and how large.

    ``bytes_out`` is the size of its body, the head is not made yet.
    """

    destination: Destination
    host: str
    port: int
    model: str
    bytes_out: int


@dataclass(slots=True)
class Told:
    """What is known of it afterwards. ``sockets`` were opened for it; none: a kept one was used."""

    outcome: Outcome
    bytes_out: int
    bytes_in: int
    sockets: int


class Departure(Protocol):
    """A request that was written down, and is to be completed."""

    def ended(self, told: Told) -> None:
        """Complete it; never waits, so that no cancellation can skip it."""
        ...


Depart: TypeAlias = Callable[[Leaving], Awaitable[Departure | None]]
"""Writes a request down before it leaves; None: it stays in the house. What it raises keeps it here."""


def head_in(reason: bytes, headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Bytes of an answer's head as HTTP/1.1 writes it."""
    lines = sum(len(name) + len(value) + 4 for name, value in headers)
    return len("HTTP/1.1 200 \r\n") + len(reason) + lines + 2
