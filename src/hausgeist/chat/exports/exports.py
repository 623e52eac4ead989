# SPDX-License-Identifier: EUPL-1.2
"""The door of exports: who asks and for which conversation flows in, a file's bytes flow out."""

import asyncio
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, cast

import msgspec

from hausgeist.chat.exports import own
from hausgeist.chat.exports.letter import Letter, letter_of
from hausgeist.chat.exports.text import markdown
from hausgeist.core.people import Principal
from hausgeist.errors import NotFound, UnknownModel
from hausgeist.gateway import Directory
from hausgeist.jobs.confined import confined
from hausgeist.people.sink import Sink
from hausgeist.store import chats, trees
from hausgeist.store.chats import Opened, Said
from hausgeist.store.db import Store
from hausgeist.store.trees import Tree

SECONDS = 120.0
MEGABYTES = 1536
"""Of address space, of which a document takes a fraction; the typesetter's fonts are mapped, too."""


class Format(StrEnum):
    """What a conversation can be saved as; the value is the ending."""

    MARKDOWN = "md"
    DOCX = "docx"
    PDF = "pdf"
    JSON = "json"


MEDIA = {
    Format.MARKDOWN: "text/markdown; charset=utf-8",
    Format.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Format.PDF: "application/pdf",
    Format.JSON: "application/json",
}


@dataclass(frozen=True, slots=True)
class Exported:
    """A file: the title it is named after, its media type, its bytes."""

    title: str
    media: str
    content: bytes


class Exports:
    """The verbs of exports. ``organisation`` gives its name, ``now_ms`` milliseconds since the epoch."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        organisation: Callable[[], Awaitable[str]],
        now_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._directory = directory
        self._organisation = organisation
        self._now_ms = now_ms

    async def one(self, who: Principal, conversation_id: str, kind: Format) -> Exported:
        """One conversation: with JSON the whole tree, else the branch that is shown.

        Raises:
            NotFound: there is none of this person's.
            WorkEnded: it is too long for a document.
        """
        if kind is Format.JSON:
            tree = await self._store.read(lambda c: trees.whole(c, who.id, conversation_id))
            if tree is None:
                raise NotFound
            content = await asyncio.to_thread(_own, tree)
            return Exported(tree.conversation.title, MEDIA[kind], content)
        opened = await self._store.read(lambda c: chats.opened(c, who.id, conversation_id))
        if opened is None:
            raise NotFound
        letter = self._letter(who, opened, await self._organisation())
        if kind is Format.MARKDOWN:
            content = (await asyncio.to_thread(markdown, letter)).encode()
        else:
            content = await confined(
                f"hausgeist.chat.exports.{kind.value}",
                kind.value,
                await asyncio.to_thread(msgspec.json.encode, letter),
                seconds=SECONDS,
                megabytes=MEGABYTES,
                whose=who.id,
            )
        return Exported(letter.title, MEDIA[kind], content)

    async def source(self, who: Principal, conversation_id: str, message_id: str) -> Said:
        """A message as it was written.

        Raises:
            NotFound: there is none of this person's.
        """
        said = await self._store.read(
            lambda c: chats.message(c, who.id, conversation_id, message_id)
        )
        if said is None:
            raise NotFound
        return said

    async def everything(
        self, who: Principal, name_for: Callable[[str, str], str]
    ) -> AsyncIterator[bytes]:
        """All conversations of a person as one ZIP of JSON and Markdown, while it is being made.

        ``name_for(title, ending)`` gives a safe name. At most one conversation is in memory at a time.
        """
        talk_ids = await self._store.read(lambda c: trees.ids(c, who.id))
        organisation = await self._organisation()
        sink = Sink()
        archive = zipfile.ZipFile(cast("IO[bytes]", sink), "w", zipfile.ZIP_DEFLATED)
        used: set[str] = set()
        for talk_id in talk_ids:
            tree = await self._store.read(lambda c, one=talk_id: trees.whole(c, who.id, one))  # type: ignore[misc]
            if tree is None:  # deleted meanwhile
                continue
            letter = self._letter(who, _shown(tree), organisation)
            name = _unused(name_for(tree.conversation.title, ""), used)
            await asyncio.to_thread(_pack, archive, name, tree, letter)
            yield sink.taken()
        await asyncio.to_thread(archive.close)
        yield sink.taken()

    def _letter(self, who: Principal, opened: Opened, organisation: str) -> Letter:
        def name_of(model: str) -> str:
            try:
                return self._directory.candidates(model, who)[0].name
            except UnknownModel:
                return model

        return letter_of(opened, organisation, who.locale, self._now_ms(), name_of)


def _own(tree: Tree) -> bytes:
    return own.conversation(tree.conversation, tree.said, tree.folder)


def _pack(archive: zipfile.ZipFile, name: str, tree: Tree, letter: Letter) -> None:
    archive.writestr(f"{name}.json", _own(tree))
    archive.writestr(f"{name}.md", markdown(letter))


def _unused(name: str, used: set[str]) -> str:
    """A name that no other file in the archive has, on systems that know no capitals either."""
    found, number = name, 1
    while found.casefold() in used:
        number += 1
        found = f"{name} ({number})"
    used.add(found.casefold())
    return found


def _shown(tree: Tree) -> Opened:
    """The branch that is shown, out of the whole tree."""
    by_id = {said.id: said for said in tree.said}
    branch: list[Said] = []
    at = tree.conversation.leaf_id
    while at is not None and at in by_id:
        said = by_id.pop(at)
        branch.append(said)
        at = said.parent_id
    branch.reverse()
    return Opened(tree.conversation, (), tuple(branch))
