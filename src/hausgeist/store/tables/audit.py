# SPDX-License-Identifier: EUPL-1.2
"""Tables of the trail: leaves stay, payloads may be erased; and the connections."""

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

audit_checkpoints = Table(
    "audit_checkpoints",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),  # leaves
    Column("root", LargeBinary(32), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("note", Text, nullable=False),  # C2SP: signed
)

audit_nodes = Table(
    "audit_nodes",
    metadata,
    # roots of whole subtrees of 256, 65536, … leaves, so that no proof reads all leaves
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), nullable=False),
)

audit_erased = Table(
    "audit_erased",
    metadata,
    # which payloads were taken out, and by which event: without it none can be
    Column(
        "seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    ),
    Column(
        "event",
        BigInteger,
        ForeignKey("audit_leaves.seq", deferrable=True, initially="DEFERRED"),
        nullable=False,
        index=True,
    ),
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
    Column(
        "reason", String(64), nullable=False
    ),  # provider:…, login:…, ldap:…, model, pypi:…, engine
    Column("allowed", Boolean, nullable=False),
    Column("zone", String(8)),  # where nobody said: null
)
