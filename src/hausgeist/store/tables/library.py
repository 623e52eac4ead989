# SPDX-License-Identifier: EUPL-1.2
"""Tables of assistants and prompts."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table, Text

from hausgeist.store.tables.schema import metadata

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
