# SPDX-License-Identifier: EUPL-1.2
"""Verbs of the border's policies: one draft, one proposal, one in force, and those that were."""

from dataclasses import asdict, dataclass
from typing import Literal

from sqlalchemy import Connection, delete, func, insert, select, update

from hausgeist.store.tables import policies

DRAFT = "draft"
"""The version under which the draft is kept: there is one at most."""

State = Literal["draft", "proposed", "active", "retired", "rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRow:
    """A policy as it is stored: ``body`` is its file; moments in milliseconds since the epoch."""

    version: str
    number: int
    body: str
    state: State
    author_id: str | None = None
    second_id: str | None = None
    created_at: int = 0
    proposed_at: int | None = None
    active_from: int | None = None
    active_until: int | None = None


def every(connection: Connection) -> list[PolicyRow]:
    """All of them, the newest first."""
    rows = connection.execute(select(policies).order_by(policies.c.number.desc())).mappings()
    return [PolicyRow(**dict(row)) for row in rows]


def get(connection: Connection, version: str) -> PolicyRow | None:
    """One version."""
    found = connection.execute(select(policies).where(policies.c.version == version))
    row = found.mappings().first()
    return None if row is None else PolicyRow(**dict(row))


def in_state(connection: Connection, state: State) -> PolicyRow | None:
    """The newest one in a state."""
    found = connection.execute(
        select(policies).where(policies.c.state == state).order_by(policies.c.number.desc())
    )
    row = found.mappings().first()
    return None if row is None else PolicyRow(**dict(row))


def save_draft(connection: Connection, body: str, now_ms: int) -> None:
    """Write the draft, new or not; it is nobody's before somebody proposes it."""
    values = {"body": body, "created_at": now_ms}
    done = connection.execute(update(policies).where(policies.c.version == DRAFT).values(values))
    if not done.rowcount:
        connection.execute(
            insert(policies).values(version=DRAFT, number=0, state="draft", **values)
        )


def drop_draft(connection: Connection) -> int:
    """Forget the draft; gives whether there was one."""
    return connection.execute(delete(policies).where(policies.c.version == DRAFT)).rowcount


def next_number(connection: Connection) -> int:
    """The number of the next version."""
    found = connection.execute(select(func.max(policies.c.number))).scalar()
    return int(found or 0) + 1


def add(connection: Connection, row: PolicyRow) -> None:
    """Add a version; its body is never changed again."""
    connection.execute(insert(policies).values(asdict(row)))


def reject(connection: Connection, version: str, second_id: str | None, now_ms: int) -> int:
    """Turn a proposal down; gives whether it was one."""
    return connection.execute(
        update(policies)
        .where((policies.c.version == version) & (policies.c.state == "proposed"))
        .values(state="rejected", second_id=second_id, active_until=now_ms)
    ).rowcount


def retire(connection: Connection, now_ms: int) -> None:
    """End the version in force."""
    connection.execute(
        update(policies)
        .where(policies.c.state == "active")
        .values(state="retired", active_until=now_ms)
    )


def activate(connection: Connection, version: str, second_id: str | None, now_ms: int) -> int:
    """Put a proposal into force in the place of what is; gives whether it was one."""
    retire(connection, now_ms)
    return connection.execute(
        update(policies)
        .where((policies.c.version == version) & (policies.c.state == "proposed"))
        .values(state="active", second_id=second_id, active_from=now_ms)
    ).rowcount
