# SPDX-License-Identifier: EUPL-1.2
"""Tables of the workbench: tasks, who works on them, their items, and what is said of these.

Whoever answers stands in the answers under a member's id, never under a person's: when the person leaves,
the answers stay and are nobody's.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from hausgeist.store.tables.schema import metadata


def _partial(name: str, where: str, *columns: str) -> Index:
    """An index of some rows; on PostgreSQL too, see the migrations.

    To name that dialect here would load all of it at every start, a fifteenth of what a start takes.
    """
    return Index(name, *columns, sqlite_where=text(where))


tasks = Table(
    "tasks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("title", String(200), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("body", Text, nullable=False),  # JSON: what else core.tasks.Task says, see store.tasks
    Column("data_class", String(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("archived_at", BigInteger),
)

task_members = Table(
    "task_members",
    metadata,
    Column("id", String(32), primary_key=True),  # what stands in answers
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("user_id", ForeignKey("users.id", ondelete="SET NULL"), index=True),  # NULL: has left
    Column("part", String(16), nullable=False),  # owner, reviewer, annotator
    Column("settings", Text, nullable=False),  # JSON: own keys and the like
    Column("joined_at", BigInteger, nullable=False),
    Column("left_at", BigInteger),
    UniqueConstraint("task_id", "user_id"),
)

task_guidelines = Table(
    "task_guidelines",
    metadata,
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", Text, nullable=False),  # Markdown
    Column("note", String(500), nullable=False),  # what changed
    Column("labels", Text, nullable=False),  # JSON: keys whose meaning the change touches
    Column("actor", String(32)),  # a member
    Column("created_at", BigInteger, nullable=False),
)

# merged, split and renamed labels: what was answered before is translated or asked again
task_migrations = Table(
    "task_migrations",
    metadata,
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),  # of the schema it leads to
    Column("body", Text, nullable=False),  # JSON: see workbench.migration
    Column("actor", String(32)),
    Column("at", BigInteger, nullable=False),
)

# files on their way into a task: read row by row, what could not come in is listed
intakes = Table(
    "intakes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("actor", String(32), nullable=False),  # a member
    Column("body", Text, nullable=False),  # JSON: see workbench.intake.Intake
    Column("state", String(16), nullable=False),  # waiting, running, done, failed
    Column("row", Integer, nullable=False),  # rows that are dealt with
    Column("added", Integer, nullable=False),
    Column("answers", Integer, nullable=False),
    Column("refused", Text, nullable=False),  # JSON: how many for which reason
    Column("error", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)

intake_refusals = Table(
    "intake_refusals",
    metadata,
    Column("intake_id", ForeignKey("intakes.id", ondelete="CASCADE"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("reason", String(32), nullable=False),
    Column("detail", String(200), nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False),
    Column("seq", Integer, nullable=False),  # in the order they came
    Column("text", Text, nullable=False),
    Column("text_hash", String(64), nullable=False),  # SHA-256 of the text as it is compared
    Column("source", String(200), nullable=False),  # where it came from
    Column("outside_id", String(200), nullable=False),  # what it is called there
    Column("meta", Text, nullable=False),  # JSON: the columns beside the text, slices among them
    Column("partition", String(8), nullable=False),  # pool, dev, gold
    Column("gold_version", Integer),  # of gold: the drawing it came in with
    Column("dup_of", String(32)),  # nearly the same as this item: kept out of pool and gold
    Column("rank", Float, nullable=False),  # drawn at random once, for the random order
    Column("worth", Float, nullable=False),  # what active learning thinks of it; higher comes first
    Column("again", Integer, nullable=False),  # asked again since this schema version; 0: not
    Column(
        "answered", Integer, nullable=False, server_default="0"
    ),  # by how many people, as it counts now
    Column("created_at", BigInteger, nullable=False),
    Column("differs", Integer, nullable=False, server_default="0"),  # 1: teacher and student do
    UniqueConstraint("task_id", "text_hash"),
    Index("ix_items_task_id_partition_rank", "task_id", "partition", "rank"),
    Index("ix_items_task_id_partition_answered_rank", "task_id", "partition", "answered", "rank"),
    Index("ix_items_task_id_partition_answered_worth", "task_id", "partition", "answered", "worth"),
    _partial("ix_items_task_id_again", "again > 0", "task_id", "again"),
    Index("ix_items_task_id_seq", "task_id", "seq"),
    Index("ix_items_task_id_partition_seq", "task_id", "partition", "seq"),
    _partial("ix_items_dup_of", "dup_of IS NOT NULL", "dup_of"),
    _partial("ix_items_kept_out", "dup_of IS NOT NULL", "task_id", "seq"),
    _partial("ix_items_answered", "answered > 0", "task_id", "partition", "seq"),
    _partial("ix_items_differs", "differs > 0", "task_id", "partition", "answered", "rank"),
)

# kept by triggers of the database, see migration 0006: never written by us
task_tallies = Table(
    "task_tallies",
    metadata,
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
    Column("partition", String(8), primary_key=True),
    Column("total", BigInteger, nullable=False),
    Column("answered", BigInteger, nullable=False),  # by somebody; without near-duplicates
    Column("dups", BigInteger, nullable=False),
    Column("again", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),  # rises with whatever decides what counts
    Column("suggested", BigInteger, nullable=False),  # rises with every suggestion
)

# what a teacher was asked with: the words, the schema, the model; a version is never changed
task_prompts = Table(
    "task_prompts",
    metadata,
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
    Column("version", String(64), primary_key=True),  # SHA-256, what stands in suggestions
    Column("number", Integer, nullable=False),  # how people call it: p1, p2, …
    Column("model", String(200), nullable=False),
    Column("body", Text, nullable=False),  # JSON: see workbench.teacher.Prompt
    Column("actor", String(32), nullable=False),  # a member
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("task_id", "number"),
)

suggestions = Table(
    "suggestions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False),
    Column("item_id", ForeignKey("items.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("job", String(32), nullable=False),  # which run of it asked last
    Column("producer", String(16), nullable=False),  # teacher, student, rules, import
    Column("model", String(200), nullable=False),  # who answered
    Column("version", String(64), nullable=False),  # SHA-256 of prompt, schema and model
    Column("state", String(16), nullable=False),  # ok, unparsed, refused, failed
    Column("value", Text),  # JSON: core.answers.Value; NULL unless ok
    Column("score", Float),
    Column("reason", Text, nullable=False),  # the model's own, short
    Column("code", String(64), nullable=False),  # why there is no value
    Column("tries", Integer, nullable=False),  # how often it was asked in its last run
    Column("raw", Text, nullable=False),  # what was answered, where it could not be read
    Column("lost", Integer, nullable=False),  # passages quoted that are not in the text
    Column("call_id", String(64), nullable=False),
    Column("policy", String(64), nullable=False),  # the version that allowed it
    Column(
        "terms", String(32), nullable=False
    ),  # whether its output may train models: yes, no, unknown
    Column("micro_eur", BigInteger),
    Column("tokens", Integer),
    Column("ms", Integer),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("item_id", "version"),
    Index("ix_suggestions_task_id_version", "task_id", "version"),
    _partial("ix_suggestions_student", "producer = 'student'", "task_id", "score"),
)

answers = Table(
    "answers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False),
    Column("item_id", ForeignKey("items.id", ondelete="CASCADE"), nullable=False),
    Column("actor", String(32), nullable=False),  # a member
    Column("mode", String(16), nullable=False),
    Column("state", String(16), nullable=False),  # answered, skipped
    Column("first", Text),  # the answer before a suggestion was seen; NULL: the same
    Column("value", Text),  # JSON; NULL: skipped
    Column("shown", String(32)),  # the suggestion that was seen
    Column("planted", Text),  # the wrong value that was shown on purpose; NULL: none
    Column("hard", Boolean, nullable=False),
    Column("comment", Text, nullable=False),
    Column("ms", Integer, nullable=False),  # from shown to answered
    Column("guideline_version", Integer, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("origin", String(16), nullable=False),  # person, import, bulk, decided
    Column(
        "drawn", String(16), nullable=False, server_default=""
    ),  # random, or the order it came in
    Column("replaces", String(32)),  # the same person's answer before, which came back if undone
    Column("batch", String(32)),  # what was accepted, or imported, at once
    Column("at", BigInteger, nullable=False),
    Column("gone_at", BigInteger),  # undone, or replaced by a later one
    Index("ix_answers_item_id_actor", "item_id", "actor"),
    Index("ix_answers_task_id_at", "task_id", "at"),
    Index("ix_answers_task_id_actor_at", "task_id", "actor", "at"),
    Index("ix_answers_batch", "batch"),
    _partial("ix_answers_revised", "first IS NOT NULL", "task_id", "at"),
    _partial("ix_answers_planted", "planted IS NOT NULL", "task_id", "at"),
    _partial("ix_answers_remarked", "comment <> ''", "task_id", "at"),
)

# items that are on somebody's screen, or about to be: nobody else gets them beyond the overlap
task_reserved = Table(
    "task_reserved",
    metadata,
    Column("item_id", ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("actor", String(32), primary_key=True),  # a member
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False),
    Column("work", String(8), nullable=False),  # pool, gold, again
    Column("wanted", String(16), nullable=False),  # the order that was asked for
    Column("drawn", String(16), nullable=False),  # random, or that order
    Column("mode", String(16), nullable=False),
    Column("shown", String(32)),  # the suggestion that is shown
    Column("planted", Text),  # JSON: shown in its place, wrong on purpose
    Column("place", Integer, nullable=False),  # in the person's queue
    Column("until", BigInteger, nullable=False),  # from then on others may get it
    Index("ix_task_reserved_task_id_actor", "task_id", "actor"),
)

# what counts where people differ
decisions = Table(
    "decisions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("item_id", ForeignKey("items.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("actor", String(32), nullable=False),
    Column("value", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("gone_at", BigInteger),
)
