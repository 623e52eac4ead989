# SPDX-License-Identifier: EUPL-1.2
"""Verbs of shares: SQL in, values out.

A share is found by a reader only while all of this holds: it was not revoked and has not ended, its
conversation is not in the bin, its owner's account is active, and the reader is meant. One condition
(``_open``) says so for every verb of readers. A conversation of the class ``special`` is open to groups
alone, also when it became special after it was shared.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from hausgeist.core.labels import DataClass
from hausgeist.store.closing import still_open
from hausgeist.store.tables import (
    conversations,
    file_contents,
    files,
    groups,
    memberships,
    shares,
    users,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A conversation that others may read. Times are milliseconds.

    ``leaf_id`` is the end of the branch that was shared; None: the branch that is shown when it is read.
    ``group_id`` of None: whoever is logged in and has the link. What follows is of the conversation, its
    owner and the group.
    """

    id: str
    conversation_id: str
    owner_id: str
    leaf_id: str | None
    group_id: str | None
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    title: str
    data_class: str
    owner_name: str
    group_title: str | None

    @property
    def is_live(self) -> bool:
        """Whether readers see what is shown now."""
        return self.leaf_id is None

    @property
    def is_paused(self) -> bool:
        """Whether the conversation has become too delicate for everybody who has the link."""
        return self.group_id is None and self.data_class == DataClass.SPECIAL.word


def add(connection: Connection, owner_id: str, **columns: object) -> None:
    """Add a share; the caller has made sure that the conversation is the owner's."""
    connection.execute(insert(shares).values(owner_id=owner_id, **columns))


def mine(connection: Connection, owner_id: str, now: int, talk_id: str = "") -> list[Share]:
    """The owner's shares that are neither revoked nor over nor in the bin, newest first."""
    query = _shares().where(
        shares.c.owner_id == owner_id,
        conversations.c.deleted_at.is_(None),
        still_open(conversations),
        *_current(now),
    )
    if talk_id:
        query = query.where(shares.c.conversation_id == talk_id)
    query = query.order_by(shares.c.created_at.desc(), shares.c.id)
    return [Share(**row) for row in connection.execute(query).mappings()]


def of_owner(connection: Connection, owner_id: str, share_id: str) -> Share | None:
    """A share of the owner's that is not revoked; None when there is none."""
    query = _shares().where(
        shares.c.id == share_id,
        shares.c.owner_id == owner_id,
        shares.c.revoked_at.is_(None),
        still_open(conversations),
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else Share(**row)


def revoke(connection: Connection, owner_id: str, share_id: str, now: int) -> bool:
    """End a share of the owner's; False when there is none that has not ended."""
    query = (
        update(shares)
        .where(
            shares.c.id == share_id, shares.c.owner_id == owner_id, shares.c.revoked_at.is_(None)
        )
        .values(revoked_at=now)
    )
    return connection.execute(query).rowcount == 1


def readable(
    connection: Connection, share_id: str, reader_id: str, their_groups: Collection[str], now: int
) -> Share | None:
    """A share that is open to this reader; None when there is none."""
    query = _shares().where(shares.c.id == share_id, _open(reader_id, their_groups, now))
    row = connection.execute(query).mappings().first()
    return None if row is None else Share(**row)


def with_groups(
    connection: Connection, reader_id: str, their_groups: Collection[str], now: int, most: int
) -> list[Share]:
    """What others share with a reader's groups, newest first."""
    query = (
        _shares()
        .where(
            shares.c.group_id.in_(sorted(their_groups)),
            shares.c.owner_id != reader_id,
            _open(reader_id, their_groups, now),
        )
        .order_by(shares.c.created_at.desc(), shares.c.id)
        .limit(most)
    )
    return [Share(**row) for row in connection.execute(query).mappings()]


def titles(connection: Connection, group_ids: Collection[str]) -> list[tuple[str, str]]:
    """Id and title of groups, by title."""
    query = select(groups.c.id, groups.c.title).where(groups.c.id.in_(sorted(group_ids)))
    return [(row.id, row.title) for row in connection.execute(query.order_by(groups.c.title))]


def copy_file(
    connection: Connection,
    owner_id: str,
    file_id: str,
    to: tuple[str, str, str],
    now: int,
) -> bool:
    """Copy a sent file of the owner's; ``to`` is the new owner, conversation and file.

    Bytes never leave the database. False when there is no such file.
    """
    new_owner, talk_id, new_id = to
    named = [column for column in files.c if column.name not in _OWN]
    found = connection.execute(
        select(*named).where(
            files.c.id == file_id,
            files.c.owner_id == owner_id,
            files.c.conversation_id.is_not(None),
            files.c.state == "ready",
        )
    )
    row = found.mappings().first()
    if row is None:
        return False
    connection.execute(
        insert(files).values(
            **row, id=new_id, owner_id=new_owner, conversation_id=talk_id, created_at=now
        )
    )
    pieces = select(literal(new_id), file_contents.c.seq, file_contents.c.content).where(
        file_contents.c.file_id == file_id
    )
    connection.execute(insert(file_contents).from_select(["file_id", "seq", "content"], pieces))
    return True


_OWN = frozenset({"id", "owner_id", "conversation_id", "created_at", "closed_at"})


def _shares() -> Select[Any]:
    return (
        select(
            *shares.c,
            conversations.c.title,
            conversations.c.data_class,
            users.c.name.label("owner_name"),
            groups.c.title.label("group_title"),
        )
        .join(conversations, conversations.c.id == shares.c.conversation_id)
        .join(users, users.c.id == shares.c.owner_id)
        .join(groups, groups.c.id == shares.c.group_id, isouter=True)
    )


def _current(now: int) -> tuple[ColumnElement[bool], ...]:
    return (
        shares.c.revoked_at.is_(None),
        or_(shares.c.expires_at.is_(None), shares.c.expires_at > now),
    )


def _open(reader_id: str, their_groups: Collection[str], now: int) -> ColumnElement[bool]:
    """The one condition under which a reader may read."""
    by_link = and_(
        shares.c.group_id.is_(None), conversations.c.data_class != DataClass.SPECIAL.word
    )
    mine = and_(shares.c.owner_id == reader_id, still_open(conversations))
    through = and_(
        shares.c.group_id.in_(sorted(their_groups)),
        shares.c.created_at >= func.coalesce(*_in_group_since(reader_id), 0),
    )
    others = and_(
        shares.c.owner_id != reader_id,
        or_(by_link, through),
        shares.c.created_at >= func.coalesce(_closed_before(reader_id), 0),
    )
    return and_(
        *_current(now),
        conversations.c.deleted_at.is_(None),
        conversations.c.owner_id == shares.c.owner_id,
        users.c.active.is_(True),
        or_(mine, others),
    )


def _in_group_since(reader_id: str) -> tuple[Any, Any]:
    """Since when the reader gets what is shared with the group; NULL: also what was shared before."""
    reader = users.alias("reader")
    further = select(memberships.c.since).where(
        memberships.c.user_id == reader_id, memberships.c.group_id == shares.c.group_id
    )
    paying = select(reader.c.group_since).where(
        reader.c.id == reader_id, reader.c.group_id == shares.c.group_id
    )
    return (
        further.correlate(shares).scalar_subquery(),
        paying.correlate(shares).scalar_subquery(),
    )


def _closed_before(reader_id: str) -> Any:
    """Who holds a closed account does not get what others shared with its person before."""
    reader = users.alias("closed")
    return select(reader.c.closed_before).where(reader.c.id == reader_id).scalar_subquery()
