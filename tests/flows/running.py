# SPDX-License-Identifier: EUPL-1.2
"""The real program as an operator runs it, and what it has booked."""

import sqlite3
from contextlib import closing
from pathlib import Path

from hausgeist.testing.running import (
    PASSWORD,
    PATIENCE,
    RECORDER,
    Reply,
    Running,
    alive,
    command,
    environment,
    made,
    serving,
    wait_until,
)

__all__ = [
    "PASSWORD",
    "PATIENCE",
    "RECORDER",
    "Reply",
    "Running",
    "alive",
    "command",
    "environment",
    "ledger",
    "made",
    "reserved",
    "serving",
    "wait_until",
]


def ledger(home: Path) -> list[tuple[str, str]]:
    """Model and outcome of the calls a house has booked in its SQLite file, oldest first."""
    with closing(sqlite3.connect(home / "hausgeist.db")) as database:
        return database.execute("SELECT model, outcome FROM ledger ORDER BY at").fetchall()


def reserved(home: Path) -> int:
    """How many calls hold a reservation in the SQLite file."""
    with closing(sqlite3.connect(home / "hausgeist.db")) as database:
        return database.execute("SELECT count(*) FROM reservations").fetchone()[0]
