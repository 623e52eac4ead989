# SPDX-License-Identifier: EUPL-1.2
"""Bursts at the edge: opened up to their first, so that errors get a status."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Protocol, TypeAlias

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from hausgeist.core.events import Burst, Failed
from hausgeist.web.reply import while_connected

STATUS_SECONDS = 50.0
"""How long an error can still become a status; then the stream begins, with pings, and errors are
frames. A model that reads a long prompt on a CPU may take minutes, and proxies give up after 60 s."""

First: TypeAlias = Burst | asyncio.Future[Burst]


class Encoder(Protocol):
    """Turns bursts into the bytes of one stream."""

    def frames(self, burst: Burst) -> bytes:
        """The bytes of a burst; empty when there is nothing to say."""
        ...


async def opened(receive: Receive, bursts: AsyncIterator[Burst]) -> First:
    """The first burst of a call, or the promise of it where that takes longer than proxies wait.

    The client may go away meanwhile; the call has ended then.

    Raises:
        HausgeistError: the call failed before anything was sent, so the response can have a status.
    """
    first = asyncio.ensure_future(anext(bursts))
    try:
        await while_connected(receive, asyncio.wait((first,), timeout=STATUS_SECONDS))
    except (ClientDisconnect, asyncio.CancelledError):
        first.cancel()
        await asyncio.wait((first,))
        await _close(bursts)
        raise
    if not first.done():
        return first
    burst = first.result()
    if isinstance(burst[0], Failed):
        await _close(bursts)  # the error refers to the call: the collector would find it much later
        raise burst[0].error
    return burst


async def _close(bursts: AsyncIterator[Burst]) -> None:
    async with aclosing(bursts):  # type: ignore[type-var]  # the gateway's is a generator
        pass


async def encoded(
    encoder: Encoder, first: First, bursts: AsyncIterator[Burst]
) -> AsyncIterator[bytes]:
    """The first burst and the rest, as a dialect's bytes. Closing it closes the call."""
    async with aclosing(bursts) as rest:  # type: ignore[type-var]  # the gateway's is a generator
        yield encoder.frames(first if isinstance(first, list) else await first)
        async for burst in rest:
            yield encoder.frames(burst)
