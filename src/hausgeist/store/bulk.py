# SPDX-License-Identifier: EUPL-1.2
"""Many rows in few statements, for the writer's hot verbs.

The drivers release the interpreter's lock at every step of a statement, and a busy event loop takes
milliseconds to give it back: a row per step would cost a group of writes its speed. So rows go out
many to a statement; the texts are few enough for the drivers to keep them prepared.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

LARGEST = 64
"""Rows in one statement. A driver keeps a prepared statement for each number up to it."""


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows, each with a value for every column in the table's order."""
    width = len(table.columns)
    at = 0
    while at < len(rows):
        count = min(LARGEST, len(rows) - at)
        flat = tuple(value for row in rows[at : at + count] for value in row)
        assert len(flat) == count * width
        _run(connection, _insert(table, count, _mark(connection)), flat)
        at += count


def delete_keys(connection: Connection, table: Table, keys: Sequence[str]) -> int:
    """Delete rows by their single-column primary key; gives how many there were."""
    at = gone = 0
    while at < len(keys):
        count = min(LARGEST, len(keys) - at)
        some = tuple(keys[at : at + count])
        gone += _run(connection, _delete(table, count, _mark(connection)), some)
        at += count
    return gone


def _run(connection: Connection, statement: str, values: tuple[Any, ...]) -> int:
    """Execute on the driver's own cursor: SQLAlchemy's context for a statement costs more than the rows.

    Gives how many rows it touched.
    """
    driver = connection.dialect.loaded_dbapi.Error
    cursor = connection.connection.cursor()
    try:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
    except driver as error:  # as SQLAlchemy would raise it, without the values
        raise DBAPIError.instance(
            statement, None, error, driver, hide_parameters=True, dialect=connection.dialect
        ) from error
    finally:
        cursor.close()


def _mark(connection: Connection) -> str:
    return "?" if connection.dialect.name == "sqlite" else "%s"


@cache
def _insert(table: Table, count: int, mark: str) -> str:
    names = ", ".join(column.name for column in table.columns)
    row = "(" + ", ".join([mark] * len(table.columns)) + ")"
    return f"INSERT INTO {table.name} ({names}) VALUES {', '.join([row] * count)}"  # noqa: S608  our own names


@cache
def _delete(table: Table, count: int, mark: str) -> str:
    (key,) = table.primary_key.columns
    return f"DELETE FROM {table.name} WHERE {key.name} IN ({', '.join([mark] * count)})"  # noqa: S608  our own names
