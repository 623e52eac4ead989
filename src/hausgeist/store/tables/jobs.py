# SPDX-License-Identifier: EUPL-1.2
"""The table of jobs: what people see of them, and where workers find them."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table, Text

from hausgeist.store.tables.schema import metadata

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), index=True),
    Column("params", Text, nullable=False),  # JSON
    Column("user_id", ForeignKey("users.id", ondelete="SET NULL"), index=True),
    Column("state", String(16), nullable=False, index=True),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("note", Text, nullable=False),  # JSON
    Column("result", Text, nullable=False),  # JSON
    Column("error", String(64), nullable=False),
    Column("worker", String(64), nullable=False),  # who has it
    Column("beat_at", BigInteger),  # when that one was last heard of
    Column("attempts", Integer, nullable=False),  # how often it was begun since it last got on
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
)
