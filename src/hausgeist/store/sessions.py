# SPDX-License-Identifier: EUPL-1.2
"""Verbs of sessions: a session is named by the SHA-256 of its cookie, never by the cookie."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, update

from hausgeist.store.accounts import Row
from hausgeist.store.tables import groups, sessions, users


def add(
    connection: Connection,
    session_id: str,
    user_id: str,
    now_ms: int,
    expires_at: int,
    *,
    source: str | None = None,
    source_session: str | None = None,
) -> None:
    """Add a session, and drop those of everybody that are over.

    ``source``: the login source it came from, and what that calls the session.
    """
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now_ms))
    connection.execute(
        insert(sessions).values(
            id=session_id,
            user_id=user_id,
            created_at=now_ms,
            seen_at=now_ms,
            expires_at=expires_at,
            source=source,
            source_session=source_session,
        )
    )


def find(connection: Connection, session_id: str) -> Row | None:
    """A session with its person's columns prefixed ``user_``; None when there is none."""
    query = (
        select(
            sessions,
            users.c.name.label("user_name"),
            users.c.role.label("user_role"),
            users.c.active.label("user_active"),
            users.c.locale.label("user_locale"),
            users.c.theme.label("user_theme"),
            users.c.must_change.label("user_must_change"),
            users.c.group_id.label("user_group"),
            groups.c.cost_centre.label("group_cost_centre"),
        )
        .select_from(sessions.join(users, sessions.c.user_id == users.c.id))
        .join(groups, users.c.group_id == groups.c.id)
        .where(sessions.c.id == session_id)
    )
    return connection.execute(query).mappings().first()


def touch(connection: Connection, items: Sequence[tuple[str, int, int]]) -> list[None]:
    """Note that sessions were used: id, seen at, expires at (milliseconds)."""
    for session_id, seen_at, expires_at in items:
        connection.execute(
            update(sessions)
            .where(sessions.c.id == session_id)
            .values(seen_at=seen_at, expires_at=expires_at)
        )
    return [None] * len(items)


def of_person(connection: Connection, user_id: str, now_ms: int) -> list[Row]:
    """A person's running sessions, the newest first."""
    query = (
        select(sessions)
        .where(sessions.c.user_id == user_id, sessions.c.expires_at > now_ms)
        .order_by(sessions.c.created_at.desc())
    )
    return list(connection.execute(query).mappings())


def end(connection: Connection, session_id: str) -> str | None:
    """End a session; gives whose it was, None when there is none."""
    owner = connection.execute(
        select(sessions.c.user_id).where(sessions.c.id == session_id)
    ).scalar()
    connection.execute(delete(sessions).where(sessions.c.id == session_id))
    return owner


def end_all(connection: Connection, user_id: str, but: str | None = None) -> int:
    """End a person's sessions, ``but`` one; gives how many."""
    query = delete(sessions).where(sessions.c.user_id == user_id)
    if but is not None:
        query = query.where(sessions.c.id != but)
    return connection.execute(query).rowcount
