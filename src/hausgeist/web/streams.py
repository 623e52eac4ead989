# SPDX-License-Identifier: EUPL-1.2
"""Bursts at the edge: gathered into a whole, or opened up to their first so that errors get a status."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Protocol

from starlette.types import Receive

from hausgeist.core.events import Burst, Event, Failed
from hausgeist.web.reply import while_connected


class Encoder(Protocol):
    """Turns bursts into the bytes of one stream."""

    def frames(self, burst: Burst) -> bytes:
        """The bytes of a burst; empty when there is nothing to say."""
        ...


async def gathered(bursts: AsyncIterator[Burst]) -> list[Event]:
    """All events of a call.

    Raises:
        HausgeistError: the call failed.
    """
    events: list[Event] = []
    async with aclosing(bursts) as stream:  # type: ignore[type-var]  # the gateway's is a generator
        async for burst in stream:
            events.extend(burst)
    if events and isinstance(events[-1], Failed):
        raise events[-1].error
    return events


async def opened(receive: Receive, bursts: AsyncIterator[Burst]) -> Burst:
    """The first burst of a call; the client may go away meanwhile.

    Raises:
        HausgeistError: the call failed before anything was sent, so the response can have a status.
    """
    first = await while_connected(receive, anext(bursts))
    if isinstance(first[0], Failed):
        raise first[0].error
    return first


async def encoded(
    encoder: Encoder, first: Burst, bursts: AsyncIterator[Burst]
) -> AsyncIterator[bytes]:
    """The first burst and the rest, as a dialect's bytes. Closing it closes the call."""
    async with aclosing(bursts) as rest:  # type: ignore[type-var]  # the gateway's is a generator
        yield encoder.frames(first)
        async for burst in rest:
            yield encoder.frames(burst)
