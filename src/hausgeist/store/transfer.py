# SPDX-License-Identifier: EUPL-1.2
"""A whole database into another: for backups, for restoring them, and for moving house.

Tables go in the order of their references, rows in batches (counts that triggers keep come by
themselves); the source is read in one transaction, so that
the copy is of one moment while others go on writing. The target must be empty.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    MetaData,
    Table,
    delete,
    event,
    func,
    insert,
    inspect,
    select,
    text,
)

from hausgeist.errors import SetupError
from hausgeist.store import schema
from hausgeist.store.db import Store, sqlite_url
from hausgeist.store.tables import meta, metadata, task_tallies

BATCH = 500


def move(source: Store, target: Store) -> dict[str, int]:
    """Copy all rows from one database at our schema to another; gives the rows by table.

    Raises:
        SetupError: the target holds data already.
    """
    target.read_now(_check_empty)
    with _one_moment(source) as reading:

        def write(writing: Connection) -> dict[str, int]:
            writing.execute(delete(meta))  # the version note that every new database has
            ours = [one for one in metadata.sorted_tables if one is not task_tallies]
            return {table.name: _copy(reading, writing, table) for table in ours}

        return target.write_now(write)


def snapshot(source: Store, path: Path) -> None:
    """Write a copy of the database, of whatever revision it is, to a new SQLite file.

    Raises:
        SetupError: the file exists.
    """
    if path.exists():
        raise SetupError(problem=f"{path} exists already.", advice="Choose another name.")
    if source.is_sqlite:
        source.read_now(lambda connection: _vacuum_into(connection, path))
        return
    target = Store(sqlite_url(path))
    try:
        if _is_current(source):
            schema.prepare(target)
            move(source, target)
        else:
            with _one_moment(source) as reading:
                target.write_now(partial(_copy_as_found, reading))
    finally:
        target.close()


def _copy_as_found(reading: Connection, writing: Connection) -> None:
    """Copy a database of another revision: its tables as they are, without defaults and triggers."""
    there = MetaData()

    @event.listens_for(there, "column_reflect")
    def _generic(_inspector: object, _table: object, column: Any) -> None:
        column["type"] = column["type"].as_generic()
        column["default"] = None

    there.reflect(reading)
    for (
        table
    ) in there.tables.values():  # an index of expressions speaks the other database's language
        table.indexes = {index for index in table.indexes if index.columns}
    for (
        table
    ) in there.tables.values():  # an index of expressions speaks the other database's language
        table.indexes = {index for index in table.indexes if index.columns}
    there.create_all(writing)
    for table in there.sorted_tables:
        _copy(reading, writing, table)


def _is_current(store: Store) -> bool:
    try:
        return schema.check(store)
    except SetupError:
        return False


def _vacuum_into(connection: Connection, path: Path) -> None:
    connection.exec_driver_sql("VACUUM INTO ?", (str(path),))


@contextmanager
def _one_moment(store: Store) -> Iterator[Connection]:
    """A reading connection that sees the database as it is now, whatever is written meanwhile."""
    with store.reading() as connection:
        if store.is_sqlite:
            connection.execute(text("BEGIN"))
        else:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        yield connection
        connection.rollback()


def _check_empty(connection: Connection) -> None:
    for table in metadata.sorted_tables:
        if table is meta or not inspect(connection).has_table(table.name):
            continue
        if connection.execute(select(func.count()).select_from(table)).scalar():
            raise SetupError(
                problem=f"The target database holds data already (table {table.name}).",
                advice="Name an empty one.",
            )


def _copy(reading: Connection, writing: Connection, table: Table) -> int:
    found = reading.execution_options(yield_per=BATCH).execute(select(table))
    copied = 0
    for rows in found.mappings().partitions(BATCH):
        writing.execute(insert(table), [dict(row) for row in rows])
        copied += len(rows)
    return copied
