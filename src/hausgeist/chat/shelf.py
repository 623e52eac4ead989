# SPDX-License-Identifier: EUPL-1.2
"""The order that a person keeps among their conversations: pins, folders, archive, bin.

In: who asks, and what to do with which conversations. Out: pages of the list. Deleting is a move into the
bin, from where it comes back for a day; the round that empties it is not here. What is not the asker's is
not found, and a change of several that finds none of them is refused. Nothing here reads a message.
"""

import secrets
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from hausgeist.chat.titles import tidy
from hausgeist.core.people import Principal
from hausgeist.errors import N_, InvalidField, NotFound
from hausgeist.people.holds import refuse
from hausgeist.store import holds, shelf
from hausgeist.store.chats import Conversation
from hausgeist.store.db import Store
from hausgeist.store.shelf import Cursor, Folder, Place

PAGE = 20
"""Conversations on one page of the list: more than a screen has, few enough for a light page."""
SHOWN_MOST = 600
"""Conversations that the list beside the chat shows at once."""
IN_FOLDER = 15
"""Conversations of a folder that the list shows; its own page has all of them."""
PINNED_MOST = 100
BIN_HOURS = 24
"""Hours after which the bin's round deletes for good."""
PURGED_AT_ONCE = 20
"""Conversations that one transaction deletes with all that hangs on them."""
NAME_MOST = 80
FOLDERS_MOST = 200


@dataclass(frozen=True, slots=True)
class Page:
    """Conversations of one place; ``older`` is where the next page begins, None at the end."""

    conversations: tuple[Conversation, ...]
    older: Cursor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The list beside the chat: pinned ones, folders with what was used in them last, the others."""

    pinned: tuple[Conversation, ...]
    folders: tuple[tuple[Folder, Page | None], ...]
    others: Page
    answering: frozenset[str]
    """Conversations in which an answer is being written."""


class Shelves:
    """The order of everybody's conversations over a store. ``ended`` is told what was deleted."""

    def __init__(
        self, store: Store, now_ms: Callable[[], int], ended: Callable[[str], None]
    ) -> None:
        self._store = store
        self._now_ms = now_ms
        self._ended = ended

    # -- reading --------------------------------------------------------------------------------------

    async def overview(
        self,
        who: Principal,
        shown: int = PAGE,
        before: Cursor | None = None,
        *,
        opened: Collection[str] = (),
    ) -> Overview:
        """The list beside the chat, with ``shown`` conversations that are in no folder.

        Of folders, only those ``opened`` are looked into.
        """
        most = max(PAGE, min(shown, SHOWN_MOST))

        def work(connection: Any) -> Overview:
            found = shelf.page(connection, who.id, "list", most + 1, before=before)
            pinned = shelf.page(connection, who.id, "pinned", PINNED_MOST)
            of_folders = tuple(
                (one, _inside(connection, who.id, one.id) if one.id in opened else None)
                for one in shelf.folders_of(connection, who.id)
            )
            return Overview(
                pinned=tuple(pinned),
                folders=of_folders,
                others=_page(found, most, "list"),
                answering=frozenset(shelf.answering(connection, who.id)),
            )

        return await self._store.read(work)

    async def page(
        self,
        who: Principal,
        place: Place,
        before: Cursor | None = None,
        folder_id: str | None = None,
    ) -> Page:
        """A page of everything, of a folder (``list``), of the archive or of the bin."""
        found = await self._store.read(
            lambda c: shelf.page(c, who.id, place, PAGE + 1, before=before, folder_id=folder_id)
        )
        return _page(found, PAGE, place)

    async def folders(self, who: Principal) -> list[Folder]:
        """The person's folders by name."""
        return await self._store.read(lambda c: shelf.folders_of(c, who.id))

    async def folder(self, who: Principal, folder_id: str) -> Folder:
        """One folder.

        Raises:
            NotFound: there is none of this person's.
        """
        found = await self._store.read(lambda c: shelf.folder(c, who.id, folder_id))
        if found is None:
            raise NotFound
        return found

    # -- changing many --------------------------------------------------------------------------------

    async def pin(self, who: Principal, ids: Sequence[str], *, on: bool) -> None:
        """Put conversations on top, or no longer. Raises NotFound when none is this person's."""
        at = self._now_ms() if on else None
        await self._do(lambda c: shelf.change(c, who.id, ids, pinned_at=at))

    async def move(self, who: Principal, ids: Sequence[str], folder_id: str | None) -> None:
        """Put conversations into a folder; None: out of theirs.

        Raises:
            NotFound: there is no such folder, or none of the conversations is this person's.
        """

        def work(connection: Any) -> int:
            if folder_id is not None and shelf.folder(connection, who.id, folder_id) is None:
                raise NotFound
            return shelf.change(connection, who.id, ids, folder_id=folder_id)

        await self._do(work)

    async def archive(self, who: Principal, ids: Sequence[str]) -> int:
        """Take conversations out of the list; gives the moment, by which it can be undone."""
        at = self._now_ms()
        await self._do(lambda c: shelf.change(c, who.id, ids, archived_at=at, pinned_at=None))
        return at

    async def unarchive(self, who: Principal, ids: Sequence[str]) -> None:
        """Put conversations back into the list."""
        await self._do(lambda c: shelf.change(c, who.id, ids, archived_at=None))

    async def delete(self, who: Principal, ids: Sequence[str]) -> int:
        """Put conversations into the bin; their running answers end. Gives the moment, as ``archive``."""
        at = self._now_ms()
        theirs = await self._store.read(lambda c: shelf.several(c, who.id, ids))
        await self._do(lambda c: shelf.change(c, who.id, list(theirs), deleted_at=at))
        for talk_id in theirs:
            self._ended(talk_id)
        return at

    async def restore(self, who: Principal, ids: Sequence[str]) -> None:
        """Take conversations out of the bin."""
        await self._do(lambda c: shelf.restore(c, who.id, ids))

    async def purge(self, who: Principal, ids: Sequence[str]) -> None:
        """Delete conversations in the bin for good, now; some at a time, so that nobody waits long.

        Raises:
            NotFound: none of them is in this person's bin.
            DataHeld: a legal hold keeps them.
        """
        gone = 0
        for start in range(0, len(ids), PURGED_AT_ONCE):
            some = ids[start : start + PURGED_AT_ONCE]
            gone += await self._store.write(partial(self._purge, owner_id=who.id, ids=some))
        if not gone:
            raise NotFound

    async def undo(self, who: Principal, *, archived: int | None, deleted: int | None) -> int:
        """Take back what was archived or deleted at a moment; gives how many conversations."""
        column, at = ("archived_at", archived) if archived is not None else ("deleted_at", deleted)
        if at is None:
            return 0
        return await self._store.write(lambda c: shelf.undo(c, who.id, column, at))

    def _purge(self, connection: Any, owner_id: str, ids: Sequence[str]) -> int:
        refuse(holds.on_person(connection, owner_id, self._now_ms()))
        return shelf.purge(connection, owner_id, ids)

    async def _do(self, work: Callable[[Any], int]) -> None:
        if not await self._store.write(work):
            raise NotFound

    # -- folders --------------------------------------------------------------------------------------

    async def make_folder(self, who: Principal, name: str, ids: Sequence[str] = ()) -> Folder:
        """Make a folder, with these conversations in it.

        Raises:
            InvalidField: the name is empty or too long, or there are too many folders.
        """
        made = Folder(secrets.token_hex(16), _name(name))

        def work(connection: Any) -> None:
            if len(shelf.folders_of(connection, who.id)) >= FOLDERS_MOST:
                reason = N_("there are too many folders; delete one first")
                raise InvalidField(field="name", reason=reason, param="name")
            shelf.add_folder(connection, who.id, made, self._now_ms())
            shelf.change(connection, who.id, ids, folder_id=made.id)

        await self._store.write(work)
        return made

    async def rename_folder(self, who: Principal, folder_id: str, name: str) -> None:
        """Give a folder another name.

        Raises:
            NotFound, InvalidField: there is none of this person's; the name is empty or too long.
        """
        words = _name(name)
        await self._found(
            self._store.write(lambda c: shelf.rename_folder(c, who.id, folder_id, words))
        )

    async def remove_folder(self, who: Principal, folder_id: str) -> None:
        """Delete a folder; its conversations stay, in no folder.

        Raises:
            NotFound: there is none of this person's.
        """
        await self._found(self._store.write(lambda c: shelf.remove_folder(c, who.id, folder_id)))

    async def _found(self, done: Awaitable[bool]) -> None:
        if not await done:
            raise NotFound


def _name(name: str) -> str:
    words = tidy(name)
    if not words or len(words) > NAME_MOST:
        reason = N_("use 1 to 80 characters")
        raise InvalidField(field="name", reason=reason, param="name")
    return words


def _inside(connection: Any, owner_id: str, folder_id: str) -> Page:
    found = shelf.page(connection, owner_id, "list", IN_FOLDER + 1, folder_id=folder_id)
    return _page(found, IN_FOLDER, "list")


def _page(found: Sequence[Conversation], most: int, place: Place) -> Page:
    last = found[most - 1] if len(found) > most else None
    return Page(tuple(found[:most]), shelf.cursor(last, place) if last else None)
