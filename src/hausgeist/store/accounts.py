# SPDX-License-Identifier: EUPL-1.2
"""Verbs of people, groups, sessions and keys: SQL in, plain rows out."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from hausgeist.store.tables import api_keys, groups, users

Row = Mapping[str, Any]


def add_group(connection: Connection, group_id: str, title: str, now_ms: int) -> None:
    """Add a group unless it exists."""
    if connection.execute(select(groups.c.id).where(groups.c.id == group_id)).first() is None:
        connection.execute(insert(groups).values(id=group_id, title=title, created_at=now_ms))


def add_key(connection: Connection, **columns: object) -> None:
    """Add an API key; ``hash`` is the SHA-256 of what was shown once."""
    connection.execute(insert(api_keys).values(**columns))


def key_by_hash(connection: Connection, digest: str) -> Row | None:
    """A key with its owner's columns prefixed ``user_``; None when there is none."""
    query = (
        select(
            api_keys,
            users.c.name.label("user_name"),
            users.c.role.label("user_role"),
            users.c.active.label("user_active"),
            users.c.locale.label("user_locale"),
            groups.c.cost_centre.label("group_cost_centre"),
        )
        .select_from(api_keys.outerjoin(users, api_keys.c.user_id == users.c.id))
        .join(groups, api_keys.c.group_id == groups.c.id)
        .where(api_keys.c.hash == digest)
    )
    return connection.execute(query).mappings().first()


def touch_key(connection: Connection, key_id: str, day: int) -> None:
    """Note the day on which a key was last used."""
    connection.execute(update(api_keys).where(api_keys.c.id == key_id).values(used_day=day))
