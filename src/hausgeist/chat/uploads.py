# SPDX-License-Identifier: EUPL-1.2
"""Taking a file in: its bytes flow in piece by piece, a file that can be sent flows out, or why not.

No more than a piece of a content is ever held. Reading begins as soon as the last piece is there, in a
limited child process, and goes on whoever watches. What a name, or a sender, says about a content is not
believed; names are data, shown and never used as a path.
"""

import asyncio
import hashlib
import secrets
import unicodedata
from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from hausgeist.core.labels import DataClass
from hausgeist.core.people import Principal
from hausgeist.errors import N_, FileTooLarge, HausgeistError, TooManyFiles
from hausgeist.knowledge.documents import Document, read_document
from hausgeist.store import files
from hausgeist.store.db import Store
from hausgeist.store.files import PIECE, Held

NAME_MOST = 200
_SEND = N_("send or remove the ones you have attached first.")
FULL = N_("there is no room for more. Delete conversations with files that you no longer need.")
_INVISIBLE = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_DIRECTION = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c")
"""Marks that turn the direction of letters: with them ``gpj.exe`` can look like ``exe.jpg``."""


class Uploads:
    """Files on their way in, over a store.

    ``largest`` is the size of a file in bytes, ``unsent`` how many a person may have attached and not
    sent, ``total`` the bytes of all of a person's files.
    """

    def __init__(
        self, store: Store, now_ms: Callable[[], int], *, largest: int, unsent: int, total: int
    ) -> None:
        self.largest = largest
        self._store = store
        self._now_ms = now_ms
        self._unsent = unsent
        self._total = total
        self._reading: dict[str, asyncio.Task[None]] = {}

    async def take_in(
        self,
        who: Principal,
        name: str,
        data_class: DataClass,
        content: AsyncIterable[bytes],
        size: int | None = None,
    ) -> Held:
        """Keep a content as it arrives, then begin to read it. What breaks off leaves nothing behind.

        ``size`` is what the sender says it has; more than the limit is cut off whatever it said.

        Raises:
            FileTooLarge: it exceeds the limit.
            TooManyFiles: the person has too many unsent, or too much altogether.
        """
        if size is not None and size > self.largest:
            raise FileTooLarge(limit=self.largest // (1024 * 1024))
        held = Held(
            id=secrets.token_hex(16),
            conversation_id=None,
            name=tidy_name(name),
            media="",
            size=size or 0,
            digest="",
            data_class=data_class.word,
            state="arriving",
            created_at=self._now_ms(),
        )
        await self._store.write(partial(self._admit, owner_id=who.id, held=held))
        try:
            length, digest = await self._keep(held.id, content)
            held = replace(held, size=length, digest=digest, state="reading")
            await self._store.write(partial(self._arrived, owner_id=who.id, held=held))
        except BaseException:  # whatever ends it, a client that goes away too: nothing is left
            gone = partial(files.remove, owner_id=who.id, file_id=held.id)
            await asyncio.shield(self._store.write(gone))
            raise
        task = asyncio.create_task(self._read(who.id, held))
        self._reading[held.id] = task
        task.add_done_callback(lambda _done: self._reading.pop(held.id, None))
        return held

    async def wait(self, file_id: str, seconds: float) -> None:
        """Wait until a file that arrived here is read, at most so long."""
        task = self._reading.get(file_id)
        if task is not None:
            await asyncio.wait([task], timeout=seconds)

    async def close(self) -> None:
        """At the end of the process: what is being read is broken off, and says so after the next start."""
        tasks = list(self._reading.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _admit(self, connection: Any, owner_id: str, held: Held) -> None:
        """Note that a content is about to arrive, unless it would be refused after its last byte.

        Weighed in the transaction that adds it: of many at once, only so many come in.
        """
        files.one_at_a_time(connection, owner_id)
        waiting, weight = files.weight(connection, owner_id)
        if waiting >= self._unsent:
            raise TooManyFiles(most=self._unsent, advice=_SEND)
        if weight + held.size > self._total:
            raise TooManyFiles(most=waiting, advice=FULL)
        files.begin(connection, owner_id, held)

    def _arrived(self, connection: Any, owner_id: str, held: Held) -> None:
        """Note that a content is whole, and will be read; its size may not have been told before."""
        files.one_at_a_time(connection, owner_id)
        columns: dict[str, object] = {"size": held.size, "digest": held.digest, "state": held.state}
        files.change(connection, owner_id, held.id, **columns)
        waiting, weight = files.weight(connection, owner_id)
        if weight > self._total:
            raise TooManyFiles(most=waiting, advice=FULL)

    async def _keep(self, file_id: str, content: AsyncIterable[bytes]) -> tuple[int, str]:
        digest = hashlib.sha256()
        size = seq = 0
        async for piece in _pieces(content):
            size += len(piece)
            if size > self.largest:
                raise FileTooLarge(limit=self.largest // (1024 * 1024))
            digest.update(piece)
            await self._store.write(
                partial(files.add_piece, file_id=file_id, seq=seq, content=piece)
            )
            seq += 1
        return size, digest.hexdigest()

    async def _read(self, owner_id: str, held: Held) -> None:
        try:
            document = await read_document(self._content(owner_id, held.id), owner_id)
        except HausgeistError as error:
            failed = partial(_fail, owner_id=owner_id, file_id=held.id, error=error)
            await self._store.write(failed)
        else:
            await self._store.write(partial(_finish, owner_id=owner_id, held=held, found=document))

    async def _content(self, owner_id: str, file_id: str) -> AsyncIterator[bytes]:
        seq = 0
        look = partial(files.piece, owner_id=owner_id, file_id=file_id)
        while (piece := await self._store.read(partial(look, seq=seq))) is not None:
            yield piece
            seq += 1


async def _pieces(content: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The content in pieces of the size they are kept in."""
    waiting = bytearray()
    async for part in content:
        waiting += part
        while len(waiting) >= PIECE:
            yield bytes(waiting[:PIECE])
            del waiting[:PIECE]
    if waiting:
        yield bytes(waiting)


def _finish(connection: Any, owner_id: str, held: Held, found: Document) -> None:
    """Note what was read; of a picture only what was encoded anew is kept."""
    columns: dict[str, object] = {
        "media": found.media,
        "pages": found.pages,
        "notes": found.notes,
        "state": "ready",
    }
    if found.is_picture:
        if not files.change(connection, owner_id, held.id, state="reading"):
            return  # removed meanwhile
        files.drop_pieces(connection, held.id)
        for seq, start in enumerate(range(0, len(found.picture), PIECE)):
            files.add_piece(connection, held.id, seq, found.picture[start : start + PIECE])
        columns["size"] = len(found.picture)
        columns["digest"] = hashlib.sha256(found.picture).hexdigest()
    else:
        columns["text"] = found.text
        columns["chars"] = len(found.text)
    files.change(connection, owner_id, held.id, **columns)


def _fail(connection: Any, owner_id: str, file_id: str, error: HausgeistError) -> None:
    """Note why it could not be read; its content is of no use to anybody."""
    files.drop_pieces(connection, file_id)
    files.change(
        connection,
        owner_id,
        file_id,
        state="failed",
        error=error.code,
        error_values=error.values,
    )


def tidy_name(name: str) -> str:
    """A name as it is kept: its last part, without marks that hide what it is, at most 200 letters.

    A long one keeps its end, which tells what it claims to be.
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    seen = "".join(
        letter
        for letter in last
        if letter not in _DIRECTION and unicodedata.category(letter) not in _INVISIBLE
    )
    seen = " ".join(seen.split())
    if len(seen) > NAME_MOST:
        seen = f"{seen[: NAME_MOST - 17]}…{seen[-16:]}"
    return seen or "?"
