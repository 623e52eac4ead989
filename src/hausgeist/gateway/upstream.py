# SPDX-License-Identifier: EUPL-1.2
"""Bytes of an upstream's stream, cut into the payloads of events or lines.

Cuts on bytes and decodes later, so that UTF-8 split across chunks never matters. All payloads that one
read of the socket completed come out together. Knows nothing of what the payloads mean.
"""

from collections.abc import AsyncIterator

from hausgeist.errors import N_, Upstream

EVENT_LIMIT = 16 * 1024 * 1024
"""Largest single event or line in bytes: an image in a tool result fits, an endless line does not."""


async def sse_payloads(chunks: AsyncIterator[bytes], provider: str) -> AsyncIterator[list[bytes]]:
    """The ``data`` of Server-Sent Events; one list per read of the socket, never empty.

    Raises:
        Upstream: an event exceeds ``EVENT_LIMIT``.
    """
    rest = tail = b""
    held = _Held(provider, "an event is too large")
    async for chunk in chunks:
        seam = tail + chunk if tail else chunk
        if chunk.endswith(b"\r") or not _ends_event(seam):
            # within an event, or its \n may come with the next read
            held.keep(chunk, len(rest))
            tail = seam[-3:]
            continue
        data = held.join(rest, chunk) if rest or held.size else chunk
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *events, rest = data.split(b"\n\n")
        if len(rest) > EVENT_LIMIT:
            raise Upstream(provider=provider, reason=N_("an event is too large"))
        tail = rest[-3:]
        found = [payload for event in events if (payload := _data_of(event))]
        if found:
            yield found
    rest = held.join(rest, b"")
    if rest.strip() and (last := _data_of(rest.replace(b"\r\n", b"\n").rstrip(b"\n"))):
        yield [last]


async def lines(chunks: AsyncIterator[bytes], provider: str) -> AsyncIterator[list[bytes]]:
    """Non-empty lines (NDJSON); one list per read of the socket, never empty.

    Raises:
        Upstream: a line exceeds ``EVENT_LIMIT``.
    """
    rest = b""
    held = _Held(provider, "a line is too large")
    async for chunk in chunks:
        if b"\n" not in chunk:
            held.keep(chunk, len(rest))
            continue
        *found, rest = held.join(rest, chunk).split(b"\n")
        if len(rest) > EVENT_LIMIT:
            raise Upstream(provider=provider, reason=N_("a line is too large"))
        found = [line for line in found if line.strip()]
        if found:
            yield found
    rest = held.join(rest, b"")
    if rest.strip():
        yield [rest]


class _Held:
    """Pieces of something long, joined once at its end: adding them up one by one would be quadratic."""

    __slots__ = ("_pieces", "_provider", "_reason", "size")

    def __init__(self, provider: str, reason: str) -> None:
        self._provider = provider
        self._reason = reason
        self._pieces: list[bytes] = []
        self.size = 0

    def keep(self, piece: bytes, before: int) -> None:
        """Keep a piece; ``before`` bytes are held elsewhere.

        Raises:
            Upstream: together they exceed ``EVENT_LIMIT``.
        """
        self._pieces.append(piece)
        self.size += len(piece)
        if self.size + before > EVENT_LIMIT:
            raise Upstream(provider=self._provider, reason=self._reason)

    def join(self, first: bytes, last: bytes) -> bytes:
        """All of it, from what came before to what came last; nothing is held afterwards."""
        if not self._pieces:
            return first + last if first else last
        whole = b"".join((first, *self._pieces, last))
        self._pieces.clear()
        self.size = 0
        return whole


def _ends_event(data: bytes) -> bool:
    """Whether there is an empty line, with any of the three line endings."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return b"\n\n" in data


def _data_of(event: bytes) -> bytes:
    """The data lines of one event, joined; empty for comments and pings."""
    if event.startswith(b"data: ") and b"\n" not in event:  # nearly always
        return event[6:]
    found = [
        line[6:] if line.startswith(b"data: ") else line[5:]
        for line in event.split(b"\n")
        if line.startswith(b"data:")
    ]
    return b"\n".join(found)
