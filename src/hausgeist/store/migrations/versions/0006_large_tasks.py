# SPDX-License-Identifier: EUPL-1.2
"""Large tasks: counts of items that the database keeps itself, and indexes for what is looked for.

Triggers keep ``task_tallies`` and ``items.differs``: whoever writes an item, an answer, a decision or a
suggestion, by whatever verb, cannot forget them. Whoever makes one of these tables anew makes the triggers
anew. What is there already is counted once, in the database.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COUNTS = ("total", "answered", "dups", "again")
_SAID = ("task_id", "partition", *_COUNTS, "changed", "suggested")
_IS = {
    "total": "1",
    "answered": "CASE WHEN {row}.answered > 0 AND {row}.dup_of IS NULL THEN 1 ELSE 0 END",
    "dups": "CASE WHEN {row}.dup_of IS NOT NULL THEN 1 ELSE 0 END",
    "again": "CASE WHEN {row}.again > 0 AND {row}.dup_of IS NULL THEN 1 ELSE 0 END",
}
"""What a row of items is counted as."""
_COUNTED = ("partition", "dup_of", "again", "answered")
"""Columns of items by which it is counted otherwise."""
_HOLDS = (
    *("item_id", "actor", "mode", "state", "first", "value", "shown", "planted"),
    *("schema_version", "origin", "gone_at"),
)
"""Columns of an answer that decide what counts: hard and comment do not."""
_RARE = {
    "revised": "first IS NOT NULL",
    "planted": "planted IS NOT NULL",
    "remarked": "comment <> ''",
}
"""What few answers have, and is asked for with every text, or on a page."""
_LAST = (
    "(SELECT s.value FROM suggestions s WHERE s.item_id = items.id AND s.producer = '{by}' "
    "AND s.state = 'ok' ORDER BY s.at DESC, s.id DESC LIMIT 1)"
)
_DIFFERS = (
    f"CASE WHEN {_LAST.format(by='teacher')} <> {_LAST.format(by='student')} THEN 1 ELSE 0 END"
)


def upgrade() -> None:
    """Go forward."""
    _tables()
    _indexes()
    _fill()
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgres()


def _tables() -> None:
    columns = [sa.Column(name, sa.BigInteger(), nullable=False) for name in _SAID[2:]]
    op.create_table(
        "task_tallies",
        sa.Column("task_id", sa.String(length=32), nullable=False),
        sa.Column("partition", sa.String(length=8), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_task_tallies_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", "partition", name=op.f("pk_task_tallies")),
    )
    differs = sa.Column("differs", sa.Integer(), nullable=False, server_default="0")
    op.add_column("items", differs)


def _indexes() -> None:
    op.drop_index("ix_items_task_id_partition_dup_of", "items")
    op.drop_index("ix_items_dup_of", "items")
    op.create_index("ix_items_task_id_partition_seq", "items", ["task_id", "partition", "seq"])
    _partial("items", "ix_items_dup_of", ["dup_of"], "dup_of IS NOT NULL")
    _partial("items", "ix_items_kept_out", ["task_id", "seq"], "dup_of IS NOT NULL")
    _partial("items", "ix_items_answered", ["task_id", "partition", "seq"], "answered > 0")
    by_rank = ["task_id", "partition", "answered", "rank"]
    _partial("items", "ix_items_differs", by_rank, "differs > 0")
    for name, where in _RARE.items():
        _partial("answers", f"ix_answers_{name}", ["task_id", "at"], where)
    _partial("suggestions", "ix_suggestions_student", ["task_id", "score"], "producer = 'student'")


def _partial(table: str, name: str, columns: list[str], where: str) -> None:
    said = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=said, postgresql_where=said)


def _fill() -> None:
    """Count what there is: one walk over the items, in the database."""
    sums = ", ".join(f"SUM({said.format(row='items')})" for said in _IS.values())
    op.execute(
        f"INSERT INTO task_tallies ({', '.join(_SAID)}) "  # noqa: S608  our own words
        f"SELECT task_id, partition, {sums}, 1, 1 FROM items GROUP BY task_id, partition"
    )
    both = "SELECT item_id FROM suggestions WHERE producer = 'student'"
    op.execute(f"UPDATE items SET differs = {_DIFFERS} WHERE id IN ({both})")  # noqa: S608  as above


# -- SQLite: a trigger for each row ---------------------------------------------------------------


def _sqlite() -> None:
    more = _upsert("VALUES (new.task_id, new.partition, {counts}, 1, 0)", "new")
    minus = ", ".join(f"{name} = {name} - ({said.format(row='old')})" for name, said in _IS.items())
    less = (
        f"UPDATE task_tallies SET {minus}, changed = changed + 1 "  # noqa: S608  our own words
        "WHERE task_id = old.task_id AND partition = old.partition; "
    )
    differ = " OR ".join(f"new.{one} IS NOT old.{one}" for one in _COUNTED)
    _trigger("items", "INSERT", more)
    _trigger("items", "DELETE", less)
    _trigger("items", f"UPDATE OF {', '.join(_COUNTED)}", less + more, when=differ)
    for table, columns in (("answers", _HOLDS), ("decisions", ("value", "gone_at"))):
        _trigger(table, "INSERT", _bump("new", "changed"))
        _trigger(table, "DELETE", _bump("old", "changed"))
        _trigger(table, f"UPDATE OF {', '.join(columns)}", _bump("new", "changed"))
    verbs = (("INSERT", "new"), ("DELETE", "old"), ("UPDATE", "new"))
    for verb, row in verbs:
        _trigger("suggestions", verb, _bump(row, "suggested") + _marked(row))


def _trigger(table: str, verb: str, does: str, when: str = "") -> None:
    name = f"{table}_tallied_{verb.split(maxsplit=1)[0].lower()}"
    if_so = f"WHEN {when} " if when else ""
    op.execute(f"CREATE TRIGGER {name} AFTER {verb} ON {table} {if_so}BEGIN {does}END")


def _upsert(values: str, row: str) -> str:
    counts = ", ".join(said.format(row=row) for said in _IS.values())
    added = ", ".join(f"{name} = task_tallies.{name} + excluded.{name}" for name in _SAID[2:])
    return (
        f"INSERT INTO task_tallies ({', '.join(_SAID)}) {values.format(counts=counts)} "
        f"ON CONFLICT (task_id, partition) DO UPDATE SET {added}; "
    )


def _bump(row: str, column: str) -> str:
    return (
        f"UPDATE task_tallies SET {column} = {column} + 1 WHERE task_id = {row}.task_id "  # noqa: S608  as above
        f"AND partition = (SELECT partition FROM items WHERE items.id = {row}.item_id); "
    )


def _marked(row: str) -> str:
    """Note anew whether teacher and student differ, where that has changed."""
    return (
        f"UPDATE items SET differs = {_DIFFERS} "  # noqa: S608  as above
        f"WHERE items.id = {row}.item_id AND {row}.producer IN ('teacher', 'student') "
        f"AND items.differs <> {_DIFFERS}; "
    )


# -- PostgreSQL: a trigger for each statement, so that a batch is counted once --------------------


def _postgres() -> None:
    counts = ", ".join(f"SUM(part * ({said.format(row='one')}))" for said in _IS.values())
    columns = ", ".join(("task_id", *_COUNTED))
    both = " AND ".join(f"gone.{one} IS NOT DISTINCT FROM added.{one}" for one in _COUNTED)
    same = f"SELECT added.id FROM added JOIN gone ON gone.id = added.id WHERE {both}"  # noqa: S608  our own words
    plus = f"SELECT 1 AS part, {columns} FROM added"  # noqa: S608  as above
    minus = f"SELECT -1 AS part, {columns} FROM gone"  # noqa: S608  as above
    rows = {
        "insert": plus,
        "delete": minus,
        "update": " UNION ALL ".join(f"{one} WHERE id NOT IN ({same})" for one in (plus, minus)),
    }
    added = ", ".join(f"{name} = task_tallies.{name} + excluded.{name}" for name in _SAID[2:])
    for verb, found in rows.items():
        summed = f"SELECT task_id, partition, {counts}, 1, 0 FROM ({found}) AS one GROUP BY 1, 2"  # noqa: S608  as above
        # of a task that is deleted with its items nothing is kept
        there = " HAVING EXISTS (SELECT 1 FROM tasks WHERE tasks.id = task_id)"
        _function(
            "items",
            verb,
            f"INSERT INTO task_tallies ({', '.join(_SAID)}) {summed}{there} "
            f"ON CONFLICT (task_id, partition) DO UPDATE SET {added};",
        )
    for table, held in (("answers", _HOLDS), ("decisions", ("value", "gone_at"))):
        kept = " AND ".join(f"gone.{one} IS NOT DISTINCT FROM added.{one}" for one in held)
        for verb in ("insert", "delete", "update"):
            touched = (
                "SELECT item_id FROM gone" if verb == "delete" else "SELECT item_id FROM added"
            )
            if verb == "update":
                touched = (
                    "SELECT added.item_id FROM added JOIN gone ON gone.id = added.id "  # noqa: S608  as above
                    f"WHERE NOT ({kept})"
                )
            _function(table, verb, _bumped(touched, "changed"))
    for verb in ("insert", "delete", "update"):
        touched = "gone" if verb == "delete" else "added"
        marked = (
            f"UPDATE items SET differs = {_DIFFERS} WHERE items.id IN (SELECT item_id "  # noqa: S608  as above
            f"FROM {touched} WHERE producer IN ('teacher', 'student')) "
            f"AND items.differs <> {_DIFFERS};"
        )
        ids = f"SELECT item_id FROM {touched}"  # noqa: S608  as above
        _function("suggestions", verb, _bumped(ids, "suggested") + marked)


def _bumped(touched: str, column: str) -> str:
    return (
        f"UPDATE task_tallies SET {column} = {column} + 1 WHERE (task_id, partition) IN "  # noqa: S608  as above
        f"(SELECT task_id, partition FROM items WHERE id IN ({touched})); "
    )


def _function(table: str, verb: str, does: str) -> None:
    name = f"{table}_tallied_{verb}"
    tables = {
        "insert": "NEW TABLE AS added",
        "delete": "OLD TABLE AS gone",
        "update": "OLD TABLE AS gone NEW TABLE AS added",
    }
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {does} RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} AFTER {verb.upper()} ON {table} REFERENCING {tables[verb]} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )
