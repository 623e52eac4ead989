# SPDX-License-Identifier: EUPL-1.2
"""Which revision a database has, and the way to ours.

A database of ours costs one query at start; Alembic is imported only when there is something to do. A
database from a newer version is refused, with that version named. Before an existing one is changed, the
caller's ``before_change`` runs (it makes the backup).
"""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, delete, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from hausgeist import __version__
from hausgeist.errors import SetupError
from hausgeist.store.db import Store
from hausgeist.store.tables import meta

HEAD = "0006"
"""The revision this code works with; a test holds it to the newest file."""

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
"""Every revision this code knows, oldest first."""

_LOCK = 0x68617574  # PostgreSQL's advisory lock: two replicas do not migrate at once
_HERE = Path(__file__).parent / "migrations"


def prepare(store: Store, before_change: Callable[[], None] = lambda: None) -> None:
    """Bring the database to ``HEAD``.

    Raises:
        SetupError: it is from a newer version, or cannot be reached.
    """
    revision = _known(store)
    if revision == HEAD:
        return
    if revision is not None:
        before_change()
    store.write_now(_upgrade)


def check(store: Store) -> bool:
    """Whether the database is at ``HEAD``; False if ``prepare`` would bring it there.

    Raises:
        SetupError: as ``prepare``.
    """
    return _known(store) == HEAD


def _known(store: Store) -> str | None:
    try:
        revision = store.read_now(_revision)
    except DBAPIError as error:
        raise SetupError(
            problem=f"The database cannot be opened ({store.name}): {error.orig}.",
            advice="Check HAUSGEIST_DATABASE_URL, that the server runs, and the directory's permissions.",
        ) from error
    if revision is not None and revision not in REVISIONS:
        newer = store.read_now(_written_by)
        raise SetupError(
            problem=f"The database was written by Hausgeist {newer}, and this is {__version__}.",
            advice="Install that version or a newer one, or restore a backup.",
        )
    return revision


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _written_by(connection: Connection) -> str:
    row = connection.execute(select(meta.c.value).where(meta.c.key == "app_version")).scalar()
    return row or "of a newer version"


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  0.3 s that only a migration pays
    from alembic.config import Config  # noqa: PLC0415  as above

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if _revision(connection) == HEAD:  # another replica was faster
            return
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.execute(delete(meta).where(meta.c.key == "app_version"))
    connection.execute(insert(meta).values(key="app_version", value=__version__))
