# SPDX-License-Identifier: EUPL-1.2
"""Verbs of readings: who asked to read somebody else's conversation, why, who agreed, and when it was read.

Words of a conversation come out of ``words`` alone, and only while its conditions hold in the same query.
"""

from typing import Any

from sqlalchemy import Connection, Select, func, insert, or_, select, update

from hausgeist.store.accounts import Row
from hausgeist.store.tables import conversations, messages, readings, users


def days_of(
    connection: Connection, owner_id: str, first_ms: int, end_ms: int, most: int
) -> list[Row]:
    """A person's conversations that were used in a span: ``id``, ``created_at``, ``updated_at``, no words."""
    query = (
        select(conversations.c.id, conversations.c.created_at, conversations.c.updated_at)
        .where(
            conversations.c.owner_id == owner_id,
            conversations.c.deleted_at.is_(None),
            conversations.c.updated_at >= first_ms,
            conversations.c.created_at < end_ms,
        )
        .order_by(conversations.c.updated_at.desc(), conversations.c.id)
        .limit(most)
    )
    return list(connection.execute(query).mappings())


def owner_of(connection: Connection, conversation_id: str) -> str | None:
    """Whose conversation it is; None where there is none, or it lies in the bin."""
    query = select(conversations.c.owner_id).where(
        conversations.c.id == conversation_id, conversations.c.deleted_at.is_(None)
    )
    return connection.execute(query).scalar()


def add(connection: Connection, **columns: object) -> None:
    """Note that somebody asks."""
    connection.execute(insert(readings).values(**columns))


def find(connection: Connection, reading_id: str) -> Row | None:
    """A reading with the names of who asked, who agreed and whose it is; None when there is none."""
    return connection.execute(_named().where(readings.c.id == reading_id)).mappings().first()


def newest(connection: Connection, most: int) -> list[Row]:
    """Readings, the newest first."""
    query = _named().order_by(readings.c.created_at.desc(), readings.c.id).limit(most)
    return list(connection.execute(query).mappings())


def of_owner(connection: Connection, owner_id: str, most: int) -> list[Row]:
    """Readings of a person's conversations, the newest first."""
    query = (
        _named()
        .where(readings.c.owner_id == owner_id)
        .order_by(readings.c.created_at.desc(), readings.c.id)
        .limit(most)
    )
    return list(connection.execute(query).mappings())


def change(connection: Connection, reading_id: str, was: str, **columns: object) -> bool:
    """Change a reading that is in a state; False when it no longer is."""
    query = update(readings).where(readings.c.id == reading_id, readings.c.state == was)
    return connection.execute(query.values(**columns)).rowcount == 1


def opened(connection: Connection, reading_id: str, reader_id: str, now_ms: int) -> bool:
    """Count an opening; False unless it is granted to this reader, and its time is not over."""
    query = (
        update(readings)
        .where(_open(reading_id, reader_id, now_ms))
        .values(
            opened_at=func.coalesce(readings.c.opened_at, now_ms),
            read_at=now_ms,
            openings=readings.c.openings + 1,
            changed_at=now_ms,
        )
    )
    return connection.execute(query).rowcount == 1


def words(connection: Connection, reading_id: str, reader_id: str, now_ms: int) -> list[Row]:
    """The messages of a conversation that this reader may read now, in the order they came."""
    query = (
        select(messages.c.role, messages.c.parts, messages.c.created_at, messages.c.model)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .join(
            readings,
            (readings.c.conversation_id == conversations.c.id)
            & (readings.c.owner_id == conversations.c.owner_id),
        )
        .where(_open(reading_id, reader_id, now_ms), conversations.c.deleted_at.is_(None))
        .order_by(messages.c.created_at, messages.c.id)
    )
    return list(connection.execute(query).mappings())


def news(connection: Connection, owner_id: str) -> int:
    """How many readings of a person's conversations have news that the person has not seen."""
    query = select(func.count()).where(
        readings.c.owner_id == owner_id,
        or_(readings.c.seen_at.is_(None), readings.c.seen_at < readings.c.changed_at),
    )
    return int(connection.execute(query).scalar_one())


def seen(connection: Connection, owner_id: str, now_ms: int) -> None:
    """Note that the person has seen them all."""
    connection.execute(
        update(readings).where(readings.c.owner_id == owner_id).values(seen_at=now_ms)
    )


def _open(reading_id: str, reader_id: str, now_ms: int) -> Any:
    return (
        (readings.c.id == reading_id)
        & (readings.c.asked_by == reader_id)
        & (readings.c.state == "granted")
        & (readings.c.second_id != reader_id)
        & (readings.c.expires_at > now_ms)
    )


def _named() -> Select[Any]:
    asker, second, owner = users.alias("asker"), users.alias("second"), users.alias("owner")
    return (
        select(
            readings,
            asker.c.name.label("asker_name"),
            second.c.name.label("second_name"),
            owner.c.name.label("owner_name"),
            owner.c.login.label("owner_login"),
        )
        .join(owner, owner.c.id == readings.c.owner_id)
        .outerjoin(asker, asker.c.id == readings.c.asked_by)
        .outerjoin(second, second.c.id == readings.c.second_id)
    )
