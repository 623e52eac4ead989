# SPDX-License-Identifier: EUPL-1.2
"""Tables of students in service, of what they answered, and of the traffic that tasks come from."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from hausgeist.store.tables.schema import metadata

deployments = Table(
    "deployments",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("student_id", ForeignKey("students.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("state", String(16), nullable=False),  # canary, live, ended
    Column("share", Float, nullable=False),  # of the calls that it answers
    Column("shadow", Float, nullable=False),  # of the calls that the teacher is asked beside it
    Column("threshold", Float, nullable=False),  # of the score; what is below goes on to the next
    Column("chain", Text, nullable=False),  # JSON: who is asked after it
    Column(
        "template", String(64)
    ),  # fingerprint of the chat prompt that it answers in place of a model
    Column("checks", Text, nullable=False),  # JSON: the list as it was ticked
    Column("actor", String(32)),  # a member
    Column("review_at", BigInteger),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    UniqueConstraint("task_id", "number"),
)

# what was answered, without the text: for drift. Of whom it was is not in it
served = Table(
    "served",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("deployment_id", ForeignKey("deployments.id", ondelete="CASCADE"), nullable=False),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("by", String(16), nullable=False),  # rule, student, teacher, queue
    Column("value", Text),
    Column("score", Float),
    Column("length", Integer, nullable=False),  # characters
    Column("unknown", Float),  # share of tokens that training never saw
    Column("agrees", Boolean),  # with the teacher, on shadow traffic
    Column("item_id", String(32)),  # drawn for the blind audit, or for the human queue
)

traffic_templates = Table(
    "traffic_templates",
    metadata,
    Column("id", String(32), primary_key=True),
    # of a key whose owner agreed; what was collected goes with the key
    Column("key_id", ForeignKey("api_keys.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kin", String(32), nullable=False),  # keyed hash: instructions, model, response schema
    Column("model", String(200), nullable=False),  # that was asked for
    Column("provider", String(200), nullable=False),  # that answered last, and its model
    Column("answered_by", String(200), nullable=False),
    Column("body", LargeBinary, nullable=False),  # sealed: what stays the same from call to call
    Column("calls", BigInteger, nullable=False),
    Column("micro_eur", BigInteger, nullable=False),
    Column("unpriced", BigInteger, nullable=False),  # calls whose price nobody knows
    Column("energy_mwh", BigInteger, nullable=False),
    Column("unmetered", BigInteger, nullable=False),  # calls whose energy nobody knows
    Column("samples", Integer, nullable=False),
    Column("data_class", String(16), nullable=False),  # the highest of its calls
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False, index=True),
    # the task that was made of it; it stays when the task goes
    Column("task_id", ForeignKey("tasks.id", ondelete="SET NULL"), index=True),
)

traffic_samples = Table(
    "traffic_samples",
    metadata,
    Column("id", String(32), primary_key=True),
    Column(
        "template_id",
        ForeignKey("traffic_templates.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("text", LargeBinary, nullable=False),  # sealed; personal data replaced before
    Column("answer", LargeBinary, nullable=False),
    Column("answer_hash", String(64), nullable=False),  # keyed: how many different ones there are
    Column("data_class", String(16), nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
)

# the prompt that a task was made from, for putting its student in the model's place
task_templates = Table(
    "task_templates",
    metadata,
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
    Column("body", LargeBinary, nullable=False),  # sealed, as in traffic_templates
    Column("at", BigInteger, nullable=False),
)
