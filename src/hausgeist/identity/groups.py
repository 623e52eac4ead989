# SPDX-License-Identifier: EUPL-1.2
"""Groups: who is in which, who pays, and which models their members may use.

One group of a person pays; further ones only add what the person may use. A group without a list of
models allows all of them. Nothing here tells how much a group or anybody in it uses.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from hausgeist.audit import Trail
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, Conflict, GroupInUse, InvalidField, NotAllowed, NotFound
from hausgeist.identity.people import EVERYONE, clean_name, group_slug
from hausgeist.store import accounts, groups
from hausgeist.store.db import Store

MODELS_MOST: Final = 2000
"""Models that a group's list may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group. ``models`` of None: all; ``people`` counts members, active or not."""

    id: str
    title: str
    cost_centre: str
    models: tuple[str, ...] | None
    default_model: str
    people: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person in a group. ``pays``: the group pays for them; ``source``: the login source that says so."""

    id: str
    login: str
    name: str
    active: bool = True
    pays: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Rights:
    """What a person's groups give together. ``models`` of None: all."""

    groups: frozenset[str]
    models: frozenset[str] | None
    default_model: str


def rights(rows: Sequence[accounts.Row]) -> Rights:
    """What groups give together, the one that pays first: one without a list allows every model.

    The first group with a default model decides about it.
    """
    lists = [models_of(row["models"]) for row in rows]
    models: frozenset[str] | None = None
    if lists and all(one is not None for one in lists):
        models = frozenset(name for one in lists for name in one or ())
    return Rights(
        groups=frozenset(row["id"] for row in rows),
        models=models,
        default_model=next((row["default_model"] for row in rows if row["default_model"]), ""),
    )


def models_of(stored: str | None) -> tuple[str, ...] | None:
    """A group's list of models as it is stored; None: all."""
    return None if stored is None else msgspec.json.decode(stored, type=tuple[str, ...])


class Groups:
    """Verbs of groups; ``by`` is the id of who does it."""

    def __init__(
        self,
        store: Store,
        trail: Trail,
        now_ms: Callable[[], int],
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._trail = trail
        self._now_ms = now_ms
        self._changed = changed

    async def all(self) -> list[Group]:
        """All groups by title, as a person would sort them, with how many people are in each."""
        found = [_group(row, row["people"]) for row in await self._store.read(groups.counted)]
        return sorted(found, key=lambda one: (sorted_as(one.title), one.id))

    async def get(self, group_id: str) -> Group:
        """A group.

        Raises:
            NotFound: there is none.
        """
        row = await self._store.read(lambda connection: groups.find(connection, group_id))
        if row is None:
            raise NotFound
        return _group(row)

    async def create(self, title: str, cost_centre: str, by: str) -> Group:
        """Make a group; its id is made of its name and stays when it is renamed.

        Raises:
            Conflict: there is one of this name.
            InvalidField: it has no usable name.
        """
        name = _title(title)
        group_id = group_slug(name)
        centre = cost_centre.strip() or None
        now = self._now_ms()

        def work(connection: Any) -> dict[str, Fact]:
            if groups.find(connection, group_id) is not None:
                raise Conflict(what=name, param="title")
            groups.add(connection, id=group_id, title=name, cost_centre=centre, created_at=now)
            return {"after.title": name, "after.cost_centre": centre}

        await self._trail.change("group.created", work, actor=by, subject=group_id)
        self._changed()
        return await self.get(group_id)

    async def change(self, group_id: str, *, title: str, cost_centre: str, by: str) -> None:
        """Rename a group, or let another cost centre be accounted.

        Raises:
            NotFound, InvalidField: no such group, or no usable name.
        """
        await self._set(
            group_id, by, {"title": _title(title), "cost_centre": cost_centre.strip() or None}
        )

    async def allow(
        self, group_id: str, models: Iterable[str] | None, default_model: str, by: str
    ) -> None:
        """Say which models the members may use (None: all), and which is offered to them first.

        Raises:
            InvalidField: the list is too long, or does not have the default model.
            NotFound: there is no such group.
        """
        listed = None if models is None else tuple(sorted(set(models)))
        if listed is not None and len(listed) > MODELS_MOST:
            raise InvalidField(
                field="models", reason=N_("at most {most}"), param="models", most=MODELS_MOST
            )
        if default_model and listed is not None and default_model not in listed:
            raise InvalidField(
                field="default_model",
                reason=N_("the group may not use this model"),
                param="default_model",
            )
        await self._set(
            group_id, by, {"models": _stored(listed), "default_model": default_model or None}
        )

    async def offer(self, model: str, allowed: Iterable[str], by: str) -> None:
        """Say which of the groups that have a list may use a model; groups without one may anyway."""
        wanted = set(allowed)
        for group in await self.all():
            if group.models is None or (model in group.models) == (group.id in wanted):
                continue
            left = set(group.models) ^ {model}
            default = group.default_model if group.default_model in left else ""
            await self.allow(group.id, left, default, by)

    async def delete(self, group_id: str, by: str) -> None:
        """Delete a group that nobody is in; what it used stays in the ledger under its id.

        Raises:
            GroupInUse: people, service keys or holds still name it.
            NotAllowed: it is the group everybody begins in.
            NotFound: there is none.
        """
        if group_id == EVERYONE:
            raise NotAllowed

        def work(connection: Any) -> dict[str, Fact]:
            row = groups.find(connection, group_id)
            if row is None:
                raise NotFound
            if groups.in_use(connection, group_id):
                raise GroupInUse
            groups.remove(connection, group_id)
            return {
                "before.title": row["title"],
                "before.cost_centre": row["cost_centre"],
                "before.models": _said(row["models"]),
            }

        await self._trail.change("group.deleted", work, actor=by, subject=group_id)
        self._changed()

    async def members(
        self, group_id: str, words: str = "", offset: int = 0, count: int = 50
    ) -> tuple[list[Member], int]:
        """A page of a group's people by name, and how many match in all."""
        rows, total = await self._store.read(
            lambda connection: groups.members(connection, group_id, words, offset, count)
        )
        return [
            Member(
                id=row["id"],
                login=row["login"],
                name=row["name"],
                active=row["active"],
                pays=row["pays"],
                source=row["source"] or "",
            )
            for row in rows
        ], total

    async def outsiders(self, group_id: str, words: str, count: int = 20) -> list[Member]:
        """Active people who match the words and are not in the group."""
        rows = await self._store.read(
            lambda connection: groups.outsiders(connection, group_id, words, count)
        )
        return [Member(id=row["id"], login=row["login"], name=row["name"]) for row in rows]

    async def of(self, user_id: str) -> dict[str, str]:
        """A person's groups beside the one that pays: id, and the login source or an empty text."""
        found = await self._store.read(lambda connection: groups.further_of(connection, user_id))
        return {group: source or "" for group, source in found.items()}

    async def join(self, user_id: str, group_id: str, by: str) -> None:
        """Put a person into a further group.

        Raises:
            NotFound: there is no such person or group.
        """
        mine = {group for group, source in (await self.of(user_id)).items() if not source}
        await self.set_further(user_id, mine | {group_id}, by)

    async def leave(self, user_id: str, group_id: str, by: str) -> None:
        """Take a person out of a further group, where an administrator had put them.

        Raises:
            NotFound: there is no such person, or they are not in it by an administrator.
        """
        mine = {group for group, source in (await self.of(user_id)).items() if not source}
        if group_id not in mine:
            raise NotFound
        await self.set_further(user_id, mine - {group_id}, by)

    async def set_further(
        self, user_id: str, wanted: Iterable[str], by: str, source: str | None = None
    ) -> None:
        """Put a person into exactly these further groups, as far as ``source`` decides (None: people).

        Raises:
            NotFound: there is no such person or group.
        """
        aim, now = frozenset(wanted), self._now_ms()

        def work(connection: Any) -> dict[str, Fact] | None:
            person = accounts.user(connection, user_id)
            if person is None or any(groups.find(connection, one) is None for one in aim):
                raise NotFound
            before = groups.further_of(connection, user_id)
            # who administers groups does not get to read what was shared with them before
            since = None if source is not None else now
            groups.set_further(connection, user_id, aim - {person["group_id"]}, source, since=since)
            after = groups.further_of(connection, user_id)
            if before == after:
                return None
            return {
                "before.groups": " ".join(sorted(before)),
                "after.groups": " ".join(sorted(after)),
                "source": source,
            }

        await self._trail.change("user.groups", work, actor=by, subject=user_id)
        self._changed()

    async def _set(self, group_id: str, by: str, columns: dict[str, str | None]) -> None:
        def work(connection: Any) -> dict[str, Fact] | None:
            row = groups.find(connection, group_id)
            if row is None:
                raise NotFound
            changed = [name for name, value in columns.items() if row[name] != value]
            if not changed:
                return None
            groups.change(connection, group_id, **columns)
            facts: dict[str, Fact] = {}
            for name in changed:
                say = _said if name == "models" else str
                old, new = row[name], columns[name]
                facts[f"before.{name}"] = say(old) if old is not None or say is _said else None
                facts[f"after.{name}"] = say(new) if new is not None or say is _said else None
            return facts

        await self._trail.change("group.changed", work, actor=by, subject=group_id)
        self._changed()


def sorted_as(title: str) -> str:
    """What a title is sorted by: without case, umlauts by their letter (DIN 5007)."""
    plain = unicodedata.normalize("NFKD", title.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _title(title: str) -> str:
    try:
        return clean_name(title)
    except InvalidField as error:
        raise InvalidField(
            field="title", reason=N_("a group needs a name"), param="title"
        ) from error


def _stored(models: tuple[str, ...] | None) -> str | None:
    return None if models is None else msgspec.json.encode(models).decode()


def _said(stored: str | None) -> str:
    """A list of models as the trail has it: names with spaces between, or a star for all."""
    models = models_of(stored)
    return "*" if models is None else " ".join(models)


def _group(row: accounts.Row, people: int = 0) -> Group:
    return Group(
        id=row["id"],
        title=row["title"],
        cost_centre=row["cost_centre"] or "",
        models=models_of(row["models"]),
        default_model=row["default_model"] or "",
        people=people,
    )
