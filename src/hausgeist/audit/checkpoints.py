# SPDX-License-Identifier: EUPL-1.2
"""Signed heads of the trail: made by a round and at the end, read, proven. Events flow in by ``Trail`` alone.

A head is worth something where the house cannot reach it: whoever holds an older one outside can check
that everything up to it is still there, unchanged and in the same order.
"""

import asyncio
import base64
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from hausgeist.audit import tree
from hausgeist.audit.notes import Notary
from hausgeist.core.hashing import leaf_hash
from hausgeist.errors import NotFound, TrailBroken
from hausgeist.store import booked, checkpoints
from hausgeist.store.db import DatabaseError, Store

log = logging.getLogger("hausgeist.audit")

EVERY_EVENTS = 1_000
EVERY_MS = 10 * 60_000
"""A head is made after so many events, or so many milliseconds after the last one if anything happened."""

AT_ONCE = 64
"""Subtrees that are made of leaves at once: 16,384 leaves, half a megabyte."""

NEWEST = 2_000
"""Events whose payloads are compared with their leaves when somebody looks at once."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed head: ``note`` is the text to be kept outside; ``at_ms`` since the epoch."""

    size: int
    root: bytes
    at_ms: int
    note: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What a quick look has checked. ``events`` of the newest were compared, ``erased`` among them."""

    size: int
    heads: int
    events: int
    erased: int


@dataclass(frozen=True, slots=True)
class Proof:
    """That an event is in the tree of a head. ``text`` as C2SP tlog-proof; without ``body`` it is erased."""

    seq: int
    body: str | None
    checkpoint: Checkpoint
    text: str


class Checkpoints:
    """Makes heads and proofs. ``notary`` signs with the house's key."""

    def __init__(self, store: Store, notary: Notary, now_ms: Callable[[], int]) -> None:
        self._store = store
        self.notary = notary
        self._now_ms = now_ms
        self._one = asyncio.Lock()

    async def newest(self) -> Checkpoint | None:
        """The head over the most events; None before the first."""
        row = await self._store.read(checkpoints.newest)
        return None if row is None else _checkpoint(row)

    async def heads(self, after: int = -1, most: int = 100) -> list[Checkpoint]:
        """Heads over more than ``after`` events, the smallest first."""
        rows = await self._store.read(lambda c: checkpoints.heads(c, after, most))
        return [_checkpoint(row) for row in rows]

    async def latest(self, most: int) -> list[Checkpoint]:
        """The newest heads, the newest first."""

        def read(connection: Any) -> list[Any]:
            found: list[Any] = []
            row = checkpoints.newest(connection)
            while row is not None and len(found) < most:
                found.append(row)
                row = checkpoints.newest(connection, row["size"])
            return found

        return [_checkpoint(row) for row in await self._store.read(read)]

    async def size(self) -> int:
        """How many events there are."""
        return await self._store.read(checkpoints.size)

    async def tend(self) -> None:
        """Make a head when it is time; for a round."""
        size = await self.size()
        last = await self.newest()
        known, at_ms = (last.size, last.at_ms) if last is not None else (0, 0)
        if size - known >= EVERY_EVENTS or (size > known and self._now_ms() - at_ms >= EVERY_MS):
            try:
                await self.make()
            except TrailBroken as error:
                log.error("no checkpoint was made: %s", error)  # noqa: TRY400  the reason is in it

    async def make(self) -> Checkpoint | None:
        """The head over everything there is now, signed and kept; None while there is nothing.

        Raises:
            TrailBroken: what an earlier head says no longer holds; nothing is signed then.
        """
        async with self._one:
            size = await self.size()
            last = await self.newest()
            if last is not None and last.size > size:
                raise TrailBroken(size=last.size)
            if last is not None and last.size == size:
                return last
            if not size:
                return None
            await self._grow(size)
            if last is not None and await self._root(last.size) != last.root:
                raise TrailBroken(size=last.size)
            root = await self._root(size)
            note = await asyncio.to_thread(self.notary.signed, size, root)
            made = Checkpoint(size, root, self._now_ms(), note)
            await self._store.write(
                lambda c: checkpoints.add_head(c, size=size, root=root, at=made.at_ms, note=note)
            )
            return made

    async def close(self) -> None:
        """Make the last head before the end."""
        try:
            await self.make()
        except TrailBroken as error:
            log.error("no checkpoint was made: %s", error)  # noqa: TRY400  the reason is in it
        except DatabaseError as error:
            log.warning("no checkpoint at the end: %s", type(error).__name__)

    async def look(self) -> Looked:
        """A quick check of the newest heads and events; the whole is checked by ``hausgeist audit verify``.

        Raises:
            TrailBroken: something was changed, or is missing.
        """
        last = await self.make()
        if last is None:
            return Looked(0, 0, 0, 0)
        older = await self._store.read(lambda c: checkpoints.newest(c, last.size))
        for one in (last, *([_checkpoint(older)] if older is not None else [])):
            head = await asyncio.to_thread(self.notary.opened, one.note)
            if head is None or (head.size, head.root) != (one.size, one.root):
                raise TrailBroken(size=one.size)
            if await self._root(one.size) != one.root:
                raise TrailBroken(size=one.size)
        first = max(0, last.size - NEWEST)
        erased = await self._store.read(lambda c: _compared(c, first, last.size))
        return Looked(last.size, 1 if older is None else 2, last.size - first, erased)

    async def misbooked(self, most: int = 10) -> list[int]:
        """Events whose rows of the ledger are no longer those that were booked, at most so many."""
        return await self._store.read(lambda c: list(islice(booked.broken(c), most)))

    async def proof(self, seq: int) -> Proof:
        """That an event is in the newest head.

        Raises:
            NotFound: there is no such event, or no head over it yet.
        """
        last = await self.newest()
        if last is None or not 0 <= seq < last.size:
            raise NotFound

        def read(connection: Any) -> tuple[Any, list[bytes]]:
            (row,) = checkpoints.events(connection, seq, 1)
            return row, tree.inclusion(partial(_hashes, connection), seq, last.size)

        row, path = await self._store.read(read)
        lines = ["c2sp.org/tlog-proof@v1"]
        if row["body"] is not None:  # what is hashed: salt and event
            extra = base64.b64encode(bytes(row["salt"]) + row["body"].encode()).decode()
            lines.append(f"extra {extra}")
        lines += [f"index {seq}", *(base64.b64encode(one).decode() for one in path), "", last.note]
        return Proof(seq, row["body"], last, "\n".join(lines))

    async def _root(self, size: int) -> bytes:
        return await self._store.read(lambda c: tree.root(partial(_hashes, c), size))

    async def _grow(self, size: int) -> None:
        """Store the subtrees that have become whole; some thousand leaves at a time."""
        level, below = 1, size
        while below >> tree.TILE:
            whole = below >> tree.TILE
            at = await self._store.read(partial(_stored, level))
            while at < whole:
                count = min(AT_ONCE, whole - at)
                nodes = await self._store.read(partial(_made, level, at, count))
                await self._store.write(partial(_kept, nodes))
                at += count
            level, below = level + 1, whole


def _hashes(connection: Any, level: int, first: int, count: int) -> list[bytes]:
    found = checkpoints.hashes(connection, level, first, count)
    if len(found) != count:  # a gap
        raise TrailBroken(size=(first + count) << (tree.TILE * level))
    return found


def _stored(level: int, connection: Any) -> int:
    return checkpoints.stored(connection, level)


def _kept(nodes: list[checkpoints.Node], connection: Any) -> None:
    checkpoints.add_nodes(connection, nodes)


def _made(level: int, at: int, count: int, connection: Any) -> list[checkpoints.Node]:
    width = 1 << tree.TILE
    below = checkpoints.hashes(connection, level - 1, at * width, count * width)
    if len(below) != count * width:
        raise TrailBroken(size=(at + count) << (tree.TILE * level))
    return [
        (level, at + one, tree.folded(below[one * width : (one + 1) * width]))
        for one in range(count)
    ]


def _compared(connection: Any, first: int, end: int) -> int:
    """How many of these events are erased; all others match their leaves.

    Raises:
        TrailBroken: one does not, is missing, or was taken out without an erasure.
    """
    rows = checkpoints.events(connection, first, end - first)
    if [row["seq"] for row in rows] != list(range(first, end)):
        raise TrailBroken(size=end)
    erased = 0
    for row in rows:
        if row["body"] is None:
            if row["event"] is None:
                raise TrailBroken(size=row["seq"] + 1)
            erased += 1
        elif leaf_hash(bytes(row["salt"]), row["body"].encode()) != bytes(row["hash"]):
            raise TrailBroken(size=row["seq"] + 1)
    return erased


def _checkpoint(row: Any) -> Checkpoint:
    return Checkpoint(row["size"], bytes(row["root"]), row["at"], row["note"])
