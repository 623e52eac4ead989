# SPDX-License-Identifier: EUPL-1.2
"""Verbs of appeals: what people say to a rule that marked or stopped something. SQL in, plain rows out."""

from sqlalchemy import Connection, delete, func, insert, select, update

from hausgeist.store.accounts import Row
from hausgeist.store.tables import appeals, users


def of_person(connection: Connection, owner_id: str) -> list[Row]:
    """A person's appeals, the newest first."""
    query = select(appeals).where(appeals.c.owner_id == owner_id)
    query = query.order_by(appeals.c.created_at.desc(), appeals.c.id)
    return list(connection.execute(query).mappings())


def waiting(connection: Connection, limit: int = 200) -> list[Row]:
    """Those that wait for an answer, the oldest first, with their person's name."""
    query = (
        select(appeals, users.c.name)
        .join(users, users.c.id == appeals.c.owner_id)
        .where(appeals.c.state == "open")
        .order_by(appeals.c.created_at, appeals.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).mappings())


def count_waiting(connection: Connection, owner_id: str) -> int:
    """How many of a person's wait."""
    query = select(func.count()).where(
        (appeals.c.owner_id == owner_id) & (appeals.c.state == "open")
    )
    return connection.execute(query.select_from(appeals)).scalar_one()


def add(connection: Connection, **columns: object) -> None:
    """Add an appeal."""
    connection.execute(insert(appeals).values(**columns))


def end(connection: Connection, appeal_id: str, *, state: str, answer: str, now_ms: int) -> bool:
    """Answer one that waits; False when there is none."""
    done = connection.execute(
        update(appeals)
        .where((appeals.c.id == appeal_id) & (appeals.c.state == "open"))
        .values(state=state, answer=answer, ended_at=now_ms)
    )
    return bool(done.rowcount)


def exported(connection: Connection, owner_id: str) -> list[dict[str, object]]:
    """A person's appeals, to take along."""
    return [dict(row) for row in of_person(connection, owner_id)]


def erase(connection: Connection, owner_id: str) -> int:
    """Erase a person's appeals; gives how many."""
    return connection.execute(delete(appeals).where(appeals.c.owner_id == owner_id)).rowcount
