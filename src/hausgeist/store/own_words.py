# SPDX-License-Identifier: EUPL-1.2
"""Verbs of the organisation's own words: SQL in, plain rows out."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from hausgeist.store.accounts import Row
from hausgeist.store.tables import own_words

CHUNK = 500
"""Rows of one statement."""


def mark(connection: Connection) -> tuple[Any, ...]:
    """What changes when any row is added or deleted."""
    table = own_words.c
    query = select(
        func.count(), func.max(table.created_at), func.min(table.id), func.max(table.id)
    ).select_from(own_words)
    return tuple(connection.execute(query).one())


def every(connection: Connection) -> list[Row]:
    """All of them, in the order of the alphabet."""
    query = select(own_words).order_by(own_words.c.value, own_words.c.id)
    return list(connection.execute(query).mappings())


def search(
    connection: Connection, words: str, kind: str, *, hide: bool | None, offset: int, count: int
) -> tuple[list[Row], int]:
    """A page of those that contain ``words``, and how many there are. Empty or None: whatever."""
    where = []
    if words:
        where.append(func.lower(own_words.c.value).contains(words.lower(), autoescape=True))
    if kind:
        where.append(own_words.c.kind == kind)
    if hide is not None:
        where.append(own_words.c.hide == hide)
    query = select(own_words).where(*where)
    total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    page = query.order_by(own_words.c.value, own_words.c.id).offset(offset).limit(count)
    return list(connection.execute(page).mappings()), total


def known(connection: Connection) -> set[tuple[str, bool, bool]]:
    """Value in lower case, hide and pattern of each: what is not to be added twice."""
    query = select(own_words.c.value, own_words.c.hide, own_words.c.pattern)
    return {(value.lower(), hide, pattern) for value, hide, pattern in connection.execute(query)}


def add(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows."""
    for start in range(0, len(rows), CHUNK):
        connection.execute(insert(own_words), list(rows[start : start + CHUNK]))


def remove(connection: Connection, ids: Iterable[str]) -> list[Row]:
    """Delete rows; gives those that were there."""
    wanted = list(dict.fromkeys(ids))
    gone: list[Row] = []
    for start in range(0, len(wanted), CHUNK):
        within = own_words.c.id.in_(wanted[start : start + CHUNK])
        gone += connection.execute(select(own_words).where(within)).mappings()
        connection.execute(delete(own_words).where(within))
    return gone
