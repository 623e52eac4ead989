# SPDX-License-Identifier: EUPL-1.2
"""Finding: words of a person in, their own conversations out, with the passages and what to mark there.

Conversations whose title has the words come first, then the others by their newest message that has
them. Nothing from the bin; what is archived is found and says so. Keeps the index whole, too: what was
written before there was one, or by a process that died, is indexed in batches from the start on, and what
was deleted is taken out of its pages within the hour. How anything looks is the edge's.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from hausgeist.core.people import Principal
from hausgeist.people.forgetting import forget_index
from hausgeist.store import search, shelf
from hausgeist.store.chats import Conversation
from hausgeist.store.db import DatabaseError, Store
from hausgeist.store.search import Hit
from hausgeist.store.words import Query, parse, words_in

log = logging.getLogger("hausgeist.chat")

PAGE = 20
"""Conversations on one page of results."""
PASSAGES = 3
"""Passages that are shown of one conversation."""
ASKED_MOST = 300
"""Characters of a query."""
EVERY = 3600.0
"""Seconds between two looks after what the index lacks, or should have forgotten."""

_HITS = 200
_TITLES = 10
_BATCH = 200
_BEFORE, _WINDOW = 40, 200
"""Characters of a passage: before its first mark, and in all."""
_LOOK_MOST = 4_000
"""Words of one message that are looked at after its first mark, for a passage with more of them."""
_MARKUP = re.compile(
    r"(?m:^[ \t]*+`{3,}+[^\n`]*+$)"  # the fence of a program, with its language
    r"|(?m:^[ \t|:-]++$)"  # the line beneath a table's head, or across the page
    r"|!?\[(?P<words>[^\[\]\n]{1,300})\]\([^()\s]{0,2000}\)"  # a link: its words
    r"|(?<!\w)\*{1,3}(?=\S)|(?<=\S)\*{1,3}(?!\w)|__|`+|(?m:^\s*(?:#{1,6}|>|[-*+])\s)"
    r"|[ \t]*\|[ \t]*|-{3,}|\s+"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of a passage; ``marked``: it is what was looked for."""

    text: str
    marked: bool = False


Passage = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A message that was found."""

    message_id: str
    role: str
    created_at: int
    passage: Passage


@dataclass(frozen=True, slots=True)
class Found:
    """A conversation with its title and the places in it; ``more``: there are others."""

    conversation: Conversation
    title: Passage
    places: tuple[Place, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A page of results. ``older`` is where the next one begins. ``asked``: there was something to ask."""

    found: tuple[Found, ...] = ()
    older: int | None = None
    asked: bool = True
    preparing: bool = False
    """Older messages are still being indexed."""


@dataclass(slots=True)
class _Group:
    messages: list[str] = field(default_factory=list)
    more: bool = False


class Search:
    """The search over a store."""

    def __init__(self, store: Store, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._now_ms = now_ms
        self._preparing = True
        self._task: asyncio.Task[None] | None = None

    async def find(
        self, who: Principal, words: str, before: int | None = None, most: int = PAGE
    ) -> Finding:
        """What the person's conversations have of these words; at most ``most`` conversations.

        Where no word begins so, longer ones that have it in them are found.
        """
        query = parse(words[:ASKED_MOST])
        if query is None:
            return Finding(asked=False)

        def work(connection: Any) -> Finding:
            titled = [] if before is not None else _titled(connection, who.id, query, most)
            where = search.hits(
                connection,
                who.id,
                query,
                _HITS,
                before=search.NEWEST if before is None else before,
            )
            marks = query.marker()
            if before is None and not titled and not where and (parts := query.inside()):
                where = search.inside(connection, who.id, parts, _HITS - 1)  # one page, no next one
                marks = query.marker(inside=True)
            groups, older = _grouped(titled, where, most)
            talks = shelf.several(connection, who.id, list(groups))
            ids = [one for group in groups.values() for one in group.messages]
            said = search.said(connection, who.id, ids)
            found = tuple(
                Found(
                    talks[talk_id],
                    _whole(talks[talk_id].title, marks),
                    tuple(
                        Place(
                            one, said[one].role, said[one].created_at, _cut(said[one].text, marks)
                        )
                        for one in group.messages
                        if one in said
                    ),
                    group.more,
                )
                for talk_id, group in groups.items()
                if talk_id in talks
            )
            return Finding(found, older, preparing=self._preparing)

        return await self._store.read(work)

    # -- the index ----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to look after the index."""
        self._task = asyncio.create_task(self._tend(), name="search")

    async def stop(self) -> None:
        """Stop; what is not indexed yet is found at the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def catch_up(self) -> int:
        """Index what has no words yet, in batches that hold nobody up; gives how many messages."""
        at: str | None = ""
        while at is not None:
            some_titles = partial(search.catch_up_titles, after=at, most=_BATCH)
            at = await self._store.write(some_titles)
        last, count = "", 0
        while True:
            ids = await self._store.read(partial(search.missing, after=last, most=_BATCH))
            if not ids:
                break
            await self._store.write(partial(search.catch_up, ids=ids))
            last, count = ids[-1], count + len(ids)
        self._preparing = False
        return count

    async def forget(self) -> None:
        """Take the words of what was deleted out of the index's pages."""
        await forget_index(self._store)

    async def _tend(self) -> None:
        while True:
            try:
                await self.catch_up()
                await self.forget()
            except (
                DatabaseError
            ) as error:  # it may be away for a while; the next look finds the rest
                log.warning("the search's index could not be tended: %s", type(error).__name__)
            await asyncio.sleep(EVERY)


def _titled(connection: Any, owner_id: str, query: Query, most: int) -> list[str]:
    """Conversations whose title has the words, lately used first."""
    where = search.hits(connection, owner_id, query, min(_TITLES, most), titles=True)
    talks = shelf.several(connection, owner_id, [one.conversation_id for one in where])
    return sorted(talks, key=lambda one: talks[one].updated_at, reverse=True)


def _grouped(
    titled: Iterable[str], where: Sequence[Hit], most: int
) -> tuple[dict[str, _Group], int | None]:
    """The hits by conversation, in their order; and where the next page begins."""
    groups = {talk_id: _Group() for talk_id in titled}
    last: int | None = None
    for hit in where:
        group = groups.get(hit.conversation_id)
        if group is None:
            if len(groups) >= most:
                return groups, last
            group = groups[hit.conversation_id] = _Group()
        if hit.message_id is not None:
            if len(group.messages) < PASSAGES:
                group.messages.append(hit.message_id)
            else:
                group.more = True
        last = hit.id
    return groups, last if len(where) == _HITS else None


def _whole(text: str, marks: Callable[[str], bool]) -> Passage:
    """All of a short text, with its marks."""
    return _pieces(text, 0, len(text), [one.span() for one in words_in(text) if marks(one[0])])


def _cut(text: str, marks: Callable[[str], bool]) -> Passage:
    """The passage with most of the words in it; the beginning, if the words follow no sentence here."""
    clean = " ".join(_MARKUP.sub(_lighter, text).split())
    spans: list[tuple[int, int]] = []
    seen = 0
    for word in words_in(clean):
        if marks(word[0]):
            spans.append(word.span())
        seen += bool(spans)
        if seen > _LOOK_MOST:
            break
    first, most = 0, 0
    end = 0
    for place, (start, _) in enumerate(spans):  # a window that slides: linear in the marks
        end = max(end, place)
        while end < len(spans) and spans[end][1] <= start + _WINDOW - _BEFORE:
            end += 1
        different = len({clean[a:b].casefold() for a, b in spans[place : min(end, place + 20)]})
        if different > most:
            first, most = start, different
    begin = max(0, first - _BEFORE)
    if begin:
        begin = clean.find(" ", begin, first) + 1 or begin
    stop = min(len(clean), begin + _WINDOW)
    if stop < len(clean):
        stop = max(clean.rfind(" ", begin, stop), first + 1) if " " in clean[first:stop] else stop
    pieces = _pieces(clean, begin, stop, spans)
    before = (Piece("… "),) if begin else ()
    after = (Piece(" …"),) if stop < len(clean) else ()
    return (*before, *pieces, *after)


def _lighter(match: re.Match[str]) -> str:
    """Markdown's signs go, of a link its words stay; white space and table borders become spaces."""
    if match["words"]:
        return match["words"]
    return "" if match[0][0] in "*_`" and not match[0][-1].isspace() else " "


def _pieces(text: str, begin: int, stop: int, spans: Iterable[tuple[int, int]]) -> Passage:
    found: list[Piece] = []
    at = begin
    for start, end in spans:
        if start < at or end > stop:
            continue
        if start > at:
            found.append(Piece(text[at:start]))
        found.append(Piece(text[start:end], marked=True))
        at = end
    if at < stop:
        found.append(Piece(text[at:stop]))
    return tuple(found)
