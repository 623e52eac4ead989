# SPDX-License-Identifier: EUPL-1.2
"""Tables of what may leave the house, what did, and who said so."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from hausgeist.store.tables.schema import metadata

policies = Table(
    "policies",
    metadata,
    Column("version", String(64), primary_key=True),
    Column("number", Integer, nullable=False),  # 0: the draft
    Column("body", Text, nullable=False),  # TOML, see gateway.policy_file
    Column("state", String(16), nullable=False),  # draft, proposed, active, retired, rejected
    Column("author_id", ForeignKey("users.id", ondelete="SET NULL"), index=True),
    Column("second_id", ForeignKey("users.id", ondelete="SET NULL"), index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("proposed_at", BigInteger),
    Column("active_from", BigInteger),
    Column("active_until", BigInteger),
)

# under which names a conversation's persons and numbers go out; its key goes when it goes
veils = Table(
    "veils",
    metadata,
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("sealed_key", LargeBinary, nullable=False),  # with the house's secret
    Column("sealed_map", LargeBinary, nullable=False),  # with that key
    Column("version", Integer, nullable=False),  # counts the writes
    Column("updated_at", BigInteger, nullable=False),
)

# the organisation's own words that are always, or never, to be hidden
own_words = Table(
    "own_words",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),  # of core.findings
    Column("value", String(300), nullable=False),
    Column("hide", Boolean, nullable=False),
    Column("pattern", Boolean, nullable=False),  # see gateway.privacy.own
    Column("created_at", BigInteger, nullable=False),
)

# everything that left the house, an attempt a row, written before it leaves; of whom it was is not in it
departures = Table(
    "departures",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("call_id", String(64), nullable=False, index=True),  # empty: no call, see purpose
    Column("at", BigInteger, nullable=False, index=True),
    Column("ended_at", BigInteger),
    Column("host", String(253), nullable=False),
    Column("port", Integer, nullable=False),
    Column("reason", String(64), nullable=False),  # of the allow list
    Column("provider", String(64), nullable=False),
    Column("model", String(200), nullable=False),
    Column("zone", String(8), nullable=False),
    Column("country", String(2)),
    Column("purpose", String(16), nullable=False),
    Column("data_class", String(16), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("policy_version", String(64), nullable=False),
    Column("hidden", Text, nullable=False),  # JSON: counts by kind
    Column("bytes_out", BigInteger, nullable=False),
    Column("bytes_in", BigInteger, nullable=False),
    Column("sockets", Integer, nullable=False),  # that were opened for it
    Column("outcome", String(16), nullable=False),  # opened, ok, refused, failed, aborted, lost
)

# flights of the canary: a person who does not exist, through the border, to nobody
canaries = Table(
    "canaries",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("outcome", String(16), nullable=False),  # passed, refused, leaked, broken
    Column("detail", String(300), nullable=False),  # codes and kinds, never values
    Column("policy_version", String(64), nullable=False),
    Column("hidden", Text, nullable=False),  # JSON: counts by kind
    Column("bytes_out", BigInteger, nullable=False),
)

egress_reports = Table(
    "egress_reports",
    metadata,
    Column("month", String(8), primary_key=True),  # as 2026-11
    Column("body", Text, nullable=False),  # canonical JSON
    Column("signature", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
)

drills = Table(
    "drills",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("without", String(128), nullable=False),
    Column("body", Text, nullable=False),  # JSON, see gateway.drill
)

guard_rules = Table(
    "guard_rules",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("body", Text, nullable=False),  # JSON, see gateway.guards
    Column("enabled", Boolean, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

appeals = Table(
    "appeals",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("rule", String(64), nullable=False),
    Column("text", Text, nullable=False),  # what the person says to it
    Column("state", String(16), nullable=False),  # open, upheld, changed
    Column("answer", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)

# somebody else is to read a conversation: with a reason, a second person, and its owner's knowledge
readings = Table(
    "readings",
    metadata,
    Column("id", String(32), primary_key=True),
    # no reference: that it was read stays known when the conversation is gone
    Column("conversation_id", String(32), nullable=False, index=True),
    Column("owner_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("asked_by", ForeignKey("users.id", ondelete="SET NULL"), index=True),
    Column("asked_role", String(16), nullable=False),
    Column("second_id", ForeignKey("users.id", ondelete="SET NULL"), index=True),
    Column("second_role", String(16)),
    Column("reason", String(1000), nullable=False),
    Column("state", String(16), nullable=False),  # asked, granted, refused, ended
    Column("created_at", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    Column("expires_at", BigInteger),
    Column("opened_at", BigInteger),  # first read
    Column("read_at", BigInteger),  # last read
    Column("openings", Integer, nullable=False, server_default="0"),
    Column("changed_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger),  # by its owner
)
