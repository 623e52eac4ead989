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
    Column("models", Text),  # JSON list of what its members may use; NULL: all
    Column("default_model", String(200)),
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
    # somebody else made the password: it is to be changed before anything else
    Column("must_change", Boolean, nullable=False, server_default=false()),
)

memberships = Table(
    "memberships",
    metadata,
    # beside the group of users.group_id, which a person's usage is accounted to
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("source", String(32)),  # the login source that says so; NULL: an administrator
)

login_sources = Table(
    "login_sources",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(8), nullable=False),  # oidc, ldap
    Column("settings", Text, nullable=False),  # JSON, see identity
    Column("sealed_secret", LargeBinary),  # encrypted with the house's secret
    Column("enabled", Boolean, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

login_subjects = Table(
    "login_subjects",
    metadata,
    Column("source", String(32), primary_key=True),
    Column("subject", String(255), primary_key=True),  # what the source calls the person
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
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
    Column("source", String(32)),  # the login source it came from; NULL: a password of ours
    Column("source_session", String(255)),  # what that source calls it, to end it from there
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

model_notes = Table(
    "model_notes",
    metadata,
    Column("model", String(200), primary_key=True),
    Column("title", String(200), nullable=False),  # empty: as its card says
    Column("description", String(1000), nullable=False),
    Column("hidden", Boolean, nullable=False),  # not offered in the chat, still to be had by name
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
    Column("title_by", String(8), nullable=False, server_default="words"),  # words, model, person
    Column("folder_id", String(32)),  # of the same owner's folders
    Column("pinned_at", BigInteger),
    Column("archived_at", BigInteger),
    Column("deleted_at", BigInteger),  # in the bin, from which it can be taken back for a while
    Column("assistant_id", String(32)),
    Column("assistant_version", Integer),
    Index("ix_conversations_owner_updated", "owner_id", "updated_at"),
    Index("ix_conversations_owner_folder", "owner_id", "folder_id", "updated_at"),
    Index("ix_conversations_owner_pinned", "owner_id", "pinned_at"),
    Index("ix_conversations_deleted", "deleted_at"),
)

folders = Table(
    "folders",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("created_at", BigInteger, nullable=False),
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
    Column("about", Text),  # JSON: where an answer came from, what was sent, what was left out
    Column("contest_id", String(32)),  # answers of several models to one question, side by side
    Column("preferred", Boolean),  # of those, the one that was kept
    Column("stop_at", BigInteger),  # somebody asked to stop it, maybe in another process
)
# not partial: naming PostgreSQL's option would load its dialect at every start
Index("ix_messages_state", messages.c.state, messages.c.touched_at)

# -- files in conversations -----------------------------------------------------------------------

files = Table(
    "files",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    # NULL until the question it belongs to is sent
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), index=True),
    Column("name", String(300), nullable=False),
    Column("media", String(100), nullable=False),  # what the content is, not what it says it is
    Column("size", BigInteger, nullable=False),  # bytes
    Column("digest", String(64), nullable=False),  # SHA-256, hexadecimal
    Column("data_class", String(16), nullable=False),
    Column("state", String(16), nullable=False),  # arriving, reading, ready, failed
    Column("error", String(64)),  # code of hausgeist.errors
    Column("error_values", Text),  # JSON
    Column("pages", Integer),
    Column("chars", Integer),  # how long the text is
    Column("notes", Text),  # JSON: what was cut or ignored, as words of the catalogue
    Column("text", Text),  # what was read out of it; NULL for pictures
    Column("created_at", BigInteger, nullable=False),
)

file_contents = Table(
    "file_contents",
    metadata,
    Column("file_id", ForeignKey("files.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),  # pieces of at most 1 MiB
    Column("content", LargeBinary, nullable=False),
)

# -- the library: assistants and prompts -----------------------------------------------------------

library_items = Table(
    "library_items",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),  # assistant, prompt
    # NULL: its author is gone, it belongs to the organisation
    Column("owner_id", ForeignKey("users.id", ondelete="SET NULL"), index=True),
    Column("name", String(200), nullable=False),
    Column("version", Integer, nullable=False),  # the newest
    Column("audience", String(16), nullable=False),  # owner, groups, everyone
    Column("shared_from", Integer),  # the oldest version that others may see; NULL: never shared
    Column(
        "words", Text, nullable=False
    ),  # of the newest version, in small letters, to be searched
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("archived_at", BigInteger),
)

library_versions = Table(
    "library_versions",
    metadata,
    Column("item_id", ForeignKey("library_items.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", Text, nullable=False),  # JSON, see chat.library
    Column("at", BigInteger, nullable=False),
    Column("author_id", ForeignKey("users.id", ondelete="SET NULL"), index=True),
)

library_grants = Table(
    "library_grants",
    metadata,
    Column("item_id", ForeignKey("library_items.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True),
)

# -- sharing, retention ------------------------------------------------------------------------------

shares = Table(
    "shares",
    metadata,
    Column("id", String(32), primary_key=True),  # unguessable: it is the link
    Column(
        "conversation_id",
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("owner_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("leaf_id", String(32)),  # the branch as it was then; NULL: as it is when read
    # NULL: whoever is logged in and has the link
    Column("group_id", ForeignKey("groups.id", ondelete="CASCADE"), index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
)

# what somebody brings along from elsewhere, between the look at it and its end
imports = Table(
    "imports",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("state", String(8), nullable=False),  # ready, running, done, failed
    Column("data_class", String(16), nullable=False),
    Column("found", Text, nullable=False),  # JSON: what is in it, see chat.imports
    Column("total", Integer, nullable=False),  # conversations
    Column("done", Integer, nullable=False),  # of those, looked at
    Column("added", Integer, nullable=False),
    Column("known", Integer, nullable=False),  # were here already
    Column("created_at", BigInteger, nullable=False),
    Column("touched_at", BigInteger, nullable=False),
)

import_pieces = Table(
    "import_pieces",
    metadata,
    Column("import_id", ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("content", LargeBinary, nullable=False),  # conversations in our words, compressed
)

imported = Table(
    "imported",
    metadata,
    Column("owner_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("mark", String(64), primary_key=True),  # SHA-256 of where it came from and what it says
    Column(
        "conversation_id",
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("at", BigInteger, nullable=False),  # retention counts from here, not from its own dates
)

retention = Table(
    "retention",
    metadata,
    Column("data_class", String(16), primary_key=True),
    Column("days", Integer),  # since the last use; NULL: kept until somebody deletes it
    Column("updated_at", BigInteger, nullable=False),
)

holds = Table(
    "holds",
    metadata,
    Column("id", String(32), primary_key=True),
    # whose data may not be deleted: a person's, a group's, or (both NULL) everybody's
    Column("user_id", ForeignKey("users.id"), index=True),
    Column("group_id", ForeignKey("groups.id"), index=True),
    Column("reason", String(500), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)

announcements = Table(
    "announcements",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(8), nullable=False),  # info, warn
    Column("text", Text, nullable=False),  # Markdown
    Column("starts_at", BigInteger),
    Column("ends_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
)

# -- search: the words of titles and messages, stemmed -------------------------------------------------

search_words = Table(
    "search_words",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column(
        "conversation_id",
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    # NULL: the words of the conversation's title
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), unique=True),
    Column("owner_id", String(32), nullable=False),
    Column("words", Text, nullable=False),
)
# its index is made by the migration: FTS5 on SQLite, GIN over a tsvector on PostgreSQL

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

audit_changes = Table(
    "audit_changes",
    metadata,
    # which events are changes of the house and not its use: so that a page of them is no search
    Column(
        "seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    ),
    Column("kind", String(64), nullable=False, index=True),
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
