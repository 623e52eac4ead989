# SPDX-License-Identifier: EUPL-1.2
"""The ledger, proved by the trail: what is booked together has one event, with the hash of its rows.

So every call is in the tree, and no event tells of one person's call: a row has a group, an event not even
that. Rows of the ledger in, the number of their event out; and, for whoever checks, events whose rows are
no longer those that were booked.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from hausgeist.core.trail import AuditEvent
from hausgeist.store import trail
from hausgeist.store.tables import audit_payloads, ledger

KIND = "call.booked"
_encode = msgspec.json.Encoder().encode
_PAGE = 500
_NONE: tuple[float, list[tuple[Any, ...]]] = (float("inf"), [])


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
    """The numbers of events whose rows were changed, taken away or added to since they were booked.

    Reads both tables once, in the order of the events, and holds one event's rows at a time.
    """
    columns = [column for column in ledger.c if column.name != "event"]
    rows = select(ledger.c.event, *columns).where(ledger.c.event.is_not(None))
    found = connection.execution_options(yield_per=_PAGE).execute(rows.order_by(ledger.c.event))
    groups = (
        (float(number), [tuple(row[1:]) for row in group])
        for number, group in groupby(found, key=lambda row: int(row[0]))
    )
    number, held = next(groups, _NONE)
    for event, told in _events(connection):
        while number < event:  # rows that name an event which is none of ours
            yield int(number)
            number, held = next(groups, _NONE)
        mine = held if number == event else []
        if told != digest(mine):
            yield event
        if number == event:
            number, held = next(groups, _NONE)
    while number != _NONE[0]:
        yield int(number)
        number, held = next(groups, _NONE)


def _events(connection: Connection) -> Iterator[tuple[int, str]]:
    """Number and hash of every event of booked calls, in order, a page at a time."""
    after = -1
    query = select(audit_payloads.c.seq, audit_payloads.c.body).where(audit_payloads.c.kind == KIND)
    query = query.order_by(audit_payloads.c.seq).limit(_PAGE)
    while page := connection.execute(query.where(audit_payloads.c.seq > after)).all():
        after = page[-1].seq
        for event in page:
            yield event.seq, json.loads(event.body)["facts"]["rows"]
