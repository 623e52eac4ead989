# SPDX-License-Identifier: EUPL-1.2
"""Every table, for SQLite and PostgreSQL alike.

``*_at`` columns are milliseconds since the epoch; money is micro-EUR; JSON columns hold text that the
aggregate's file encodes. A table that holds a person's data is registered in ``people``.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# -- the house itself -------------------------------------------------------------------------

meta = Table(
    "meta",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

# -- who is asking ------------------------------------------------------------------------------

groups = Table(
    "groups",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("title", String(200), nullable=False),
    Column("cost_centre", String(64)),
    Column("created_at", BigInteger, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("login", String(200), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text),
    Column("group_id", String(64), ForeignKey("groups.id"), nullable=False),
    Column("locale", String(8), nullable=False),
    Column("theme", String(8), nullable=False, server_default="auto"),
    Column("active", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the cookie, hexadecimal
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),  # SHA-256 of the key, hexadecimal
    Column("hint", String(16), nullable=False),  # what is shown of it afterwards
    Column("name", String(200), nullable=False),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), index=True),
    Column("service", String(200)),  # set instead of user_id
    Column("group_id", String(64), ForeignKey("groups.id"), nullable=False),
    Column("cost_centre", String(64)),
    Column("models", Text),  # JSON list; NULL: all
    Column("max_class", String(16), nullable=False),
    Column(
        "administers", Boolean, nullable=False, server_default=false()
    ),  # an administrator's only
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("used_day", Integer),  # days since the epoch: no finer trace of a person's rhythm
)

throttles = Table(
    "throttles",
    metadata,
    Column("scope", String(128), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("until_at", BigInteger, nullable=False),
)

setup_tokens = Table(
    "setup_tokens",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

# -- providers ------------------------------------------------------------------------------------

providers = Table(
    "providers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("settings", Text, nullable=False),  # JSON, see gateway.providers
    Column("sealed_key", LargeBinary),  # encrypted with the house's secret
    Column("enabled", Boolean, nullable=False),
    Column("world_confirmed_at", BigInteger),
    Column("updated_at", BigInteger, nullable=False),
)

# -- conversations ----------------------------------------------------------------------------------

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("title", String(300), nullable=False),
    Column("model", String(200), nullable=False),
    Column("data_class", String(16), nullable=False),
    Column("leaf_id", String(32)),  # the end of the branch that is shown
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("ix_conversations_owner_updated", "owner_id", "updated_at"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", String(32), primary_key=True),
    Column(
        "conversation_id",
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("parent_id", String(32)),  # a conversation is a tree
    Column("role", String(16), nullable=False),
    Column("parts", Text, nullable=False),  # JSON list of parts
    Column("state", String(16), nullable=False),  # running, done, stopped, failed, interrupted
    Column("error", String(64)),  # code of hausgeist.errors
    Column("error_values", Text),  # JSON: what fills the error's text
    Column("finish", String(16)),  # why the answer ended, as the upstream told
    Column("model", String(200)),
    Column("zone", String(8)),
    Column("data_class", String(16)),
    Column("input_tokens", Integer),
    Column("output_tokens", Integer),
    Column("micro_eur", BigInteger),
    Column("duration_ms", Integer),
    Column("created_at", BigInteger, nullable=False),
    Column("touched_at", BigInteger),  # sign of life of the process that writes a running answer
)
# not partial: naming PostgreSQL's option would load its dialect at every start
Index("ix_messages_state", messages.c.state, messages.c.touched_at)

# -- ledger: groups, never persons -----------------------------------------------------------------

budgets = Table(
    "budgets",
    metadata,
    Column("scope", String(128), primary_key=True),  # group:…, key:…, cost_centre:…
    Column("period", String(8), primary_key=True),  # month, as 2026-11
    Column("limit_tokens", BigInteger),
    Column("limit_micro_eur", BigInteger),
    Column("reserved_tokens", BigInteger, nullable=False, server_default="0"),
    Column("reserved_micro_eur", BigInteger, nullable=False, server_default="0"),
    Column("spent_tokens", BigInteger, nullable=False, server_default="0"),
    Column("spent_micro_eur", BigInteger, nullable=False, server_default="0"),
)

_CALL = (
    ("group_id", String(64), False),
    ("cost_centre", String(64), True),
    ("service_key", String(32), True),
    ("purpose", String(16), False),
    ("model", String(200), False),
    ("provider", String(64), False),
    ("zone", String(8), False),
    ("data_class", String(16), False),
    ("policy_version", String(64), False),
)

reservations = Table(
    "reservations",
    metadata,
    Column("call_id", String(64), primary_key=True),
    Column("at", BigInteger, nullable=False),  # few rows: no index
    *(Column(name, kind, nullable=null) for name, kind, null in _CALL),
    Column("tokens", BigInteger, nullable=False),
    Column("micro_eur", BigInteger),
    Column("scopes", Text, nullable=False),  # JSON list
    sqlite_with_rowid=False,  # one tree to write instead of two
)

ledger = Table(
    "ledger",
    metadata,
    Column("call_id", String(64), primary_key=True),  # a call is booked once
    Column("at", BigInteger, nullable=False, index=True),
    *(Column(name, kind, nullable=null) for name, kind, null in _CALL),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("reasoning_tokens", BigInteger, nullable=False),
    Column("estimated", Boolean, nullable=False),
    Column("micro_eur", BigInteger),  # NULL: unknown
    Column("price_source", String(200), nullable=False),
    Column("energy_mwh", BigInteger),  # NULL: unknown
    Column("energy_source", String(64), nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("first_token_ms", Integer),
    Column("outcome", String(16), nullable=False),
    sqlite_with_rowid=False,
)

# -- audit: leaves stay, payloads may be erased ------------------------------------------------------

audit_leaves = Table(
    "audit_leaves",
    metadata,
    Column(
        "seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    ),
    Column("hash", LargeBinary(32), nullable=False),
)

audit_payloads = Table(
    "audit_payloads",
    metadata,
    Column(
        "seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    ),
    Column("salt", LargeBinary(16), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("body", Text, nullable=False),  # canonical JSON
)

connections = Table(
    "connections",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("host", String(253), nullable=False),
    Column("port", Integer, nullable=False),
    Column("reason", String(64), nullable=False),  # provider:…, model-fetch, …
    Column("allowed", Boolean, nullable=False),
)
