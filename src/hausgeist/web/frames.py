# SPDX-License-Identifier: EUPL-1.2
"""A turn's events as frames of Server-Sent Events, for the chat's scripts: batches in, bytes out.

Every frame has the number of the last event in it, so that a reader who was cut off goes on from there.
A stream ends when its reader's session does. What a frame says is the page's to tell.
"""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, Final, TypeAlias

import msgspec

from hausgeist.chat import Ended, Numbered, Thought, Waiting
from hausgeist.render import Closed, Tail
from hausgeist.web.asgi import SESSION_COOKIE
from hausgeist.web.visit import Visit

PING: Final = b": the house is here\n\n"
STILL: Final = 1.0
"""Seconds after which a stream looks again whether its reader may still read."""

Values: TypeAlias = dict[str, Any]
"""What a frame says, as JSON values."""

_encode = msgspec.json.Encoder().encode


async def frames_of(
    visit: Visit,
    happenings: AsyncIterator[list[Numbered]],
    values: Callable[[str, Any], Awaitable[Values]],
) -> AsyncGenerator[tuple[bytes, int | None], None]:
    """The frames of every batch, and with the last one the number of the end; else None.

    ``values`` says what a frame of a kind says of its data, as ``merged`` gives both.
    """
    looked = time.monotonic()
    async with aclosing(happenings) as stream:  # type: ignore[type-var]  # the chat's are generators
        async for batch in stream:
            if time.monotonic() - looked > STILL:
                looked = time.monotonic()
                if not await _may_still(visit):
                    return
            frames = b""
            for kind, number, data in merged(batch):
                frames += frame(kind, number, await values(kind, data))
            is_end = bool(batch) and isinstance(batch[-1].event, Ended)
            yield frames, batch[-1].number if is_end else None


def frame(kind: str, number: int, values: Values) -> bytes:
    """One frame."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (number, kind.encode(), _json(values))


def merged(batch: Sequence[Numbered]) -> list[tuple[str, int, Any]]:
    """Events as kind, number and data; words that follow each other in one block become one."""
    found: list[tuple[str, int, Any]] = []
    for one in batch:
        event, last = one.event, found[-1] if found else ("", 0, {})
        if isinstance(event, Tail):
            if last[0] == "tail" and last[2]["index"] == event.index:
                found.pop()
                text = last[2]["text"] + event.text
            else:
                text = event.text
            found.append(("tail", one.number, {"index": event.index, "text": text}))
        elif isinstance(event, Thought):
            before = found.pop()[2]["text"] if last[0] == "thought" else ""
            found.append(("thought", one.number, {"text": before + event.text}))
        elif isinstance(event, Closed):
            found.append(("block", one.number, {"index": event.index, "html": event.html}))
        elif isinstance(event, Waiting):
            found.append(("wait", one.number, event))
        else:
            found.append(("end" if isinstance(event, Ended) else "whole", one.number, event))
    return found


async def _may_still(visit: Visit) -> bool:
    """Whether the session that opened a stream is still the same person's."""
    cookie = visit.cookies.get(SESSION_COOKIE)
    if visit.principal.session_id is None or cookie is None:
        return visit.principal.session_id is None
    now = await visit.house.identity.by_session(cookie)
    return now is not None and now.id == visit.principal.id


def _json(values: Values) -> bytes:
    try:
        return _encode(values)
    except UnicodeEncodeError:  # half a character whose other half never came
        return _encode({k: _whole(v) if isinstance(v, str) else v for k, v in values.items()})


def _whole(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
