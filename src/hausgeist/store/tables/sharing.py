# SPDX-License-Identifier: EUPL-1.2
"""Tables of what leaves or enters by people: links, imports; and what may not be deleted."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, String, Table, Text

from hausgeist.store.tables.schema import metadata

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
