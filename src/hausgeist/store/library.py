# SPDX-License-Identifier: EUPL-1.2
"""Verbs of the library's items, their versions and whom they are for: SQL in, values out.

What a reader may not see is not found. Bodies are JSON text that ``chat.library`` encodes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from hausgeist.store.tables import (
    conversations,
    groups,
    library_grants,
    library_items,
    library_versions,
    users,
)

Kind: TypeAlias = Literal["assistant", "prompt"]
Audience: TypeAlias = Literal["owner", "groups", "everyone"]
Whose: TypeAlias = Literal["", "mine", "groups", "everyone"]

LATELY = 200
"""Conversations that are looked through for what somebody used lately: the chat's first page asks."""
_ITEM = library_items.c


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks. ``manages``: also what others share with groups that the reader is not in."""

    user_id: str
    groups: frozenset[str]
    manages: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item with the body of one of its versions (``shown``); ``version`` is its newest.

    ``owner_id`` of None: its author is gone. ``shared_from`` is the oldest version that anybody but the
    owner may see; None: it was never shared. Times are milliseconds.
    """

    id: str
    kind: Kind
    owner_id: str | None
    name: str
    version: int
    audience: Audience
    shared_from: int | None
    created_at: int
    updated_at: int
    archived_at: int | None
    shown: int
    body: str
    owner: str | None = None
    """The owner's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version; ``author`` is a name, None when that person is gone."""

    version: int
    body: str
    at: int
    author: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody looks for: all of ``words`` (in small letters), of whose, archived or not."""

    kind: Kind | None = None
    words: tuple[str, ...] = ()
    whose: Whose = ""
    archived: bool = False
    newest_first: bool = False


# -- reading --------------------------------------------------------------------------------------


def find(
    connection: Connection, reader: Reader, item_id: str, version: int | None = None
) -> Item | None:
    """An item the reader may see, with a version's body (None: the newest).

    Who does not own it sees no version from before it was shared: the first shared one stands for it.
    """
    wanted: ColumnElement[Any] = _ITEM.version
    if version is not None:
        too_old = and_(_ITEM.owner_id.is_distinct_from(reader.user_id), _ITEM.shared_from > version)
        wanted = case((too_old, _ITEM.shared_from), else_=version)
    query = _items(wanted).where(_ITEM.id == item_id, _seen(reader))
    row = connection.execute(query).mappings().first()
    return None if row is None else Item(**row)


def several(
    connection: Connection, reader: Reader, wish: Wish, most: int, skip: int = 0
) -> list[Item]:
    """Items the reader may see and looks for, by name or lately changed first."""
    order = (_ITEM.updated_at.desc(),) if wish.newest_first else (func.lower(_ITEM.name),)
    page = (  # first which ones: sorting all of them with their bodies would take ten times as long
        select(_ITEM.id)
        .where(*_wished(reader, wish))
        .order_by(*order, _ITEM.id)
        .limit(most)
        .offset(skip)
        .subquery()
    )
    query = _items(_ITEM.version).join(page, page.c.id == _ITEM.id).order_by(*order, _ITEM.id)
    return [Item(**row) for row in connection.execute(query).mappings()]


def count(connection: Connection, reader: Reader, wish: Wish) -> int:
    """How many there are."""
    query = select(func.count()).select_from(library_items).where(*_wished(reader, wish))
    return connection.execute(query).scalar_one()


def owned(connection: Connection, user_id: str) -> int:
    """How many items a person owns, archived ones too."""
    query = select(func.count()).select_from(library_items).where(_ITEM.owner_id == user_id)
    return connection.execute(query).scalar_one()


def names(connection: Connection, user_id: str) -> list[tuple[Kind, str]]:
    """Kind and name of what a person owns."""
    query = select(_ITEM.kind, _ITEM.name).where(_ITEM.owner_id == user_id)
    return [(kind, name) for kind, name in connection.execute(query)]


def versions(connection: Connection, item_id: str, since: int) -> list[Version]:
    """The versions of an item from ``since`` on, the newest first."""
    query = (
        select(
            library_versions.c.version,
            library_versions.c.body,
            library_versions.c.at,
            users.c.name.label("author"),
        )
        .outerjoin(users, library_versions.c.author_id == users.c.id)
        .where(library_versions.c.item_id == item_id, library_versions.c.version >= since)
        .order_by(library_versions.c.version.desc())
    )
    return [Version(**row) for row in connection.execute(query).mappings()]


def grants(connection: Connection, item_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """The groups items are for: group id to title, by item."""
    query = (
        select(library_grants.c.item_id, groups.c.id, groups.c.title)
        .join(groups, library_grants.c.group_id == groups.c.id)
        .where(library_grants.c.item_id.in_(list(item_ids)))
        .order_by(groups.c.title)
    )
    found: dict[str, dict[str, str]] = {}
    for item_id, group_id, title in connection.execute(query):
        found.setdefault(item_id, {})[group_id] = title
    return found


def lately_used(connection: Connection, reader: Reader, most: int) -> list[Item]:
    """The assistants of a person's ``LATELY`` latest conversations, the latest first."""
    lately = (
        select(conversations.c.assistant_id, conversations.c.updated_at)
        .where(conversations.c.owner_id == reader.user_id, conversations.c.deleted_at.is_(None))
        .order_by(conversations.c.updated_at.desc())
        .limit(LATELY)
        .subquery()
    )
    latest = (
        select(lately.c.assistant_id, func.max(lately.c.updated_at).label("at"))
        .where(lately.c.assistant_id.is_not(None))
        .group_by(lately.c.assistant_id)
        .subquery()
    )
    query = (
        _items(_ITEM.version)
        .join(latest, latest.c.assistant_id == _ITEM.id)
        .where(_seen(reader), _ITEM.kind == "assistant", _ITEM.archived_at.is_(None))
        .order_by(latest.c.at.desc(), _ITEM.id)
        .limit(most)
    )
    return [Item(**row) for row in connection.execute(query).mappings()]


def uses(connection: Connection, owner_id: str, item_id: str) -> int:
    """In how many of a person's conversations an assistant was used."""
    query = select(func.count()).select_from(conversations)
    return connection.execute(query.where(_with(owner_id, item_id))).scalar_one()


# -- writing --------------------------------------------------------------------------------------


def add(connection: Connection, item: Item, words: str, author_id: str) -> None:
    """Add an item with its first version."""
    connection.execute(
        insert(library_items).values(
            id=item.id,
            kind=item.kind,
            owner_id=item.owner_id,
            name=item.name,
            version=item.version,
            audience=item.audience,
            shared_from=item.shared_from,
            words=words,
            created_at=item.created_at,
            updated_at=item.updated_at,
            archived_at=item.archived_at,
        )
    )
    _write_version(connection, item.id, item.version, item.body, item.created_at, author_id)


def add_version(
    connection: Connection,
    item_id: str,
    after: int,
    *,
    name: str,
    body: str,
    words: str,
    at: int,
    author_id: str,
) -> bool:
    """Add the version that follows ``after``; False when that is no longer the newest."""
    done = connection.execute(
        update(library_items)
        .where(_ITEM.id == item_id, _ITEM.version == after)
        .values(name=name, version=after + 1, words=words, updated_at=at)
    )
    if done.rowcount != 1:
        return False
    _write_version(connection, item_id, after + 1, body, at, author_id)
    return True


def change(connection: Connection, item_id: str, **columns: object) -> bool:
    """Change columns of an item; False when there is none."""
    query = update(library_items).where(_ITEM.id == item_id).values(**columns)
    return connection.execute(query).rowcount == 1


def grant(connection: Connection, item_id: str, group_ids: Iterable[str]) -> None:
    """Put these groups in place of those an item was for."""
    connection.execute(delete(library_grants).where(library_grants.c.item_id == item_id))
    rows = [{"item_id": item_id, "group_id": group_id} for group_id in sorted(set(group_ids))]
    if rows:
        connection.execute(insert(library_grants), rows)


def remove(connection: Connection, owner_id: str, item_id: str) -> None:
    """Delete an item that only its owner could use; conversations that used it go on without it."""
    connection.execute(
        update(conversations)
        .where(_with(owner_id, item_id))
        .values(assistant_id=None, assistant_version=None)
    )
    connection.execute(delete(library_items).where(_ITEM.id == item_id))


# -- beneath --------------------------------------------------------------------------------------


def _items(version: ColumnElement[Any]) -> Any:
    return (
        select(
            *(column for column in _ITEM if column.name != "words"),
            library_versions.c.version.label("shown"),
            library_versions.c.body,
            users.c.name.label("owner"),
        )
        .select_from(library_items)
        .join(
            library_versions,
            and_(library_versions.c.item_id == _ITEM.id, library_versions.c.version == version),
        )
        .outerjoin(users, _ITEM.owner_id == users.c.id)
    )


def _with(owner_id: str, item_id: str) -> ColumnElement[bool]:
    """A person's conversations with an assistant: all of the house's would be a scan."""
    return and_(conversations.c.owner_id == owner_id, conversations.c.assistant_id == item_id)


def _seen(reader: Reader) -> ColumnElement[bool]:
    """The one rule of who sees what."""
    if reader.manages:
        shared: ColumnElement[bool] = _ITEM.audience != "owner"
    else:
        shared = or_(_ITEM.audience == "everyone", _for_groups(reader.groups))
    return or_(_ITEM.owner_id == reader.user_id, shared)


def _for_groups(group_ids: Iterable[str]) -> ColumnElement[bool]:
    granted = exists().where(
        library_grants.c.item_id == _ITEM.id, library_grants.c.group_id.in_(sorted(group_ids))
    )
    return and_(_ITEM.audience == "groups", granted)


def _wished(reader: Reader, wish: Wish) -> Sequence[ColumnElement[bool]]:
    rules = [_seen(reader)]
    if wish.kind is not None:
        rules.append(_ITEM.kind == wish.kind)
    if wish.whose == "mine":
        rules.append(_ITEM.owner_id == reader.user_id)
    elif wish.whose == "groups":
        rules.append(_ITEM.audience == "groups")
    elif wish.whose == "everyone":
        rules.append(_ITEM.audience == "everyone")
    rules.append(_ITEM.archived_at.is_not(None) if wish.archived else _ITEM.archived_at.is_(None))
    rules += [_ITEM.words.contains(word, autoescape=True) for word in wish.words]
    return rules


def _write_version(  # noqa: PLR0917  the columns of a version
    connection: Connection, item_id: str, version: int, body: str, at: int, author_id: str
) -> None:
    connection.execute(
        insert(library_versions).values(
            item_id=item_id, version=version, body=body, at=at, author_id=author_id
        )
    )
