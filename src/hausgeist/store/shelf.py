# SPDX-License-Identifier: EUPL-1.2
"""Verbs of the order that a person keeps: folders, pins, archive, bin. SQL in, values out.

Every query names the owner: what is not theirs is not found. Changes are for many conversations at once;
ids that are not the owner's are passed over, and the count tells.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import Connection, delete, func, insert, select, tuple_, update

from hausgeist.store.chats import Conversation
from hausgeist.store.closing import still_open
from hausgeist.store.tables import conversations, folders, messages

Place: TypeAlias = Literal["list", "all", "pinned", "archive", "bin"]
"""``list``: what stands in no folder and is not pinned; ``all``: that and what is in folders or pinned."""
Cursor: TypeAlias = tuple[int, str]
"""Where a page ended: the time that the place is ordered by, and the conversation's id."""
_AT_ONCE = 500
"""Ids in one query; databases limit how many parameters a statement has."""
_TALK = tuple(column for column in conversations.c if column.name not in {"owner_id", "closed_at"})
_ORDER = {
    "pinned": conversations.c.pinned_at,
    "archive": conversations.c.archived_at,
    "bin": conversations.c.deleted_at,
}


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of one person's."""

    id: str
    name: str


# -- reading --------------------------------------------------------------------------------------


def page(
    connection: Connection,
    owner_id: str,
    place: Place,
    most: int,
    *,
    before: Cursor | None = None,
    folder_id: str | None = None,
) -> list[Conversation]:
    """The owner's conversations of a place, or of a folder (with ``list``), newest first."""
    columns = conversations.c
    query = select(*_TALK).where(columns.owner_id == owner_id, still_open(conversations))
    order = _ORDER.get(place, columns.updated_at)
    if place == "bin":
        query = query.where(columns.deleted_at.is_not(None))
    else:
        query = query.where(columns.deleted_at.is_(None))
        kept = columns.archived_at
        query = query.where(kept.is_not(None) if place == "archive" else kept.is_(None))
    if place == "pinned":
        query = query.where(columns.pinned_at.is_not(None))
    elif place == "list":
        query = query.where(columns.folder_id == folder_id, columns.pinned_at.is_(None))
    if before is not None:
        query = query.where(tuple_(order, columns.id) < before)
    query = query.order_by(order.desc(), columns.id.desc()).limit(most)
    return [Conversation(**row) for row in connection.execute(query).mappings()]


def cursor(talk: Conversation, place: Place) -> Cursor:
    """Where a page that ends with this conversation ends."""
    at = {"pinned": talk.pinned_at, "archive": talk.archived_at, "bin": talk.deleted_at}
    return at.get(place) or talk.updated_at, talk.id


def several(connection: Connection, owner_id: str, ids: Sequence[str]) -> dict[str, Conversation]:
    """Conversations of the owner's by id, without what lies in the bin."""
    found: dict[str, Conversation] = {}
    for start in range(0, len(ids), _AT_ONCE):
        query = select(*_TALK).where(
            _by_id(owner_id),
            conversations.c.deleted_at.is_(None),
            conversations.c.id.in_(ids[start : start + _AT_ONCE]),
        )
        for row in connection.execute(query).mappings():
            found[row["id"]] = Conversation(**row)
    return found


def answering(connection: Connection, owner_id: str) -> set[str]:
    """The owner's conversations in which an answer is being written; few, found by its state."""
    query = (
        select(messages.c.conversation_id)
        .join(conversations, messages.c.conversation_id == conversations.c.id)
        .where(
            messages.c.state == "running",
            conversations.c.owner_id == owner_id,
            still_open(conversations),
        )
    )
    return set(connection.scalars(query))


# -- changing ---------------------------------------------------------------------------------------


def change(connection: Connection, owner_id: str, ids: Sequence[str], **columns: object) -> int:
    """Change columns of conversations that are not in the bin; gives how many."""
    return _each(connection, owner_id, ids, conversations.c.deleted_at.is_(None), columns)


def restore(connection: Connection, owner_id: str, ids: Sequence[str]) -> int:
    """Take conversations out of the bin; gives how many."""
    binned = conversations.c.deleted_at.is_not(None)
    return _each(connection, owner_id, ids, binned, {"deleted_at": None})


def undo(connection: Connection, owner_id: str, column: str, at_ms: int) -> int:
    """Take back what was archived or deleted at one moment; gives how many."""
    theirs = (
        (conversations.c.owner_id == owner_id)
        & (conversations.c[column] == at_ms)
        & still_open(conversations)
    )
    return connection.execute(update(conversations).where(theirs).values({column: None})).rowcount


def purge(connection: Connection, owner_id: str, ids: Sequence[str]) -> int:
    """Delete conversations in the bin for good, with all that hangs on them; gives how many."""
    count = 0
    for start in range(0, len(ids), _AT_ONCE):
        query = delete(conversations).where(
            _by_id(owner_id),
            conversations.c.deleted_at.is_not(None),
            conversations.c.id.in_(ids[start : start + _AT_ONCE]),
        )
        count += connection.execute(query).rowcount
    return count


def _by_id(owner_id: str) -> Any:
    """The owner's, in an expression that no index has: else SQLite would go through all they have."""
    return (conversations.c.owner_id + "" == owner_id) & still_open(conversations)


def _each(
    connection: Connection,
    owner_id: str,
    ids: Sequence[str],
    which: Any,
    columns: dict[str, object],
) -> int:
    count = 0
    for start in range(0, len(ids), _AT_ONCE):
        query = update(conversations).where(
            _by_id(owner_id),
            which,
            conversations.c.id.in_(ids[start : start + _AT_ONCE]),
        )
        count += connection.execute(query.values(**columns)).rowcount
    return count


# -- folders ----------------------------------------------------------------------------------------


def folders_of(connection: Connection, owner_id: str) -> list[Folder]:
    """The owner's folders by name."""
    query = (
        select(folders.c.id, folders.c.name)
        .where(folders.c.owner_id == owner_id)
        .order_by(func.lower(folders.c.name), folders.c.id)
    )
    return [Folder(*row) for row in connection.execute(query)]


def folder(connection: Connection, owner_id: str, folder_id: str) -> Folder | None:
    """A folder of the owner's; None when there is none."""
    query = select(folders.c.id, folders.c.name).where(
        folders.c.owner_id == owner_id, folders.c.id == folder_id
    )
    row = connection.execute(query).first()
    return Folder(*row) if row else None


def add_folder(connection: Connection, owner_id: str, one: Folder, now_ms: int) -> None:
    """Make a folder."""
    connection.execute(
        insert(folders).values(id=one.id, owner_id=owner_id, name=one.name, created_at=now_ms)
    )


def rename_folder(connection: Connection, owner_id: str, folder_id: str, name: str) -> bool:
    """Give a folder another name; False when there is none."""
    theirs = (folders.c.owner_id == owner_id) & (folders.c.id == folder_id)
    return connection.execute(update(folders).where(theirs).values(name=name)).rowcount == 1


def remove_folder(connection: Connection, owner_id: str, folder_id: str) -> bool:
    """Delete a folder; its conversations are in none then. False when there is none."""
    theirs = (folders.c.owner_id == owner_id) & (folders.c.id == folder_id)
    if connection.execute(delete(folders).where(theirs)).rowcount != 1:
        return False
    connection.execute(
        update(conversations)
        .where(conversations.c.owner_id == owner_id, conversations.c.folder_id == folder_id)
        .values(folder_id=None)
    )
    return True
