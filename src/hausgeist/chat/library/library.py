# SPDX-License-Identifier: EUPL-1.2
"""The door of the library: assistants and prompts, their versions, whom they are for.

In: who asks, and what. Out: values. What is not the asker's to see is not found; every change is an
event of the trail in the same transaction, with facts and never with words of the content.
"""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hausgeist.audit import Trail
from hausgeist.audit.trail import Change
from hausgeist.chat.library import rights
from hausgeist.chat.library.bodies import (
    NAME_MOST,
    AssistantBody,
    Body,
    PromptBody,
    checked,
    folded,
    from_json,
    to_json,
    words_of,
)
from hausgeist.core.calls import Sampling
from hausgeist.core.labels import DataClass
from hausgeist.core.people import Principal
from hausgeist.core.trail import Fact
from hausgeist.errors import (
    N_,
    ChangedMeanwhile,
    InvalidField,
    LibraryFull,
    NotFound,
    NotYoursToChange,
    WasShared,
)
from hausgeist.people.holds import refuse
from hausgeist.store import accounts, holds
from hausgeist.store import library as shelf
from hausgeist.store.db import Store
from hausgeist.store.library import Audience, Item, Kind, Version, Whose, Wish

PAGE = 48
"""Items on one page of the gallery."""
OWN_MOST = 5_000
"""Items one person may own."""
WORDS_MOST = 8
"""Words of a search that count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assistant:
    """An assistant as a conversation uses it. ``version`` is the one asked for, ``newest`` the latest.

    ``model`` of None is the house's default; ``data_class`` of None declares nothing.
    """

    id: str
    version: int
    name: str
    instructions: str
    model: str | None
    sampling: Sampling
    data_class: DataClass | None
    starters: tuple[str, ...]
    newest: int
    description: str = ""
    sign: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An item as a person sees it: its row, the body of the version shown, groups by id and title."""

    item: Item
    body: Body
    groups: Mapping[str, str]
    may_change: bool
    may_take_over: bool


@dataclass(frozen=True, slots=True)
class Gallery:
    """A page of what somebody looked for, and how many there are in all."""

    entries: tuple[Entry, ...]
    count: int


class Library:
    """Assistants and prompts over a store. ``now_ms`` gives milliseconds since the epoch."""

    def __init__(self, store: Store, trail: Trail, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._trail = trail
        self._now_ms = now_ms

    # -- using ------------------------------------------------------------------------------------

    async def assistant(
        self, who: Principal, item_id: str, version: int | None = None
    ) -> Assistant:
        """An assistant to talk to; with a ``version`` for a conversation that began with it.

        An archived one serves only conversations that began with it. Who does not own it gets no
        version from before it was shared: the first shared one stands for it.

        Raises:
            NotFound: there is none, or not for this person.
        """
        reader = rights.reader_of(who)
        item = await self._store.read(lambda c: shelf.find(c, reader, item_id, version))
        if item is None or (item.archived_at is not None and version is None):
            raise NotFound
        body = from_json(item.kind, item.body)
        if not isinstance(body, AssistantBody):
            raise NotFound
        return _assistant(item, body)

    async def assistants_at_hand(self, who: Principal, most: int) -> tuple[Assistant, ...]:
        """The assistants a person lately talked to, filled up with the newest there are."""
        reader = rights.reader_of(who, manages=False)
        wish = Wish(kind="assistant", newest_first=True)

        def read(connection: Any) -> list[Item]:
            used = shelf.lately_used(connection, reader, most)
            if len(used) < most:
                known = {item.id for item in used}
                newest = shelf.several(connection, reader, wish, most)
                used += [item for item in newest if item.id not in known]
            return used[:most]

        found = []
        for item in await self._store.read(read):
            body = from_json(item.kind, item.body)
            if isinstance(body, AssistantBody):
                found.append(_assistant(item, body))
        return tuple(found)

    async def prompts_like(self, who: Principal, words: str, most: int) -> tuple[Entry, ...]:
        """Prompts for the list in the composer; those whose shortcut or name begins so come first."""
        reader = rights.reader_of(who, manages=False)
        wish = Wish(kind="prompt", words=_words(words))
        items = await self._store.read(lambda c: shelf.several(c, reader, wish, 200))
        begin = folded(words.strip())
        entries = [_entry(who, item, {}) for item in items]
        entries.sort(key=lambda entry: not _begins(entry, begin))
        return tuple(entries[:most])

    # -- looking ----------------------------------------------------------------------------------

    async def gallery(
        self,
        who: Principal,
        kind: Kind | None,
        *,
        words: str = "",
        whose: Whose = "",
        archived: bool = False,
        skip: int = 0,
        most: int = PAGE,
    ) -> Gallery:
        """A page of items somebody may see, by name; ``words`` are searched for, all of them."""
        reader = rights.reader_of(who)
        wish = Wish(kind=kind, words=_words(words), whose=whose, archived=archived)

        def read(connection: Any) -> Gallery:
            items = shelf.several(connection, reader, wish, most, skip)
            groups = shelf.grants(connection, [one.id for one in items])
            entries = tuple(_entry(who, one, groups.get(one.id, {})) for one in items)
            return Gallery(entries, shelf.count(connection, reader, wish))

        return await self._store.read(read)

    async def entry(self, who: Principal, item_id: str, version: int | None = None) -> Entry:
        """An item, with a version's body (None: the newest).

        Raises:
            NotFound: there is none, or not for this person.
        """
        reader = rights.reader_of(who)

        def read(connection: Any) -> Entry:
            item = _found(shelf.find(connection, reader, item_id, version))
            groups = shelf.grants(connection, [item_id]).get(item_id, {})
            return _entry(who, item, groups)

        return await self._store.read(read)

    async def history(self, who: Principal, item_id: str) -> tuple[Entry, tuple[Version, ...]]:
        """An item and its versions, the newest first; for those who may change it.

        Raises:
            NotFound, NotYoursToChange: as the rules say.
        """
        entry = await self.entry(who, item_id)
        rights.check_change(who, entry.item)
        own = entry.item.owner_id == who.id
        since = 1 if own else entry.item.shared_from or 1
        found = await self._store.read(lambda c: shelf.versions(c, item_id, since))
        return entry, tuple(found)

    async def names_of(self, who: Principal) -> frozenset[tuple[Kind, str]]:
        """The kinds and names of a person's own items."""
        return frozenset(await self._store.read(lambda c: shelf.names(c, who.id)))

    async def uses(self, who: Principal, item_id: str) -> int:
        """In how many conversations of its owner a never shared assistant was used.

        Nobody learns how often others used one.

        Raises:
            NotFound: there is none, or not for this person.
        """
        item = (await self.entry(who, item_id)).item
        if item.shared_from is not None:
            return 0
        return await self._store.read(lambda c: shelf.uses(c, who.id, item_id))

    async def groups_for(self, who: Principal, item_id: str = "") -> dict[str, str]:
        """The groups a person may share with, by id and title; with those an item is for already."""
        allowed = rights.groups_to_share_with(who)

        def read(connection: Any) -> dict[str, str]:
            titles = {row["id"]: row["title"] for row in accounts.list_groups(connection)}
            before = shelf.grants(connection, [item_id]).get(item_id, {}) if item_id else {}
            return {
                group: title
                for group, title in titles.items()
                if group in before
                or group in allowed
                or (who.is_admin and group != rights.HOUSE_GROUP)
            }

        return await self._store.read(read)

    # -- changing ---------------------------------------------------------------------------------

    async def create(self, who: Principal, bodies: Sequence[Body]) -> list[str]:
        """Make items, for their maker only; gives their ids. All are made or none.

        Raises:
            BadFields, LibraryFull: a field is not right; there are too many already.
        """
        made = [_new(who, checked(one), self._now_ms()) for one in bodies]
        kinds = [item.kind for item, _ in made]

        def work(connection: Any) -> dict[str, Fact]:
            owned = shelf.owned(connection, who.id)
            if owned + len(made) > OWN_MOST:
                raise LibraryFull(most=OWN_MOST)
            for item, body in made:
                shelf.add(connection, item, words_of(body), who.id)
            return {kind: kinds.count(kind) for kind in sorted(set(kinds))}

        ids = [item.id for item, _ in made]
        await self._change("created", work, who, ids[0] if len(ids) == 1 else "")
        return ids

    async def save(self, who: Principal, item_id: str, body: Body, after: int) -> int:
        """Write the version that follows ``after``; gives its number. What did not change makes none.

        Raises:
            NotFound, NotYoursToChange, BadFields: as the rules say.
            ChangedMeanwhile: ``after`` is no longer the newest.
        """
        tidy = checked(body)
        text = to_json(tidy)

        def work(connection: Any) -> dict[str, Fact] | None:
            item = self._own(connection, who, item_id)
            if isinstance(tidy, PromptBody) != (item.kind == "prompt"):
                raise NotFound
            if item.version != after:
                raise ChangedMeanwhile
            if item.body == text:
                return None
            shelf.add_version(
                connection,
                item_id,
                after,
                name=tidy.name,
                body=text,
                words=words_of(tidy),
                at=self._now_ms(),
                author_id=who.id,
            )
            return {"kind": item.kind, "before.version": after, "after.version": after + 1}

        changed = await self._change("changed", work, who, item_id)
        return after + 1 if changed else after

    async def restore(self, who: Principal, item_id: str, version: int, after: int) -> int:
        """Write an earlier version again, as the one that follows ``after``; gives its number.

        Raises:
            NotFound, NotYoursToChange, ChangedMeanwhile: as ``save``.
        """
        _, found = await self.history(who, item_id)
        old = next((one for one in found if one.version == version), None)
        if old is None:
            raise NotFound
        item = (await self.entry(who, item_id)).item
        return await self.save(who, item_id, from_json(item.kind, old.body), after)

    async def copy(self, who: Principal, item_id: str, name: str) -> str:
        """Make a copy of one's own, under another name; gives its id.

        Raises:
            NotFound, LibraryFull: there is none; one has too many.
        """
        body = (await self.entry(who, item_id)).body
        return (await self.create(who, [replace(body, name=name[:NAME_MOST])]))[0]

    async def share(
        self, who: Principal, item_id: str, audience: Audience, groups: Collection[str] = ()
    ) -> None:
        """Say whom an item is for; ``groups`` count for the audience ``groups`` only.

        Raises:
            NotFound, NotYoursToChange, NotYoursToShare: as the rules say.
            InvalidField: no group was chosen, or one that is not there.
        """
        wanted = set(groups) if audience == "groups" else set()
        if audience == "groups" and not wanted:
            raise InvalidField(field="groups", reason=N_("choose a group"), param="groups")

        def work(connection: Any) -> dict[str, Fact] | None:
            item = self._own(connection, who, item_id)
            before = set(shelf.grants(connection, [item_id]).get(item_id, {}))
            if item.audience == audience and wanted == before:
                return None
            rights.check_audience(who, item, before, audience, wanted)
            if wanted - before:
                there = {row["id"] for row in accounts.list_groups(connection)}
                if wanted - there or rights.HOUSE_GROUP in wanted:
                    raise InvalidField(field="groups", reason=N_("choose a group"), param="groups")
            columns: dict[str, object] = {"audience": audience, "updated_at": self._now_ms()}
            if item.audience == "owner":
                columns["shared_from"] = item.version
            shelf.change(connection, item_id, **columns)
            shelf.grant(connection, item_id, wanted)
            return {
                "kind": item.kind,
                "before.audience": item.audience,
                "before.groups": " ".join(sorted(before)),
                "after.audience": audience,
                "after.groups": " ".join(sorted(wanted)),
            }

        await self._change("shared", work, who, item_id)

    async def archive(self, who: Principal, item_id: str, *, archived: bool) -> None:
        """Put an item away, or take it back. Conversations that began with it go on.

        Raises:
            NotFound, NotYoursToChange: as the rules say.
        """

        def work(connection: Any) -> dict[str, Fact] | None:
            item = self._own(connection, who, item_id)
            if (item.archived_at is not None) == archived:
                return None
            at = self._now_ms() if archived else None
            shelf.change(connection, item_id, archived_at=at)
            return {"kind": item.kind, "before.archived": not archived, "after.archived": archived}

        await self._change("archived", work, who, item_id)

    async def delete(self, who: Principal, item_id: str) -> None:
        """Delete an item that was never shared, for good; its owner's chats go on without it.

        Raises:
            NotFound, NotYoursToChange, WasShared: as the rules say.
            DataHeld: a legal hold lasts.
        """
        now = self._now_ms()

        def work(connection: Any) -> dict[str, Fact]:
            item = self._own(connection, who, item_id)
            if item.shared_from is not None:
                raise WasShared
            refuse(holds.on_person(connection, who.id, now))
            shelf.remove(connection, who.id, item_id)
            return {"kind": item.kind, "versions": item.version}

        await self._change("deleted", work, who, item_id)

    async def take_over(self, who: Principal, item_id: str) -> None:
        """Become the owner of what belongs to nobody any more; for administrators.

        Raises:
            NotFound, NotYoursToChange: there is none; somebody owns it.
        """

        def work(connection: Any) -> dict[str, Fact]:
            item = self._own(connection, who, item_id)
            if not rights.may_take_over(who, item):
                raise NotYoursToChange
            shelf.change(connection, item_id, owner_id=who.id)
            return {"kind": item.kind, "before.owned": False, "after.owned": True}

        await self._change("taken_over", work, who, item_id)

    # -- beneath ------------------------------------------------------------------------------------

    def _own(self, connection: Any, who: Principal, item_id: str) -> Item:
        """The item as it is now, for a change in the same transaction."""
        item = _found(shelf.find(connection, rights.reader_of(who), item_id))
        rights.check_change(who, item)
        return item

    async def _change(self, what: str, work: Change, who: Principal, item_id: str) -> bool:
        facts = await self._trail.change(f"library.{what}", work, actor=who.id, subject=item_id)
        return facts is not None


def _new(who: Principal, body: Body, now: int) -> tuple[Item, Body]:
    item = Item(
        id=secrets.token_hex(16),
        kind="prompt" if isinstance(body, PromptBody) else "assistant",
        owner_id=who.id,
        name=body.name,
        version=1,
        audience="owner",
        shared_from=None,
        created_at=now,
        updated_at=now,
        archived_at=None,
        shown=1,
        body=to_json(body),
    )
    return item, body


def _found(item: Item | None) -> Item:
    if item is None:
        raise NotFound
    return item


def _entry(who: Principal, item: Item, groups: Mapping[str, str]) -> Entry:
    return Entry(
        item=item,
        body=from_json(item.kind, item.body),
        groups=groups,
        may_change=rights.may_change(who, item),
        may_take_over=rights.may_take_over(who, item),
    )


def _assistant(item: Item, body: AssistantBody) -> Assistant:
    return Assistant(
        id=item.id,
        version=item.shown,
        newest=item.version,
        name=body.name,
        instructions=body.instructions,
        model=body.model,
        sampling=body.sampling,
        data_class=body.data_class,
        starters=body.starters,
        description=body.description,
        sign=body.sign,
        colour=body.colour,
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(folded(text.replace("\x00", " ")[:200]).split()[:WORDS_MOST])


def _begins(entry: Entry, begin: str) -> bool:
    body = entry.body
    shortcut = body.shortcut if isinstance(body, PromptBody) else ""
    return shortcut.startswith(begin) or folded(body.name).startswith(begin)
