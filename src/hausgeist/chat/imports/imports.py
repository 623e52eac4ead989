# SPDX-License-Identifier: EUPL-1.2
"""The door of imports: a file flows in, is looked at, and becomes conversations in a task of the process.

Nothing is overwritten, and what is here already is recognised. A task that died with its process goes
on where it was: each conversation is written with the mark it is recognised by, in one transaction.
"""

import asyncio
import logging
import secrets
import zlib
from collections.abc import AsyncIterable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from hausgeist.audit import Trail
from hausgeist.chat.imports.brought import Brought, Line, Summary
from hausgeist.chat.imports.reading import frames
from hausgeist.core.labels import DataClass
from hausgeist.core.messages import Part, Reasoning, Text
from hausgeist.core.people import Principal
from hausgeist.errors import ImportRuns, NotFound
from hausgeist.jobs.confined import confined
from hausgeist.store import imports, trees
from hausgeist.store.chats import Conversation, Said
from hausgeist.store.db import Store
from hausgeist.store.imports import Row, State

log = logging.getLogger("hausgeist.chat")

FILE_MOST = 200 * 1024 * 1024
"""Bytes of a file."""
SECONDS = 240.0
MEGABYTES = 2048
"""Of address space, for a file, what it unpacks to and what is made of it."""
READ_MOST = 200 * 1024 * 1024
"""Bytes of what is made of it, compressed."""
TOGETHER = 50
"""Messages that are written in one transaction, roughly: others want to write, too."""
KEPT_MS = 24 * 3600 * 1000
"""How long what nobody imports is kept, and what is told of an import that has ended."""
TEND_EVERY_MS = 30_000
DEAD_AFTER_MS = 60_000
"""A running import that gave no sign for so long has died with its process."""


@dataclass(frozen=True, slots=True)
class Import:
    """An import, and what was found in its file."""

    id: str
    state: State
    found: Summary
    data_class: str
    total: int
    done: int
    added: int
    known: int
    created_at: int


class Imports:
    """The verbs of imports. ``now_ms`` gives milliseconds since the epoch."""

    def __init__(
        self, store: Store, trail: Trail, now_ms: Callable[[], int], default_class: DataClass
    ) -> None:
        self._store = store
        self._trail = trail
        self._now_ms = now_ms
        self._default = default_class
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._receiving: set[str] = set()
        self._closing = False
        self._tended = 0

    @contextmanager
    def receiving(self, who: Principal) -> Iterator[None]:
        """While a person's file arrives and is read; files are large, so each has one on its way here.

        Raises:
            ImportRuns: another one of this person's is arriving.
        """
        if who.id in self._receiving:
            raise ImportRuns
        self._receiving.add(who.id)
        try:
            yield
        finally:
            self._receiving.discard(who.id)

    async def take(self, who: Principal, payload: bytes | AsyncIterable[bytes]) -> str:
        """Read a file, at most ``FILE_MOST`` bytes; nothing is imported yet. Gives the import's id.

        Raises:
            ImportRuns: another one is not at its end.
            FileUnreadable, FileBomb, FileLocked, WorkEnded: nothing in it can be read.
        """
        if (last := await self.newest(who)) is not None and last.state == "running":
            raise ImportRuns
        content = await confined(
            "hausgeist.chat.imports.reading",
            "brought",
            payload,
            seconds=SECONDS,
            megabytes=MEGABYTES,
            result_most=READ_MOST,
            whose=who.id,
        )
        head, *pieces = frames(content)
        found = msgspec.json.decode(head, type=Summary)
        now = self._now_ms()
        row = Row(
            id=secrets.token_hex(16),
            state="ready",
            data_class=self._default.word,
            found=head.decode(),
            total=found.conversations,
            done=0,
            added=0,
            known=0,
            created_at=now,
            touched_at=now,
        )

        def work(connection: Any) -> None:
            imports.sweep(connection, now - KEPT_MS)
            imports.begin(connection, who.id, row, pieces)

        await self._store.write(work)
        return row.id

    async def newest(self, who: Principal) -> Import | None:
        """This person's last import, if it is still known."""
        row = await self._store.read(lambda c: imports.newest(c, who.id))
        return None if row is None else _import(row)

    async def begin(self, who: Principal, import_id: str, data_class: DataClass) -> None:
        """Let the conversations in, with this data class at least; the task goes on by itself.

        Raises:
            NotFound: there is none of this person's that waits.
        """
        now = self._now_ms()
        change = partial(
            imports.move,
            owner_id=who.id,
            import_id=import_id,
            states=["ready"],
            state="running",
            data_class=data_class.word,
            touched_at=now,
        )
        if not await self._store.write(change):
            raise NotFound
        self._start(who.id, import_id)

    async def stop(self, who: Principal, import_id: str) -> None:
        """Stop an import, or forget one; what is here already stays.

        Raises:
            NotFound: there is none of this person's.
        """

        def work(connection: Any) -> bool:
            stopped = imports.move(connection, who.id, import_id, ["running"], state="stopped")
            return stopped or imports.remove(connection, who.id, import_id)

        if not await self._store.write(work):
            raise NotFound

    async def tend(self) -> None:
        """Now and then: imports of processes that died go on, what nobody wanted is forgotten."""
        now = self._now_ms()
        if now - self._tended < TEND_EVERY_MS:
            return
        self._tended = now
        await self.recover()
        await self._store.write(lambda c: imports.sweep(c, now - KEPT_MS))

    async def recover(self) -> None:
        """At start: imports whose process died go on here."""
        since = self._now_ms() + 1 if self._store.is_sqlite else self._now_ms() - DEAD_AFTER_MS
        for owner_id, import_id in await self._store.read(lambda c: imports.left_running(c, since)):
            self._start(owner_id, import_id)

    async def close(self) -> None:
        """At shutdown: what runs is broken off between two transactions, and goes on at the next start."""
        self._closing = True
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def wait(self, import_id: str) -> None:
        """Wait until an import of this process is over."""
        task = self._tasks.get(import_id)
        if task is not None:
            await asyncio.wait([task])

    # -- the task -----------------------------------------------------------------------------------

    def _start(self, owner_id: str, import_id: str) -> None:
        if import_id in self._tasks:
            return
        task = asyncio.create_task(self._run(owner_id, import_id), name=f"import {import_id}")
        self._tasks[import_id] = task
        task.add_done_callback(lambda _task: self._tasks.pop(import_id, None))

    async def _run(self, owner_id: str, import_id: str) -> None:
        try:
            await self._import(owner_id, import_id)
        except Exception:  # a job step: its owner must learn that it did not work
            log.exception("import %s failed", import_id)
            await self._store.write(
                lambda c: imports.move(c, owner_id, import_id, ["running"], state="failed")
            )

    async def _import(self, owner_id: str, import_id: str) -> None:
        row = await self._store.read(lambda c: imports.find(c, owner_id, import_id))
        if row is None or row.state != "running":
            return
        done = 0
        seq = 0
        while True:
            look = partial(imports.piece, owner_id=owner_id, import_id=import_id, seq=seq)
            piece = await self._store.read(look)
            if piece is None:
                break
            for batch in _batches(await asyncio.to_thread(_unpacked, piece)):
                done += len(batch)
                if done <= row.done:  # before the process died
                    continue
                if self._closing or not await self._write(owner_id, row, batch):
                    return
            seq += 1
        await self._end(owner_id, import_id)

    async def _write(self, owner_id: str, row: Row, batch: Sequence[Brought]) -> bool:
        """Write conversations and how far we are, in one transaction; False when it was stopped."""
        least = DataClass.parse(row.data_class)
        now = self._now_ms()
        ready = await asyncio.to_thread(lambda: [_planted(one, least, now) for one in batch])

        def work(connection: Any) -> bool:
            held = imports.find(connection, owner_id, row.id)
            if held is None or held.state != "running":
                return False
            added = 0
            for one, (talk, said) in zip(batch, ready, strict=True):
                if imports.is_known(connection, owner_id, one.mark):
                    continue
                trees.plant(connection, owner_id, talk, said)
                imports.note(connection, owner_id, one.mark, talk.id, now)
                added += 1
            return imports.move(
                connection,
                owner_id,
                row.id,
                ["running"],
                done=held.done + len(batch),
                added=held.added + added,
                known=held.known + len(batch) - added,
                touched_at=now,
            )

        return await self._store.write(work)

    async def _end(self, owner_id: str, import_id: str) -> None:
        def work(connection: Any) -> dict[str, int] | None:
            held = imports.find(connection, owner_id, import_id)
            now = self._now_ms()
            if not imports.move(
                connection, owner_id, import_id, ["running"], state="done", touched_at=now
            ):
                return None
            imports.drop_pieces(connection, import_id)
            assert held is not None
            return {"added": held.added, "known": held.known}

        await self._trail.change("conversations.imported", work, actor=owner_id, subject=import_id)


def _import(row: Row) -> Import:
    return Import(
        id=row.id,
        state=row.state,
        found=msgspec.json.decode(row.found, type=Summary),
        data_class=row.data_class,
        total=row.total,
        done=row.done,
        added=row.added,
        known=row.known,
        created_at=row.created_at,
    )


def _unpacked(piece: bytes) -> list[Brought]:
    return msgspec.json.decode(zlib.decompress(piece), type=list[Brought])


def _batches(items: Sequence[Brought]) -> Iterator[list[Brought]]:
    batch: list[Brought] = []
    size = 0
    for one in items:
        batch.append(one)
        size += len(one.lines)
        if size >= TOGETHER:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _planted(one: Brought, least: DataClass, now: int) -> tuple[Conversation, list[Said]]:
    """A conversation of ours; its class is the file's or the wished one, whichever is higher."""
    word = max(least, DataClass.parse(one.data_class)).word if one.data_class else least.word
    ids = [secrets.token_hex(16) for _ in one.lines]
    said = [_said(line, ids, place, one, word) for place, line in enumerate(one.lines)]
    talk = Conversation(
        id=secrets.token_hex(16),
        title=one.title,
        model=one.model,
        data_class=word,
        leaf_id=ids[one.leaf],
        created_at=one.created_at,
        updated_at=one.updated_at,
        title_by="person",
        pinned_at=now if one.pinned else None,
        archived_at=now if one.archived else None,
    )
    return talk, said


def _said(line: Line, ids: Sequence[str], place: int, one: Brought, word: str) -> Said:
    parts: list[Part] = [Reasoning(line.reasoning)] if line.reasoning else []
    if line.text:
        parts.append(Text(line.text))
    values = dict(line.values)
    about = {**values.pop("about", {}), "imported": one.source}
    answer = line.role == "assistant"
    return Said(
        id=ids[place],
        parent_id=ids[line.parent] if line.parent >= 0 else None,
        role=line.role,
        parts=tuple(parts),
        created_at=line.at,
        model=line.model if answer else None,
        about=about if answer else {},
        **({"data_class": word} | values if answer else {}),
    )
