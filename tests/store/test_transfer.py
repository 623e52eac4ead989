# SPDX-License-Identifier: EUPL-1.2
"""Copies of a whole database, in both directions between SQLite and PostgreSQL."""

import pytest
from sqlalchemy import insert, select, text

from hausgeist.core.trail import AuditEvent
from hausgeist.errors import SetupError
from hausgeist.store import schema, trail, transfer
from hausgeist.store.db import Store, sqlite_url
from hausgeist.store.tables import audit_leaves, groups, metadata, users


def furnish(store):
    def work(connection):
        connection.execute(insert(groups).values(id="g", title="Bürgerbüro 🏛", created_at=1))
        rows = [
            {
                "id": f"u{n}",
                "login": f"u{n}",
                "name": "Jürgen",
                "role": "member",
                "group_id": "g",
                "locale": "de",
                "active": n % 2 == 0,
                "created_at": n,
            }
            for n in range(1_200)
        ]
        connection.execute(insert(users), rows)
        trail.append(connection, [AuditEvent(kind="k", at_ms=1, actor="a") for _ in range(3)])

    store.write_now(work)


def contents(store):
    return {
        table.name: store.read_now(
            lambda c, t=table: sorted(map(repr, c.execute(select(t)).mappings().all()))
        )
        for table in metadata.sorted_tables
        if table.name != "meta"
    }


def test_moving_keeps_every_row(store, home):
    """A database moved to an empty one and back holds the same rows, the trail's hashes included."""
    furnish(store)
    other = Store(sqlite_url(home / "other.db"))
    schema.prepare(other)
    rows = transfer.move(store, other)
    assert (rows["users"], rows["audit_leaves"]) == (1_200, 3)
    assert contents(other) == contents(store)
    other.close()


def test_moving_into_postgres_keeps_every_row(home, postgres_url):
    """SQLite to PostgreSQL: booleans, umlauts, bytes and numbers arrive as they were."""
    source, target = Store(sqlite_url(home / "here.db")), Store(postgres_url)
    schema.prepare(source)
    schema.prepare(target)
    furnish(source)
    transfer.move(source, target)
    assert contents(target) == contents(source)
    source.close()
    target.close()


def test_a_target_with_data_is_refused(store, home):
    """Nothing is ever merged into a database that somebody uses."""
    other = Store(sqlite_url(home / "other.db"))
    schema.prepare(other)
    furnish(other)
    with pytest.raises(SetupError, match="holds data"):
        transfer.move(store, other)
    other.close()


def test_a_snapshot_is_a_database_of_its_own(store, home):
    """A snapshot is a SQLite file at the same revision, whatever the house runs on."""
    furnish(store)
    transfer.snapshot(store, home / "copy.db")
    copy = Store(sqlite_url(home / "copy.db"))
    schema.prepare(copy, before_change=lambda: pytest.fail("the revision was lost"))
    assert copy.read_now(lambda c: len(c.execute(select(audit_leaves)).all())) == 3
    copy.close()


def test_a_snapshot_of_an_older_revision_keeps_what_is_there(store, home):
    """Before a migration the database is copied as it is found, not as this version would have it."""
    furnish(store)
    store.write_now(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '0000'")))
    transfer.snapshot(store, home / "old.db")
    copy = Store(sqlite_url(home / "old.db"))
    query = text("SELECT count(*), (SELECT version_num FROM alembic_version) FROM users")
    assert copy.read_now(lambda c: tuple(c.execute(query).one())) == (1_200, "0000")
    copy.close()
