# SPDX-License-Identifier: EUPL-1.2
"""Verbs of the ledger of connections: append, and the newest rows."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, insert, select

from hausgeist.store.tables import connections

_INSERT = insert(connections)


def append(connection: Connection, items: Sequence[Mapping[str, object]]) -> list[None]:
    """The one append function: one row per socket that was opened, or denied."""
    connection.execute(_INSERT, list(items))
    return [None] * len(items)


def newest(connection: Connection, limit: int = 100) -> list[dict[str, object]]:
    """The newest rows first: id, at (ms), host, port, reason, allowed."""
    rows = connection.execute(
        select(connections).order_by(connections.c.at.desc(), connections.c.id).limit(limit)
    )
    return [dict(row) for row in rows.mappings()]
