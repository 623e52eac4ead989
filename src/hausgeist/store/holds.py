# SPDX-License-Identifier: EUPL-1.2
"""Verbs of legal holds: whose data may not be deleted for now. SQL in, values out.

A hold is on one person, on a group (everybody in it, whichever way) or, with neither, on everybody. It
lasts from its beginning until ``ended_at``, which may lie ahead; None: until somebody ends it.
"""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select, update

from hausgeist.store.tables import groups, holds, memberships, users


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold; times are milliseconds since the epoch."""

    id: str
    user_id: str | None
    group_id: str | None
    reason: str
    created_at: int
    ended_at: int | None

    def lasts(self, now_ms: int) -> bool:
        """Whether it is in force."""
        return self.ended_at is None or self.ended_at > now_ms


def add(connection: Connection, hold: Hold) -> bool:
    """Place a hold; False when there is no such person or group."""
    for column, value in ((users.c.id, hold.user_id), (groups.c.id, hold.group_id)):
        known = value is None or connection.execute(select(column).where(column == value)).first()
        if not known:
            return False
    connection.execute(insert(holds).values(**asdict(hold)))
    return True


def find(connection: Connection, hold_id: str) -> Hold | None:
    """A hold; None when there is none."""
    row = connection.execute(select(holds).where(holds.c.id == hold_id)).mappings().first()
    return None if row is None else Hold(**row)


def end(connection: Connection, hold_id: str, at_ms: int) -> None:
    """End a hold."""
    connection.execute(update(holds).where(holds.c.id == hold_id).values(ended_at=at_ms))


def listed(connection: Connection) -> list[tuple[Hold, str | None]]:
    """All holds, the newest first, each with the name of the person it is on."""
    query = (
        select(holds, users.c.name)
        .join(users, holds.c.user_id == users.c.id, isouter=True)
        .order_by(holds.c.created_at.desc(), holds.c.id)
    )
    found = []
    for row in connection.execute(query).mappings():
        values = dict(row)
        name = values.pop("name")
        found.append((Hold(**values), name))
    return found


def on_person(connection: Connection, user_id: str, now_ms: int) -> list[Hold]:
    """The holds that keep a person's data now, the oldest first."""
    query = (
        select(holds)
        .where(_in_force(now_ms), _reaches(user_id))
        .order_by(holds.c.created_at, holds.c.id)
    )
    return [Hold(**row) for row in connection.execute(query).mappings()]


def held(owner: Any, now_ms: int) -> ColumnElement[bool]:
    """A clause: the data of ``owner`` (a column with a person's id) are held now."""
    which = select(holds.c.id).where(_in_force(now_ms), _reaches(owner))
    return which.correlate_except(holds).exists()


def _in_force(now_ms: int) -> ColumnElement[bool]:
    return or_(holds.c.ended_at.is_(None), holds.c.ended_at > now_ms)


def _reaches(owner: Any) -> ColumnElement[bool]:
    pays = select(users.c.group_id).where(users.c.id == owner).correlate_except(users)
    # named, because a select only finds by itself what encloses it at once, and ``owner`` is further out
    others = (
        select(memberships.c.group_id)
        .where(memberships.c.user_id == owner)
        .correlate_except(memberships)
    )
    return or_(
        and_(holds.c.user_id.is_(None), holds.c.group_id.is_(None)),
        holds.c.user_id == owner,
        holds.c.group_id.in_(pays),
        holds.c.group_id.in_(others),
    )
