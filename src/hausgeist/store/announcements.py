# SPDX-License-Identifier: EUPL-1.2
"""Verbs of announcements: SQL in, plain rows out."""

from sqlalchemy import Connection, delete, insert, or_, select, update

from hausgeist.store.accounts import Row
from hausgeist.store.tables import announcements


def every(connection: Connection) -> list[Row]:
    """All announcements, the newest first."""
    query = select(announcements).order_by(announcements.c.created_at.desc(), announcements.c.id)
    return list(connection.execute(query).mappings())


def unended(connection: Connection, now_ms: int) -> list[Row]:
    """Announcements that are shown now or will be, the oldest first."""
    query = (
        select(announcements)
        .where(or_(announcements.c.ends_at.is_(None), announcements.c.ends_at > now_ms))
        .order_by(announcements.c.created_at, announcements.c.id)
    )
    return list(connection.execute(query).mappings())


def find(connection: Connection, announcement_id: str) -> Row | None:
    """An announcement; None when there is none."""
    query = select(announcements).where(announcements.c.id == announcement_id)
    return connection.execute(query).mappings().first()


def add(connection: Connection, **columns: object) -> None:
    """Add an announcement."""
    connection.execute(insert(announcements).values(**columns))


def change(connection: Connection, announcement_id: str, **columns: object) -> None:
    """Change columns of an announcement."""
    connection.execute(
        update(announcements).where(announcements.c.id == announcement_id).values(**columns)
    )


def remove(connection: Connection, announcement_id: str) -> None:
    """Delete an announcement."""
    connection.execute(delete(announcements).where(announcements.c.id == announcement_id))
