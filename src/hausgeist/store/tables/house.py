# SPDX-License-Identifier: EUPL-1.2
"""Tables of the house itself, its providers and its rules."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, String, Table, Text

from hausgeist.store.tables.schema import metadata

meta = Table(
    "meta",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)


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


retention = Table(
    "retention",
    metadata,
    Column("data_class", String(16), primary_key=True),
    Column("days", Integer),  # since the last use; NULL: kept until somebody deletes it
    Column("updated_at", BigInteger, nullable=False),
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
