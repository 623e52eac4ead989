# SPDX-License-Identifier: EUPL-1.2
"""Verbs of the audit trail: one append, in one total order; leaves stay, payloads may be erased."""

import secrets
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, text

from hausgeist.core.hashing import leaf_hash
from hausgeist.core.trail import USED, AuditEvent
from hausgeist.store.bulk import insert_rows
from hausgeist.store.tables import audit_changes, audit_leaves, audit_payloads

LOCK = 0x68617573  # any fixed number: PostgreSQL's advisory lock that makes the order total
_LAST = "SELECT coalesce(max(seq), -1) FROM audit_leaves"
_encode = msgspec.json.Encoder(order="deterministic").encode


def append(connection: Connection, items: Sequence[AuditEvent]) -> list[int]:
    """The one append function of the trail; gives each event's sequence number, from 0."""
    first = next_number(connection)
    salts = secrets.token_bytes(16 * len(items))
    leaves: list[tuple[object, ...]] = []
    payloads: list[tuple[object, ...]] = []
    for offset, item in enumerate(items):
        body = canonical(item)
        salt = salts[16 * offset : 16 * offset + 16]
        seq = first + offset
        leaves.append((seq, leaf_hash(salt, body)))
        payloads.append((seq, salt, item.at_ms, item.kind, body.decode()))
    insert_rows(connection, audit_leaves, leaves)
    insert_rows(connection, audit_payloads, payloads)
    changes = [(row[0], row[3]) for row in payloads if not str(row[3]).startswith(USED)]
    if changes:
        insert_rows(connection, audit_changes, changes)
    return list(range(first, first + len(items)))


def in_turn(connection: Connection) -> None:
    """Wait until no other server appends, nor changes balances; ends with the transaction.

    Whoever does both takes this first, so that nobody waits in a ring.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def next_number(connection: Connection) -> int:
    """The number of the next event; until the end of the transaction nobody else appends one."""
    in_turn(connection)
    return int(connection.exec_driver_sql(_LAST).scalar_one()) + 1


def canonical(item: AuditEvent) -> bytes:
    """The event as canonical JSON: sorted keys, no white space, UTF-8."""
    return _encode(
        {
            "kind": item.kind,
            "at": item.at_ms,
            "actor": item.actor,
            "subject": item.subject,
            "facts": dict(item.facts),
        }
    )
