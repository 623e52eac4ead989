# SPDX-License-Identifier: EUPL-1.2
"""Verbs of what people read of models beside their cards: SQL in, plain rows out."""

from sqlalchemy import Connection, delete, insert, select

from hausgeist.store.accounts import Row
from hausgeist.store.tables import model_notes


def every(connection: Connection) -> list[Row]:
    """What people read of models, by model."""
    return list(connection.execute(select(model_notes).order_by(model_notes.c.model)).mappings())


def put(connection: Connection, model: str, **columns: object) -> None:
    """Put a note about a model in place of the one there was."""
    connection.execute(delete(model_notes).where(model_notes.c.model == model))
    connection.execute(insert(model_notes).values(model=model, **columns))


def drop(connection: Connection, model: str) -> None:
    """Delete the note about a model."""
    connection.execute(delete(model_notes).where(model_notes.c.model == model))
