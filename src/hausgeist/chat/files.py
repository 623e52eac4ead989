# SPDX-License-Identifier: EUPL-1.2
"""The files of a question: who asks and ids flow in, what a turn needs of them flows out.

What is not the asker's is not found. How a file came in and was read is ``chat.uploads``' business.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from hausgeist.core.people import Principal
from hausgeist.errors import N_, FileNotReady, NotFound, TooManyFiles
from hausgeist.people.holds import refuse
from hausgeist.store import files, holds
from hausgeist.store.chats import Attached
from hausgeist.store.db import Store
from hausgeist.store.files import Held

PER_QUESTION = 50
"""Files of one question, at most."""
LOST_AFTER_MS = 30 * 60 * 1000
"""A file that another process has been receiving or reading for so long was lost with it."""
_AT_ONCE = 100
"""Ids in one query."""
TEND_EVERY_MS = 10 * 60 * 1000


class Files:
    """Attached files over a store. ``now_ms`` gives milliseconds since the epoch."""

    def __init__(self, store: Store, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._now_ms = now_ms
        self._tended = 0

    async def take(self, who: Principal, ids: Sequence[str]) -> tuple[Attached, ...]:
        """The files a question is to carry, in the order of ``ids``, each once.

        Raises:
            NotFound: one is not this person's, or could not be read.
            FileNotReady: one is still being read.
            TooManyFiles: more than ``PER_QUESTION``.
        """
        wanted = tuple(dict.fromkeys(ids))
        if len(wanted) > PER_QUESTION:
            advice = N_("send the others with the next question.")
            raise TooManyFiles(most=PER_QUESTION, advice=advice, param="file")
        if not wanted:
            return ()
        found = await self._store.read(lambda c: files.find(c, who.id, wanted))
        held = [found.get(one) for one in wanted]
        return tuple(_attached(one) for one in held)

    def claim(
        self, connection: Any, owner_id: str, conversation_id: str, ids: Sequence[str]
    ) -> None:
        """Within the transaction that writes the question: its files belong to the conversation now.

        Raises:
            NotFound: one is not this person's, not ready, or another conversation's.
        """
        wanted = tuple(dict.fromkeys(ids))
        if wanted and files.claim(connection, owner_id, conversation_id, wanted) != len(wanted):
            raise NotFound

    async def contents(self, who_id: str, file_ids: Sequence[str]) -> Mapping[str, str]:
        """What goes to the model, by file id: a document's text, a picture as a ``data:`` URI.

        Files that are gone or not this person's are left out.
        """
        wanted = tuple(dict.fromkeys(file_ids))
        if not wanted:
            return {}
        held: dict[str, Held] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            held |= await self._store.read(partial(files.find, owner_id=who_id, ids=some))
        found: dict[str, str] = {}
        texts = [one.id for one in held.values() if not one.is_picture]
        for start in range(0, len(texts), _AT_ONCE):
            some = tuple(texts[start : start + _AT_ONCE])
            found |= await self._store.read(partial(files.texts, owner_id=who_id, ids=some))
        for one in held.values():
            if one.is_picture and one.state == "ready":
                content = b"".join([piece async for piece in self.pieces(who_id, one.id)])
                code = await asyncio.to_thread(base64.b64encode, content)
                found[one.id] = f"data:{one.media};base64,{code.decode('ascii')}"
        return found

    async def find(self, who: Principal, file_id: str) -> Held:
        """One file.

        Raises:
            NotFound: there is none of this person's.
        """
        found = await self._store.read(lambda c: files.find(c, who.id, [file_id]))
        if file_id not in found:
            raise NotFound
        return found[file_id]

    async def text(self, who: Principal, file_id: str) -> str:
        """What was read out of a file; empty for a picture."""
        found = await self._store.read(lambda c: files.texts(c, who.id, [file_id]))
        return found.get(file_id, "")

    async def unsent(self, who: Principal) -> list[Held]:
        """What this person has attached and not sent, oldest first."""
        return await self._store.read(lambda c: files.unsent(c, who.id))

    async def pieces(self, who_id: str, file_id: str) -> AsyncIterator[bytes]:
        """The content, piece by piece; nothing when there is none of this person's."""
        seq = 0
        while True:
            look = partial(files.piece, owner_id=who_id, file_id=file_id, seq=seq)
            piece = await self._store.read(look)
            if piece is None:
                return
            yield piece
            seq += 1

    async def label(self, who: Principal, file_id: str, data_class: str) -> None:
        """Give a file that was not sent another data class; a person may lower it, too.

        Raises:
            NotFound: there is none of this person's that was not sent.
        """
        held = await self.find(who, file_id)
        if held.conversation_id is not None:
            raise NotFound
        await self._store.write(lambda c: files.change(c, who.id, file_id, data_class=data_class))

    async def remove(self, who: Principal, file_id: str) -> None:
        """Delete a file that was not sent.

        Raises:
            NotFound: there is none of this person's.
            DataHeld: a legal hold lasts.
        """
        now = self._now_ms()

        def work(connection: Any) -> bool:
            found = files.find(connection, who.id, [file_id])
            if file_id in found:
                refuse(holds.on_person(connection, who.id, now))
            return files.remove(connection, who.id, file_id)

        if not await self._store.write(work):
            raise NotFound

    # -- start and rounds -------------------------------------------------------------------------

    async def recover(self) -> None:
        """At start: what a process that died was receiving or reading is marked as broken off."""
        alive = 0 if self._store.is_sqlite else LOST_AFTER_MS
        before = self._now_ms() - alive + 1
        await self._store.write(lambda c: files.interrupt(c, before))

    async def tend(self) -> None:
        """Now and then, where several processes share a database: as ``recover``, for those that died.

        What nobody sent is deleted by the round of retention.
        """
        now = self._now_ms()
        if not self._store.is_sqlite and now - self._tended >= TEND_EVERY_MS:
            self._tended = now
            await self._store.write(lambda c: files.interrupt(c, now - LOST_AFTER_MS))


def _attached(held: Held | None) -> Attached:
    if held is None or held.state == "failed":
        raise NotFound
    if held.state != "ready":
        raise FileNotReady(param="file")
    return Attached(
        file_id=held.id,
        name=held.name,
        media=held.media,
        size=held.size,
        data_class=held.data_class,
        chars=held.chars or 0,
    )
