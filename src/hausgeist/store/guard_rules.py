# SPDX-License-Identifier: EUPL-1.2
"""Verbs of the guards' rules: SQL in, plain rows out. A shipped rule has a row only once it was switched."""

from sqlalchemy import Connection, delete, insert, select, update

from hausgeist.store.accounts import Row
from hausgeist.store.tables import guard_rules


def every(connection: Connection) -> list[Row]:
    """All rows, by id: id, body (JSON, empty of a shipped one), enabled."""
    rows = connection.execute(select(guard_rules).order_by(guard_rules.c.id))
    return list(rows.mappings())


def put(connection: Connection, rule_id: str, body: str, *, enabled: bool, now_ms: int) -> None:
    """Add or replace a row."""
    values = {"body": body, "enabled": enabled, "updated_at": now_ms}
    changed = connection.execute(
        update(guard_rules).where(guard_rules.c.id == rule_id).values(**values)
    )
    if not changed.rowcount:
        connection.execute(insert(guard_rules).values(id=rule_id, **values))


def remove(connection: Connection, rule_id: str) -> None:
    """Delete a row."""
    connection.execute(delete(guard_rules).where(guard_rules.c.id == rule_id))
