# SPDX-License-Identifier: EUPL-1.2
"""Tables of rules, data sets, students, and of what was measured of them and decided by it."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from hausgeist.store.tables.schema import metadata

rules = Table(
    "rules",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),  # regex, tokens, words
    Column("pattern", Text, nullable=False),
    Column("label", String(200), nullable=False),  # a label, a field, or field=value
    Column("state", String(16), nullable=False),  # proposed, active, off
    Column("position", Integer, nullable=False),  # the first that fits decides
    Column("note", Text, nullable=False),
    Column("cases", Text, nullable=False),  # JSON: texts it must and must not find
    Column("author", String(64), nullable=False),  # a member, or teacher
    Column("created_at", BigInteger, nullable=False),
)

# which texts of the pool's sample a pattern finds; made again at need
rule_hits = Table(
    "rule_hits",
    metadata,
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
    Column("pattern_hash", String(64), primary_key=True),
    Column("sample", String(64), nullable=False),  # SHA-256 over what the sample is made of
    Column("hits", LargeBinary, nullable=False),  # compressed bits, one a text
)

datasets = Table(
    "datasets",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("hash", String(64), nullable=False),  # SHA-256 over the examples in canonical form
    Column("counts", Text, nullable=False),  # JSON: by partition, source and label
    Column("content", LargeBinary, nullable=False),  # its items and values, see store.datasets
    Column("schema_version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("task_id", "number"),
)

students = Table(
    "students",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("number", Integer, nullable=False),  # v1, v2 …
    Column("rung", String(32), nullable=False),
    Column("recipe", Text, nullable=False),  # JSON
    Column("dataset_id", ForeignKey("datasets.id", ondelete="SET NULL"), index=True),
    Column("job_id", String(32), nullable=False),
    Column("state", String(16), nullable=False),  # ready, deleted
    Column("facts", Text, nullable=False),  # JSON: metrics on dev, calibration, curve, speed
    Column("size", BigInteger, nullable=False),  # bytes
    Column("files_hash", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("task_id", "number"),
)

# per-item results: every test needs them, sums are useless
evaluations = Table(
    "evaluations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column(
        "subject", String(100), nullable=False
    ),  # student:<id>, teacher:<version>, rules:<hash>, majority
    Column("partition", String(8), nullable=False),
    Column("gold_version", Integer),
    Column("opening", Integer),  # of the gold set, where it was one
    Column("facts", Text, nullable=False),  # JSON: quality with interval, speed, cost
    Column("results", LargeBinary, nullable=False),  # one entry an item, see store.evaluations
    Column("at", BigInteger, nullable=False),
)

gold_openings = Table(
    "gold_openings",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("gold_version", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("gold_hash", String(64), nullable=False),
    Column("student_id", String(32), nullable=False),
    Column("plan", Text, nullable=False),  # JSON: metric, margin and slices, fixed before it
    Column("reason", String(500), nullable=False),  # why it was opened, typed
    Column("job_id", String(32), nullable=False),
    Column("actor", String(32)),  # a member
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("task_id", "gold_version", "number"),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("opening_id", ForeignKey("gold_openings.id", ondelete="CASCADE"), nullable=False),
    Column("subject", String(100), nullable=False),
    Column("against", String(100), nullable=False),
    Column("verdict", String(24), nullable=False),  # superior, non_inferior, worse, undecided
    Column("evidence", Text, nullable=False),  # JSON
    Column("at", BigInteger, nullable=False),
)
