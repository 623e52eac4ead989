# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist audit``, and roles by ``hausgeist user``, called as an operator calls them."""

import json

import pytest

from hausgeist.errors import LastAdmin, SetupError
from hausgeist.store import booked
from hausgeist.store.db import Store, sqlite_url
from hausgeist.store.tables import ledger


def test_a_checkpoint_is_printed_kept_and_checked_against(run, tmp_path):
    """Printed today, it holds tomorrow, against the house itself and against an export."""
    run("user", "create", "anna", "--admin")
    kept = tmp_path / "kept.txt"
    kept.write_text(run("audit", "checkpoint").stdout, encoding="utf-8")
    run("user", "create", "bernd", "--auditor")
    assert "Everything holds: 2 events" in run("audit", "verify", "--against", kept).stdout
    run("audit", "export", tmp_path / "trail.zip")
    assert "Everything holds" in run("audit", "verify", tmp_path / "trail.zip").output
    with pytest.raises(SetupError, match="already"):
        run("audit", "export", tmp_path / "trail.zip")


def test_a_restored_house_does_not_hold(run, home, tmp_path):
    """The database from before, put back, has fewer events than the kept checkpoint."""
    run("user", "create", "anna", "--admin")
    backup = (home / "hausgeist.db").read_bytes()
    run("user", "create", "bernd")
    kept = tmp_path / "kept.txt"
    kept.write_text(run("audit", "checkpoint").stdout, encoding="utf-8")
    (home / "hausgeist.db").write_bytes(backup)
    for name in ("hausgeist.db-wal", "hausgeist.db-shm"):
        (home / name).unlink(missing_ok=True)
    with pytest.raises(SetupError, match="cut off"):
        run("audit", "verify", "--against", kept)


def test_an_empty_house_says_so(run):
    """Before the first event there is nothing to sign."""
    with pytest.raises(SetupError, match="no events"):
        run("audit", "checkpoint")


def test_roles_by_the_command_line(run):
    """Member, auditor, administrator and back; the last administrator stays one."""
    run("user", "create", "anna", "--admin")
    run("user", "create", "dora")
    assert (
        json.loads(run("user", "appoint", "dora", "auditor", "--json").stdout)["role"] == "auditor"
    )
    with pytest.raises(LastAdmin):
        run("user", "appoint", "anna", "auditor")
    with pytest.raises(SetupError, match="no role"):
        run("user", "appoint", "dora", "king")
    with pytest.raises(SetupError, match="one role"):
        run("user", "create", "x", "--admin", "--auditor")


def test_a_changed_ledger_is_found(run, home):
    """A row that was booked and then changed in the database does not match its event."""
    run("user", "create", "anna", "--admin")
    store = Store(sqlite_url(home / "hausgeist.db"))
    columns = [column for column in ledger.c if column.name != "event"]
    row = tuple(
        {int: 7, bool: True}.get(column.type.python_type, str(column.name)) for column in columns
    )

    def book(connection):
        event = booked.prove(connection, 7, [row])
        named = dict(zip((column.name for column in columns), row, strict=True))
        connection.execute(ledger.insert().values(**named, event=event))

    store.write_now(book)
    assert "Everything holds" in run("audit", "verify").stdout
    store.write_now(lambda c: c.exec_driver_sql("DROP TRIGGER ledger_no_update"))
    store.write_now(lambda c: c.exec_driver_sql("UPDATE ledger SET input_tokens = 1"))
    store.close()
    with pytest.raises(SetupError, match="ledger"):
        run("audit", "verify")
