# SPDX-License-Identifier: EUPL-1.2
"""Files over the edge: a request's body flows in piece by piece, a file on disk flows out.

No more than a piece of it is ever in memory. What is in the body is not looked at here.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import IO

from starlette.requests import ClientDisconnect

from hausgeist.errors import TooLarge
from hausgeist.web.visit import Visit

PIECE = 256 * 1024
"""Bytes that are written at once."""


async def arriving(visit: Visit, most: int, frame: int) -> AsyncIterator[bytes]:
    """The body of a form with a file of ``most`` bytes, with ``frame`` bytes around it, as it comes.

    Raises:
        TooLarge: it is longer, or says that it is.
        ClientDisconnect: whoever sent it is gone.
    """
    declared = visit.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:18]) > most + frame:
        raise TooLarge(limit=most)
    size, more = 0, True
    while more:
        message = await visit.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece = message.get("body", b"")
        size += len(piece)
        if size > most + frame:
            raise TooLarge(limit=most)
        yield piece
        more = message.get("more_body", False)


async def keep(content: AsyncIterator[bytes], kept: IO[bytes]) -> None:
    """Write what comes to a file, in pieces that are worth a thread."""
    waiting = bytearray()
    async for piece in content:
        waiting += piece
        if len(waiting) >= PIECE:
            await asyncio.to_thread(kept.write, bytes(waiting))
            waiting.clear()
    await asyncio.to_thread(kept.write, bytes(waiting))
