# SPDX-License-Identifier: EUPL-1.2
"""Tables of conversations, their files, and what finds them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from hausgeist.store.tables.schema import metadata

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
    # not open to its owner until that person shows to be one: see store.closing
    Column("closed_at", BigInteger),
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
    Column("closed_at", BigInteger),  # as a conversation's
)

file_contents = Table(
    "file_contents",
    metadata,
    Column("file_id", ForeignKey("files.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),  # pieces of at most 1 MiB
    Column("content", LargeBinary, nullable=False),
)


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
