# SPDX-License-Identifier: EUPL-1.2
"""What is closed to an account's holder: conversations and files from before somebody else had the login.

Whoever makes somebody a new password could log in as that person. So what was there until then is marked,
and every query for an owner leaves out what is marked (``still_open``), until the person shows to be the
same as before, or two others say so. Retention, holds and erasure take no notice of the mark.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from hausgeist.store.accounts import Row
from hausgeist.store.tables import conversations, files, users


def still_open(table: Any) -> ColumnElement[bool]:
    """The one condition: a conversation or file is not closed to its owner."""
    found: ColumnElement[bool] = table.c.closed_at.is_(None)
    return found


def close(connection: Connection, user_id: str, now_ms: int, by: str | None) -> int | None:
    """Close what a person has now; gives how many conversations, None where there was nothing to close.

    ``by`` is a person's id where one did it: they are the first of the two who may open it again. What
    opens it is the password from before the first closing.
    """
    row = state(connection, user_id)
    if row is None or (
        row["must_change"] and row["closed_before"] is None and not _has(connection, user_id)
    ):
        return None  # nobody has used the account yet
    columns: dict[str, object] = {"closed_before": now_ms, "release_by": by}
    if row["closed_before"] is None:
        columns["opens_hash"] = row["password_hash"]
    connection.execute(update(users).where(users.c.id == user_id).values(**columns))
    count = 0
    for table in (files, conversations):
        query = update(table).where(table.c.owner_id == user_id, table.c.closed_at.is_(None))
        count = connection.execute(query.values(closed_at=now_ms)).rowcount
    return count


def reopen(connection: Connection, user_id: str) -> int | None:
    """Open everything again; gives how many conversations, None where nothing was closed."""
    query = update(users).where(users.c.id == user_id, users.c.closed_before.is_not(None))
    values = {"closed_before": None, "opens_hash": None, "release_by": None}
    if connection.execute(query.values(**values)).rowcount == 0:
        return None
    count = 0
    for table in (files, conversations):
        closed = update(table).where(table.c.owner_id == user_id, table.c.closed_at.is_not(None))
        count = connection.execute(closed.values(closed_at=None)).rowcount
    return count


def state(connection: Connection, user_id: str) -> Row | None:
    """What closes and opens an account's older things; None when there is no such person."""
    query = select(
        users.c.id,
        users.c.active,
        users.c.must_change,
        users.c.password_hash,
        users.c.closed_before,
        users.c.opens_hash,
        users.c.recovery_hash,
        users.c.release_by,
    ).where(users.c.id == user_id)
    return connection.execute(query).mappings().first()


def extent(connection: Connection, user_id: str) -> tuple[int, int]:
    """How many conversations and files of a person are closed."""
    found = [
        connection.execute(
            select(func.count()).where(table.c.owner_id == user_id, table.c.closed_at.is_not(None))
        ).scalar_one()
        for table in (conversations, files)
    ]
    return found[0], found[1]


def accounts_closed(connection: Connection) -> list[Row]:
    """The people some of whose things are closed, the longest first."""
    query = (
        select(users.c.id, users.c.login, users.c.name, users.c.closed_before, users.c.release_by)
        .where(users.c.closed_before.is_not(None), users.c.active.is_(True))
        .order_by(users.c.closed_before, users.c.id)
    )
    return list(connection.execute(query).mappings())


def set_release(connection: Connection, user_id: str, by: str) -> None:
    """Note who is the first of the two."""
    connection.execute(update(users).where(users.c.id == user_id).values(release_by=by))


def set_recovery(connection: Connection, user_id: str, hashed: str | None) -> None:
    """Keep the hash of a recovery code."""
    connection.execute(update(users).where(users.c.id == user_id).values(recovery_hash=hashed))


def _has(connection: Connection, user_id: str) -> bool:
    return any(
        connection.execute(select(table.c.id).where(table.c.owner_id == user_id).limit(1)).first()
        is not None
        for table in (conversations, files)
    )
