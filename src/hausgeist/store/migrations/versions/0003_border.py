# SPDX-License-Identifier: EUPL-1.2
"""The border."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    _ledger()
    _border()
    _audit()
    _people()


def _ledger() -> None:
    """Limits and prices, and what the border said of a call."""
    op.create_table(
        "budget_rules",
        sa.Column("scope", sa.String(length=128), nullable=False),
        sa.Column("limit_tokens", sa.BigInteger(), nullable=True),
        sa.Column("limit_micro_eur", sa.BigInteger(), nullable=True),
        sa.Column("warn_percent", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_budget_rules")),
    )

    op.create_table(
        "house_costs",
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("valid_from", sa.String(length=10), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("model", "valid_from", name=op.f("pk_house_costs")),
    )

    op.create_table(
        "prices",
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("valid_from", sa.String(length=10), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "model", "valid_from", name=op.f("pk_prices")),
    )

    with op.batch_alter_table("ledger", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("verdict", sa.String(length=16), server_default="allow", nullable=False)
        )
        batch_op.add_column(sa.Column("assistant_id", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("event", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("reservations", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("verdict", sa.String(length=16), server_default="allow", nullable=False)
        )
        batch_op.add_column(sa.Column("assistant_id", sa.String(length=32), nullable=True))
        batch_op.add_column(
            sa.Column("process", sa.String(length=32), server_default="", nullable=False)
        )

    with op.batch_alter_table("budgets", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("warned_percent", sa.Integer(), server_default="0", nullable=False)
        )

    op.create_table(
        "processes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("beats", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_processes")),
    )
    _usage()


def _usage() -> None:
    """Days that are over, added up."""
    texts = (
        ("group_id", 64),
        ("cost_centre", 64),
        ("service_key", 32),
        ("model", 200),
        ("provider", 64),
        ("zone", 8),
    )
    sums = (
        "calls",
        "input_tokens",
        "cached_tokens",
        "output_tokens",
        "estimated",
        "micro_eur",
        "unpriced",
        "measured_mwh",
        "estimated_mwh",
        "unmeasured",
    )
    op.create_table(
        "usage_days",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.String(length=length), nullable=False) for name, length in texts),
        sa.Column("cell", sa.String(length=8), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in sums),
        sa.PrimaryKeyConstraint("day", *(name for name, _ in texts), name=op.f("pk_usage_days")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage_closed",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_usage_closed")),
    )


def _border() -> None:
    """Rules, pseudonyms, and what left."""
    op.create_table(
        "departures",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("zone", sa.String(length=8), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("data_class", sa.String(length=16), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("policy_version", sa.String(length=64), nullable=False),
        sa.Column("hidden", sa.Text(), nullable=False),
        sa.Column("bytes_out", sa.BigInteger(), nullable=False),
        sa.Column("bytes_in", sa.BigInteger(), nullable=False),
        sa.Column("sockets", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departures")),
    )
    with op.batch_alter_table("departures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_departures_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_departures_call_id"), ["call_id"], unique=False)

    op.create_table(
        "canaries",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.Column("policy_version", sa.String(length=64), nullable=False),
        sa.Column("hidden", sa.Text(), nullable=False),
        sa.Column("bytes_out", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canaries")),
    )
    with op.batch_alter_table("canaries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_canaries_at"), ["at"], unique=False)

    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.add_column(sa.Column("zone", sa.String(length=8), nullable=True))
    op.execute("UPDATE connections SET zone = 'before'")  # nobody wrote down then what went there

    op.create_table(
        "drills",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("without", sa.String(length=128), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drills")),
    )

    op.create_table(
        "egress_reports",
        sa.Column("month", sa.String(length=8), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_egress_reports")),
    )

    op.create_table(
        "guard_rules",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guard_rules")),
    )

    op.create_table(
        "own_words",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=300), nullable=False),
        sa.Column("hide", sa.Boolean(), nullable=False),
        sa.Column("pattern", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_words")),
    )

    op.create_table(
        "policies",
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("author_id", sa.String(length=32), nullable=True),
        sa.Column("second_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=True),
        sa.Column("active_from", sa.BigInteger(), nullable=True),
        sa.Column("active_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_policies_author_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["users.id"], name=op.f("fk_policies_second_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policies")),
    )
    with op.batch_alter_table("policies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_policies_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_policies_second_id"), ["second_id"], unique=False)

    op.create_table(
        "veils",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_map", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_veils_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_veils")),
    )


def _audit() -> None:
    """Signed heads of the tree."""
    op.create_table(
        "audit_checkpoints",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_audit_checkpoints")),
    )
    op.create_table(
        "audit_nodes",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("level", "place", name=op.f("pk_audit_nodes")),
    )
    op.create_table(
        "audit_erased",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event"],
            ["audit_leaves.seq"],
            name=op.f("fk_audit_erased_event"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_erased")),
    )
    op.create_index(op.f("ix_audit_erased_event"), "audit_erased", ["event"], unique=False)
    # what was taken out before: by the next erasure after it
    op.execute(
        "INSERT INTO audit_erased (seq, event) SELECT l.seq, (SELECT min(c.seq) FROM audit_changes c "
        "WHERE c.kind = 'user.erased' AND c.seq > l.seq) FROM audit_leaves l WHERE NOT EXISTS "
        "(SELECT 1 FROM audit_payloads p WHERE p.seq = l.seq) AND EXISTS "
        "(SELECT 1 FROM audit_changes c WHERE c.kind = 'user.erased' AND c.seq > l.seq)"
    )
    for table in ("audit_checkpoints", "audit_erased", "audit_nodes"):
        _refuse(table, "UPDATE")
        _refuse(table, "DELETE")
    _refuse("audit_payloads", "UPDATE")
    _only_erased()
    if op.get_bind().dialect.name == "postgresql":
        for table in (*_TRAIL, "audit_payloads"):
            _refuse(table, "TRUNCATE")


_TRAIL = ("audit_leaves", "audit_checkpoints", "audit_erased", "audit_nodes")


def _refuse(table: str, verb: str) -> None:
    """Let the database itself refuse to change what was appended."""
    name = f"{table}_no_{verb.lower()}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


def _only_erased() -> None:
    """Let a payload be deleted only where an erasure names it."""
    named = "SELECT 1 FROM audit_erased WHERE audit_erased.seq = OLD.seq"
    said = "a payload is taken out by an erasure alone"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER audit_payloads_only_erased BEFORE DELETE ON audit_payloads "
            f"WHEN NOT EXISTS ({named}) BEGIN SELECT RAISE(ABORT, '{said}'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION audit_payloads_only_erased() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF NOT EXISTS ({named}) THEN RAISE EXCEPTION '{said}'; END IF; "
        "RETURN OLD; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_payloads_only_erased BEFORE DELETE ON audit_payloads "
        "FOR EACH ROW EXECUTE FUNCTION audit_payloads_only_erased()"
    )


def _people() -> None:
    """Second persons, and what people say to a decision."""
    op.create_table(
        "appeals",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_appeals_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
    )
    with op.batch_alter_table("appeals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appeals_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "readings",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=True),
        sa.Column("asked_role", sa.String(length=16), nullable=False),
        sa.Column("second_id", sa.String(length=32), nullable=True),
        sa.Column("second_role", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("openings", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["users.id"], name=op.f("fk_readings_asked_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_readings_owner_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["users.id"], name=op.f("fk_readings_second_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readings")),
    )
    with op.batch_alter_table("readings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_readings_asked_by"), ["asked_by"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_readings_conversation_id"), ["conversation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_readings_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_readings_second_id"), ["second_id"], unique=False)

    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("role_since", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("closed_before", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("opens_hash", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("recovery_hash", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("release_by", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("group_since", sa.BigInteger(), nullable=True))

    for table in ("conversations", "files"):
        op.add_column(table, sa.Column("closed_at", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.add_column(sa.Column("since", sa.BigInteger(), nullable=True))
