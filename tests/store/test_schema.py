# SPDX-License-Identifier: EUPL-1.2
"""Migrations: the files make what the tables say, newer databases are refused."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, text, update
from sqlalchemy.exc import DBAPIError

from hausgeist.errors import SetupError
from hausgeist.store import schema
from hausgeist.store.tables import audit_leaves, meta, metadata


def test_the_migrations_make_the_tables(store):
    """A migrated database and the declared tables do not differ; the search's index has its own tests."""
    ours = {"include_name": lambda name, _kind, _of: not (name or "").startswith("search_index")}
    difference = store.read_now(
        lambda connection: compare_metadata(
            MigrationContext.configure(connection, opts=ours), metadata
        )
    )
    assert difference == []


def test_head_is_the_newest_file():
    """The constant that saves importing Alembic names the newest revision there is."""
    versions = schema._HERE / "versions"
    newest = max(path.name.split("_")[0] for path in versions.glob("0*.py"))
    assert (newest, schema.REVISIONS[-1]) == (schema.HEAD, schema.HEAD)


def test_a_database_of_ours_is_not_touched_again(store):
    """A second start neither migrates nor makes a backup."""
    schema.prepare(store, before_change=lambda: pytest.fail("nothing to back up for"))


def test_a_newer_database_is_refused_with_its_version(store):
    """A database at an unknown revision names the version that wrote it."""

    def age(connection):
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(update(meta).where(meta.c.key == "app_version").values(value="7.1.0"))

    store.write_now(age)
    with pytest.raises(SetupError, match=r"7\.1\.0"):
        schema.prepare(store)


def test_the_database_refuses_to_change_the_trail(store):
    """A leaf can be appended, not changed and not deleted, whoever asks."""
    store.write_now(lambda c: c.execute(insert(audit_leaves).values(seq=0, hash=b"x" * 32)))
    for statement in ("UPDATE audit_leaves SET hash = hash", "DELETE FROM audit_leaves"):
        with pytest.raises(DBAPIError, match="append-only"):
            store.write_now(lambda c, sql=statement: c.execute(text(sql)))
