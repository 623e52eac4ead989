# SPDX-License-Identifier: EUPL-1.2
"""Bursts at the edge: gathered into a whole, or opened up to their first so that errors get a status."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from starlette.types import Receive

from hausgeist.core.events import Burst, Event, Failed
from hausgeist.web.reply import while_connected


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
