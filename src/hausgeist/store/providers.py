# SPDX-License-Identifier: EUPL-1.2
"""Verbs of the configured providers, and the mark that tells every process that one has changed."""

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import OperationalError

from hausgeist.store.db import Store
from hausgeist.store.tables import meta, providers

REVISION = "config_revision"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRow:
    """A provider as it is stored: ``settings`` is JSON text, ``sealed_key`` cipher text or None."""

    id: str
    settings: str
    sealed_key: bytes | None
    enabled: bool
    world_confirmed_at: int | None
    updated_at: int


def every(connection: Connection) -> list[ProviderRow]:
    """All rows, by id."""
    rows = connection.execute(select(providers).order_by(providers.c.id)).mappings()
    return [ProviderRow(**dict(row)) for row in rows]


def save(connection: Connection, row: ProviderRow) -> None:
    """Write a row, new or not."""
    values = {
        "settings": row.settings,
        "sealed_key": row.sealed_key,
        "enabled": row.enabled,
        "world_confirmed_at": row.world_confirmed_at,
        "updated_at": row.updated_at,
    }
    done = connection.execute(update(providers).where(providers.c.id == row.id).values(values))
    if not done.rowcount:
        connection.execute(insert(providers).values(id=row.id, **values))
    mark(connection)


def remove(connection: Connection, provider: str) -> None:
    """Delete a row; what it was is gone, its key with it."""
    connection.execute(delete(providers).where(providers.c.id == provider))
    mark(connection)


def mark(connection: Connection) -> None:
    """Set a new revision: another value, not a greater one, so that no two writers need to agree."""
    value = secrets.token_hex(8)
    done = connection.execute(update(meta).where(meta.c.key == REVISION).values(value=value))
    if not done.rowcount:
        connection.execute(insert(meta).values(key=REVISION, value=value))


async def revision(store: Store) -> str | None:
    """The mark; empty before the first one, None while the database does not answer."""

    def read(connection: Connection) -> str:
        found = connection.execute(select(meta.c.value).where(meta.c.key == REVISION))
        return found.scalar_one_or_none() or ""

    try:
        return await store.read(read)
    except OperationalError:
        return None
