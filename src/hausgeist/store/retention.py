# SPDX-License-Identifier: EUPL-1.2
"""Verbs of retention: what is due to be deleted, and its deletion for good. SQL in, values out.

A conversation's class is the highest of its own, its messages' and its files'; its last use is when
something was last said in it. What is held (see ``holds``) is never due. Deleting a conversation deletes
its messages, files, search words and shares with it (the schema's cascades).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from hausgeist.core.labels import DataClass
from hausgeist.store.closing import still_open
from hausgeist.store.holds import held
from hausgeist.store.tables import conversations, files, imported, messages, meta, retention

Cutoffs = Mapping[DataClass, int]
"""For each class that is not kept for ever: what was last used before this time is due (milliseconds)."""

_ROUND = "retention_round"  # the key in ``meta``: when the next round may begin
_SWEPT = "retention_swept"
_DIGITS = 16  # milliseconds are compared as text of equal length
BYTES_AT_ONCE = 32 * 1024 * 1024
"""Bytes of files that one transaction deletes, as far as they are several conversations'."""
BUSY_MS = 100
"""How long the clean-up of the write-ahead log waits for readers, while writers wait for it."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much something is: conversations, their files with bytes, and of how many people."""

    conversations: int = 0
    files: int = 0
    bytes: int = 0
    people: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """A conversation and when it was last used (milliseconds)."""

    id: str
    title: str
    used_at: int
    data_class: DataClass


# -- the rules ------------------------------------------------------------------------------------------


def rules(connection: Connection) -> dict[DataClass, int | None]:
    """Days since the last use, for every class; None: kept until somebody deletes it."""
    found = {row.data_class: row.days for row in connection.execute(select(retention))}
    return {one: found.get(one.word) for one in DataClass}


def set_rules(connection: Connection, wanted: Mapping[DataClass, int | None], now_ms: int) -> None:
    """Replace the rules."""
    connection.execute(delete(retention))
    rows = [
        {"data_class": one.word, "days": days, "updated_at": now_ms} for one, days in wanted.items()
    ]
    connection.execute(insert(retention), rows)


# -- what is due ----------------------------------------------------------------------------------------


def extent(connection: Connection, cutoffs: Cutoffs, now_ms: int) -> dict[DataClass, Extent]:
    """What is due, by class."""
    found = _ranked(cutoffs, now_ms).subquery()
    of_files = (
        select(files.c.conversation_id, func.count().label("n"), func.sum(files.c.size).label("b"))
        .where(files.c.conversation_id.is_not(None))
        .group_by(files.c.conversation_id)
        .subquery()
    )
    query = (
        select(
            found.c.rank,
            func.count(),
            func.coalesce(func.sum(of_files.c.n), 0),
            func.coalesce(func.sum(of_files.c.b), 0),
            func.count(found.c.owner_id.distinct()),
        )
        .select_from(found.join(of_files, found.c.id == of_files.c.conversation_id, isouter=True))
        .group_by(found.c.rank)
    )
    return {
        DataClass(rank): Extent(talks, int(count), int(size), people)
        for rank, talks, count, size, people in connection.execute(query)
    }


def people_of(connection: Connection, cutoffs: Cutoffs, now_ms: int) -> int:
    """Of how many people something is due, over all classes."""
    found = _ranked(cutoffs, now_ms).subquery()
    return connection.execute(select(func.count(found.c.owner_id.distinct()))).scalar_one()


def due(connection: Connection, cutoffs: Cutoffs, now_ms: int, most: int) -> list[str]:
    """The ids of conversations that are due, at most ``most``."""
    found = _ranked(cutoffs, now_ms).subquery()
    return list(connection.execute(select(found.c.id).limit(most)).scalars())


def soon(
    connection: Connection, owner_id: str, cutoffs: Cutoffs, now_ms: int, most: int
) -> list[Due]:
    """A person's conversations that would be due by these cut-offs, the first to go first."""
    theirs = (conversations.c.owner_id == owner_id) & still_open(conversations)
    query = _ranked(cutoffs, now_ms, theirs).subquery()
    found = connection.execute(select(query).order_by(query.c.updated_at).limit(most))
    return [Due(row.id, row.title, row.updated_at, DataClass(row.rank)) for row in found]


def one(connection: Connection, owner_id: str, talk_id: str, now_ms: int) -> Due | None:
    """A conversation of a person's with its class; None when it is held, or there is none."""
    never = dict.fromkeys(DataClass, now_ms + 10**12)
    which = (
        (conversations.c.owner_id == owner_id)
        & (conversations.c.id == talk_id)
        & still_open(conversations)
    )
    query = _ranked(never, now_ms, which).subquery()
    row = connection.execute(select(query)).first()
    return None if row is None else Due(row.id, row.title, row.updated_at, DataClass(row.rank))


# -- deletion for good ------------------------------------------------------------------------------------


def delete_due(connection: Connection, ids: Sequence[str], cutoffs: Cutoffs, now_ms: int) -> Extent:
    """Delete those of the conversations that are (still) due."""
    found = _ranked(cutoffs, now_ms, conversations.c.id.in_(ids)).subquery()
    return _delete(connection, list(connection.execute(select(found.c.id)).scalars()))


def delete_binned(connection: Connection, before_ms: int, now_ms: int, most: int) -> Extent:
    """Delete conversations that lie in the bin since before a time, at most ``most``."""
    which = and_(conversations.c.deleted_at < before_ms, ~held(conversations.c.owner_id, now_ms))
    query = select(conversations.c.id).where(which).limit(most)
    return _delete(connection, list(connection.execute(query).scalars()))


def delete_unsent(connection: Connection, before_ms: int, now_ms: int, most: int) -> Extent:
    """Delete files that were attached before a time and never sent, at most ``most``."""
    query = (
        select(files.c.id, files.c.size)
        .where(
            files.c.conversation_id.is_(None),
            files.c.created_at < before_ms,
            ~held(files.c.owner_id, now_ms),
        )
        .limit(most)
    )
    found = connection.execute(query).all()
    connection.execute(delete(files).where(files.c.id.in_([row.id for row in found])))
    return Extent(0, len(found), sum(row.size for row in found))


def forget_log(connection: Connection) -> bool:
    """SQLite: carry the write-ahead log into the database and cut it to nothing; False: it was busy.

    The log keeps what was written before it was deleted. Readers are waited for ``BUSY_MS`` only.
    """
    connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_MS}")
    busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    connection.exec_driver_sql("PRAGMA busy_timeout=5000")
    return not busy


# -- one server at a time ---------------------------------------------------------------------------------


def claim(connection: Connection, now_ms: int, until_ms: int) -> bool:
    """Take the round for this process until a time; False when it is not due or another has it."""
    key = meta.c.key == _ROUND
    if connection.execute(select(meta.c.value).where(key)).first() is None:
        free = insert(meta).values(key=_ROUND, value=_text(0))
        if connection.dialect.name == "postgresql":
            from sqlalchemy.dialects.postgresql import (  # noqa: PLC0415  not at every start
                insert as insert_once,
            )

            free = insert_once(meta).values(key=_ROUND, value=_text(0)).on_conflict_do_nothing()
        connection.execute(free)
    query = update(meta).where(key, meta.c.value <= _text(now_ms)).values(value=_text(until_ms))
    return connection.execute(query).rowcount == 1


def release(connection: Connection, next_ms: int) -> None:
    """The round is done; the next may begin at a time."""
    connection.execute(update(meta).where(meta.c.key == _ROUND).values(value=_text(next_ms)))


def swept(connection: Connection) -> int | None:
    """When the last round ended, in milliseconds; None before the first."""
    value = connection.execute(select(meta.c.value).where(meta.c.key == _SWEPT)).scalar()
    return None if value is None else int(value)


def note_swept(connection: Connection, now_ms: int) -> None:
    """Note that a round has ended."""
    values = {"value": _text(now_ms)}
    if not connection.execute(update(meta).where(meta.c.key == _SWEPT).values(values)).rowcount:
        connection.execute(insert(meta).values(key=_SWEPT, **values))


# -- beneath ----------------------------------------------------------------------------------------------


def _ranked(cutoffs: Cutoffs, now_ms: int, which: ColumnElement[bool] | None = None) -> Any:
    """The conversations that are due, with their class as ``rank``."""
    columns = conversations.c
    said = select(func.max(_rank(messages.c.data_class))).where(
        messages.c.conversation_id == columns.id
    )
    carried = select(func.max(_rank(files.c.data_class))).where(
        files.c.conversation_id == columns.id
    )
    arrived = func.coalesce(
        select(func.max(imported.c.at))
        .where(imported.c.conversation_id == columns.id)
        .correlate(conversations)
        .scalar_subquery(),
        0,
    )  # what was brought along is used from then on, however old it is
    query = select(
        columns.id,
        columns.owner_id,
        columns.title,
        case((arrived > columns.updated_at, arrived), else_=columns.updated_at).label("updated_at"),
        _rank(columns.data_class).label("own"),
        func.coalesce(said.correlate(conversations).scalar_subquery(), 0).label("said"),
        func.coalesce(carried.correlate(conversations).scalar_subquery(), 0).label("carried"),
    ).where(columns.updated_at < max(cutoffs.values(), default=0), ~held(columns.owner_id, now_ms))
    if which is not None:
        query = query.where(which)
    # OFFSET keeps either planner from merging the queries: each use of a class would look it up anew
    found = query.offset(0).subquery()
    highest = case(
        ((found.c.own >= found.c.said) & (found.c.own >= found.c.carried), found.c.own),
        (found.c.said >= found.c.carried, found.c.said),
        else_=found.c.carried,
    )
    over = [
        and_(highest == int(one), found.c.updated_at < cutoff) for one, cutoff in cutoffs.items()
    ]
    return select(
        found.c.id,
        found.c.owner_id,
        found.c.title,
        found.c.updated_at,
        highest.label("rank"),
    ).where(or_(literal(False), *over))


def _rank(column: Any) -> Any:
    return case(
        *((column == one.word, int(one)) for one in DataClass if one is not DataClass.PUBLIC),
        else_=0,
    )


def _delete(connection: Connection, ids: Sequence[str]) -> Extent:
    """Delete the first of these, as many as weigh little enough to hold nobody up, at least one."""
    query = (
        select(files.c.conversation_id, func.count(), func.coalesce(func.sum(files.c.size), 0))
        .where(files.c.conversation_id.in_(ids))
        .group_by(files.c.conversation_id)
    )
    weights = {talk: (count, int(size)) for talk, count, size in connection.execute(query)}
    taken: list[str] = []
    count = size = 0
    for talk in ids:
        more, weight = weights.get(talk, (0, 0))
        if taken and size + weight > BYTES_AT_ONCE:
            break
        taken.append(talk)
        count, size = count + more, size + weight
    connection.execute(delete(conversations).where(conversations.c.id.in_(taken)))
    return Extent(len(taken), count, size)


def _text(at_ms: int) -> str:
    return f"{at_ms:0{_DIGITS}d}"
