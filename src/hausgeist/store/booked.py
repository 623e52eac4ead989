# SPDX-License-Identifier: EUPL-1.2
"""The ledger, proved by the trail: what is booked together has one event, with the hash of its rows.

So every call is in the tree, and no event tells of one person's call: a row has a group, an event not even
that. Rows of the ledger in, the number of their event out; and, for whoever checks, events whose rows are
no longer those that were booked.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from hausgeist.core.trail import AuditEvent
from hausgeist.store import trail
from hausgeist.store.tables import audit_payloads, ledger

KIND = "call.booked"
_encode = msgspec.json.Encoder().encode
_PAGE = 500


def prove(connection: Connection, at_ms: int, rows: Sequence[tuple[object, ...]]) -> int:
    """Append the event of rows that are booked now: values in the ledger's order, without the event."""
    facts = (("count", len(rows)), ("rows", digest(rows)))
    event = AuditEvent(kind=KIND, at_ms=at_ms, actor="", subject="", facts=facts)
    return trail.append(connection, [event])[0]


def digest(rows: Sequence[tuple[Any, ...]]) -> str:
    """SHA-256 over the rows as JSON arrays, a line each, in the order of their call's id."""
    lines = [_encode(row) for row in sorted(rows, key=lambda row: str(row[0]))]
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def broken(connection: Connection) -> Iterator[int]:
    """The numbers of events whose rows were changed, taken away or added to since they were booked."""
    query = (
        select(audit_payloads.c.seq, audit_payloads.c.body)
        .where(audit_payloads.c.kind == KIND)
        .order_by(audit_payloads.c.seq)
    )
    after = -1
    columns = [column for column in ledger.c if column.name != "event"]
    while found := connection.execute(query.where(audit_payloads.c.seq > after).limit(_PAGE)).all():
        after = found[-1].seq
        held: dict[int, list[tuple[Any, ...]]] = {event.seq: [] for event in found}
        wanted = select(ledger.c.event, *columns).where(
            ledger.c.event.between(found[0].seq, found[-1].seq)
        )
        for row in connection.execute(wanted):
            held.setdefault(row[0], []).append(tuple(row[1:]))
        told = {event.seq: json.loads(event.body)["facts"]["rows"] for event in found}
        for number in sorted(held):
            if told.get(number) != digest(held[number]):
                yield number
