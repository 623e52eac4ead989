# SPDX-License-Identifier: EUPL-1.2
"""Verbs of login sources: the sources themselves, whom they know, and what they say of groups.

A person of a source is named by source and subject; login names and addresses of mail prove nothing.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.exc import OperationalError

from hausgeist.store import accounts
from hausgeist.store.accounts import Row
from hausgeist.store.db import Store
from hausgeist.store.tables import (
    groups,
    login_sources,
    login_subjects,
    memberships,
    meta,
    sessions,
    users,
)

REVISION = "logins_revision"
"""A mark in ``meta`` that tells every process that a source has changed."""

_LOCK = 0x61727276  # any fixed number: PostgreSQL's advisory lock around arrivals


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A source as it is stored: ``settings`` is JSON text, ``sealed_secret`` cipher text or None."""

    id: str
    kind: str
    settings: str
    sealed_secret: bytes | None
    enabled: bool
    updated_at: int


# -- sources --------------------------------------------------------------------------------------


def every(connection: Connection) -> list[SourceRow]:
    """All sources, by id: the order in which directories are asked."""
    rows = connection.execute(select(login_sources).order_by(login_sources.c.id)).mappings()
    return [SourceRow(**dict(row)) for row in rows]


def one(connection: Connection, source: str) -> SourceRow | None:
    """A source; None when there is none."""
    query = select(login_sources).where(login_sources.c.id == source)
    row = connection.execute(query).mappings().first()
    return None if row is None else SourceRow(**dict(row))


def save(connection: Connection, row: SourceRow) -> None:
    """Write a source, new or not."""
    values = {
        "kind": row.kind,
        "settings": row.settings,
        "sealed_secret": row.sealed_secret,
        "enabled": row.enabled,
        "updated_at": row.updated_at,
    }
    query = update(login_sources).where(login_sources.c.id == row.id).values(values)
    if not connection.execute(query).rowcount:
        connection.execute(insert(login_sources).values(id=row.id, **values))
    mark(connection)


def remove(connection: Connection, source: str) -> dict[str, int]:
    """Delete a source with what came from it: links, memberships, sessions; gives how many of each."""
    gone = {
        "links": connection.execute(
            delete(login_subjects).where(login_subjects.c.source == source)
        ).rowcount,
        "memberships": connection.execute(
            delete(memberships).where(memberships.c.source == source)
        ).rowcount,
        "sessions": connection.execute(
            delete(sessions).where(sessions.c.source == source)
        ).rowcount,
    }
    connection.execute(delete(login_sources).where(login_sources.c.id == source))
    connection.execute(delete(meta).where(meta.c.key == f"logins_checked:{source}"))
    mark(connection)
    return gone


def mark(connection: Connection) -> None:
    """Set a new revision: another value, not a greater one, so that no two writers need to agree."""
    accounts.write_meta(connection, REVISION, secrets.token_hex(8))


async def revision(store: Store) -> str | None:
    """The mark; empty before the first one, None while the database does not answer."""
    try:
        return await store.read(lambda connection: accounts.read_meta(connection, REVISION)) or ""
    except OperationalError:
        return None


# -- whom a source knows ----------------------------------------------------------------------------


def one_at_a_time(connection: Connection) -> None:
    """Let arrivals pass one by one, until the commit. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def owner(connection: Connection, source: str, subject: str) -> Row | None:
    """The account that a source's subject is linked to; None when there is none."""
    query = (
        select(users.c.id, users.c.role, users.c.group_id, users.c.active)
        .select_from(login_subjects.join(users, login_subjects.c.user_id == users.c.id))
        .where(login_subjects.c.source == source, login_subjects.c.subject == subject)
    )
    return connection.execute(query).mappings().first()


def link(connection: Connection, source: str, subject: str, user_id: str, now_ms: int) -> bool:
    """Link a subject to an account; False when either has a link of this source already."""
    taken = select(login_subjects.c.subject).where(
        login_subjects.c.source == source,
        (login_subjects.c.subject == subject) | (login_subjects.c.user_id == user_id),
    )
    if connection.execute(taken).first() is not None:
        return False
    connection.execute(
        insert(login_subjects).values(
            source=source, subject=subject, user_id=user_id, created_at=now_ms
        )
    )
    return True


def unlink(connection: Connection, source: str, user_id: str) -> dict[str, int] | None:
    """Take an account's link back, with what came by it; None when there is none."""
    query = delete(login_subjects).where(
        login_subjects.c.source == source, login_subjects.c.user_id == user_id
    )
    if not connection.execute(query).rowcount:
        return None
    of_source = delete(memberships).where(
        memberships.c.source == source, memberships.c.user_id == user_id
    )
    return {
        "memberships": connection.execute(of_source).rowcount,
        "sessions": end_sessions(connection, source, user_id=user_id),
    }


def links(connection: Connection, source: str) -> list[Row]:
    """The linked accounts of a source, by login."""
    query = (
        select(
            login_subjects.c.subject,
            login_subjects.c.user_id,
            login_subjects.c.created_at,
            users.c.login,
            users.c.name,
            users.c.active,
        )
        .select_from(login_subjects.join(users, login_subjects.c.user_id == users.c.id))
        .where(login_subjects.c.source == source)
        .order_by(users.c.login)
    )
    return list(connection.execute(query).mappings())


def count_links(connection: Connection, source: str) -> int:
    """How many accounts are linked to a source."""
    query = select(login_subjects.c.subject).where(login_subjects.c.source == source)
    return len(connection.execute(query).all())


def has_memberships(connection: Connection, user_id: str, source: str) -> frozenset[str]:
    """The groups that a source put a person into."""
    query = select(memberships.c.group_id).where(
        memberships.c.user_id == user_id, memberships.c.source == source
    )
    return frozenset(connection.execute(query).scalars())


def set_memberships(
    connection: Connection, user_id: str, source: str, wanted: Collection[str]
) -> tuple[list[str], list[str]]:
    """Bring what a source says of a person's groups into the house; gives added and removed.

    What an administrator or another source said stays as it is.
    """
    before = has_memberships(connection, user_id, source)
    gone = sorted(before - set(wanted))
    if gone:
        connection.execute(
            delete(memberships).where(
                memberships.c.user_id == user_id,
                memberships.c.source == source,
                memberships.c.group_id.in_(gone),
            )
        )
    query = select(memberships.c.group_id).where(memberships.c.user_id == user_id)
    there = set(connection.execute(query).scalars())
    new = sorted(set(wanted) - there)
    if new:
        connection.execute(
            insert(memberships),
            [{"user_id": user_id, "group_id": group, "source": source} for group in new],
        )
    return new, gone


def existing_groups(connection: Connection, wanted: Collection[str]) -> frozenset[str]:
    """Those of the groups that there are."""
    query = select(groups.c.id).where(groups.c.id.in_(list(wanted)))
    return frozenset(connection.execute(query).scalars())


# -- sessions ------------------------------------------------------------------------------------------


def end_sessions(
    connection: Connection,
    source: str,
    *,
    session: str | None = None,
    user_id: str | None = None,
) -> int:
    """End sessions that came from a source: those it calls ``session``, and of ``user_id``.

    Either narrows; without both nothing is ended.
    """
    query = delete(sessions).where(sessions.c.source == source)
    if session is None and user_id is None:
        return 0
    if session is not None:
        query = query.where(sessions.c.source_session == session)
    if user_id is not None:
        query = query.where(sessions.c.user_id == user_id)
    return connection.execute(query).rowcount


def source_of_session(connection: Connection, session_id: str) -> str | None:
    """The source that a session came from; None for a password of ours."""
    query = select(sessions.c.source).where(sessions.c.id == session_id)
    return connection.execute(query).scalar()


# -- the daily look ------------------------------------------------------------------------------------


def day_taken(connection: Connection, source: str, day: int) -> bool:
    """Whether somebody has looked through a source on a day (since the epoch)."""
    return accounts.read_meta(connection, f"logins_checked:{source}") == str(day)


def take_day(connection: Connection, source: str, day: int) -> bool:
    """Whether this process is the first to look through a source on a day (since the epoch)."""
    one_at_a_time(connection)
    if day_taken(connection, source, day):
        return False
    accounts.write_meta(connection, f"logins_checked:{source}", str(day))
    return True


def active_links(connection: Connection, source: str) -> Sequence[tuple[str, str]]:
    """Subject and account of every active account that is linked to a source."""
    return [(row["subject"], row["user_id"]) for row in links(connection, source) if row["active"]]
