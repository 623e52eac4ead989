# SPDX-License-Identifier: EUPL-1.2
"""Verbs of what left the house: open a row before it leaves, complete it, and what pages and reports count.

No row says who asked, nor of which group they are.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from hausgeist.store.tables import canaries, connections, departures, egress_reports

_INSERT = insert(departures)
_COMPLETE = (
    update(departures)
    .where(departures.c.id == bindparam("row"))
    .values(
        {
            name: bindparam(name)
            for name in ("ended_at", "bytes_out", "bytes_in", "sockets", "outcome")
        }
    )
)
EXCEPTIONS = ("ldap", "pypi")
"""Reasons, before their colon, of the two ways out that do not go through the one client."""


def start(connection: Connection, items: Sequence[Mapping[str, object]]) -> list[None]:
    """Write down what is about to leave, as ``opened``."""
    connection.execute(_INSERT, list(items))
    return [None] * len(items)


def complete(connection: Connection, items: Sequence[Mapping[str, object]]) -> list[None]:
    """Write down how it ended. ``row`` is its id."""
    connection.execute(_COMPLETE, list(items))
    return [None] * len(items)


def give_up(connection: Connection, before: int) -> int:
    """What was opened before a moment and never completed is lost: the process was ended by force."""
    done = connection.execute(
        update(departures)
        .where(departures.c.outcome == "opened", departures.c.at < before)
        .values(outcome="lost")
    )
    return int(done.rowcount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows: from ``since`` to before ``until`` (ms); empty texts narrow nothing."""

    since: int = 0
    until: int = 2**62
    host: str = ""
    zone: str | None = None
    purpose: str = ""
    outcome: str = ""


def page(
    connection: Connection, wanted: Wanted, offset: int, count: int
) -> tuple[list[dict[str, Any]], int]:
    """Rows, the newest first, and how many there are; ``hidden`` is a mapping of counts."""
    where = _where(wanted)
    total = connection.execute(
        select(func.count()).select_from(departures).where(*where)
    ).scalar_one()
    rows = connection.execute(
        select(departures)
        .where(*where)
        .order_by(departures.c.at.desc(), departures.c.id)
        .offset(offset)
        .limit(count)
    ).mappings()
    return [{**row, "hidden": json.loads(row["hidden"])} for row in rows], total


def sums(connection: Connection, wanted: Wanted) -> list[dict[str, Any]]:
    """By whatever names where it went and under which rules: count, not_ok, not_ended, bytes, sockets."""
    by = [
        departures.c[name]
        for name in (
            "host",
            "port",
            "reason",
            "provider",
            "model",
            "zone",
            "country",
            "purpose",
            "data_class",
            "verdict",
            "policy_version",
        )
    ]
    ended = case((departures.c.outcome == "ok", 0), else_=1)
    lost = case((departures.c.outcome.in_(("opened", "lost")), 1), else_=0)
    rows = connection.execute(
        select(
            *by,
            func.count().label("count"),
            func.sum(ended).label("not_ok"),
            func.sum(lost).label("not_ended"),
            func.sum(departures.c.bytes_out).label("bytes_out"),
            func.sum(departures.c.bytes_in).label("bytes_in"),
            func.sum(departures.c.sockets).label("sockets"),
        )
        .where(*_where(wanted))
        .group_by(*by)
        .order_by(*by)
    ).mappings()
    numbers = ("count", "not_ok", "not_ended", "bytes_out", "bytes_in", "sockets")
    return [{**row, **{name: int(row[name]) for name in numbers}} for row in rows]


def hidden(connection: Connection, wanted: Wanted) -> dict[str, int]:
    """How many passages of each kind were put under pseudonyms."""
    found: Counter[str] = Counter()
    rows = connection.execute(
        select(departures.c.hidden, func.count())
        .where(*_where(wanted), departures.c.hidden != "{}")
        .group_by(departures.c.hidden)
    )
    for text, times in rows:
        for kind, count in json.loads(text).items():
            found[kind] += count * times
    return dict(sorted(found.items()))


def hosts(connection: Connection, wanted: Wanted) -> list[str]:
    """The hosts something went to."""
    where = _where(wanted)
    found = select(departures.c.host).where(*where).distinct().order_by(departures.c.host)
    return list(connection.execute(found).scalars())


def sockets(connection: Connection, since: int, until: int) -> list[dict[str, Any]]:
    """The ledger of connections by host, port, reason, zone and whether it was allowed: how many."""
    by = [connections.c[name] for name in ("host", "port", "reason", "zone", "allowed")]
    rows = connection.execute(
        select(*by, func.count().label("count"))
        .where(connections.c.at >= since, connections.c.at < until)
        .group_by(*by)
        .order_by(*by)
    ).mappings()
    return [dict(row) for row in rows]


def _where(wanted: Wanted) -> list[ColumnElement[bool]]:
    where = [departures.c.at >= wanted.since, departures.c.at < wanted.until]
    if wanted.host:
        where.append(departures.c.host == wanted.host)
    if wanted.zone is not None:
        where.append(departures.c.zone == wanted.zone)
    if wanted.purpose:
        where.append(departures.c.purpose == wanted.purpose)
    if wanted.outcome == "open":
        where.append(departures.c.outcome.in_(("opened", "lost")))
    elif wanted.outcome:
        where.append(departures.c.outcome == wanted.outcome)
    return where


# -- the canary ---------------------------------------------------------------------------------------


def flown(connection: Connection, row: Mapping[str, object]) -> None:
    """Keep what came of a flight of the canary."""
    connection.execute(insert(canaries).values(**row))


def flights(connection: Connection, since: int, until: int = 2**62) -> dict[str, int]:
    """How many flights ended how."""
    rows = connection.execute(
        select(canaries.c.outcome, func.count())
        .where(canaries.c.at >= since, canaries.c.at < until)
        .group_by(canaries.c.outcome)
    )
    return {row[0]: row[1] for row in rows}


def last_flights(connection: Connection, count: int) -> list[dict[str, Any]]:
    """The newest flights first."""
    rows = connection.execute(
        select(canaries).order_by(canaries.c.at.desc(), canaries.c.id).limit(count)
    ).mappings()
    return [dict(row) for row in rows]


def forget_flights(connection: Connection, before: int) -> None:
    """Drop flights that are older than a moment; their counts are in the reports."""
    connection.execute(delete(canaries).where(canaries.c.at < before))


# -- reports ------------------------------------------------------------------------------------------


def report(connection: Connection, month: str) -> dict[str, Any] | None:
    """The kept report of a month: month, body, signature, made_at (ms)."""
    row = (
        connection.execute(select(egress_reports).where(egress_reports.c.month == month))
        .mappings()
        .first()
    )
    return None if row is None else dict(row)


def reports(connection: Connection) -> list[tuple[str, int]]:
    """The months that have a report, the newest first, and when it was made (ms)."""
    rows = connection.execute(
        select(egress_reports.c.month, egress_reports.c.made_at).order_by(
            egress_reports.c.month.desc()
        )
    )
    return [(row.month, row.made_at) for row in rows]


def keep_report(connection: Connection, row: Mapping[str, object]) -> bool:
    """Keep a report, once: False if the month has one already."""
    if report(connection, str(row["month"])) is not None:
        return False
    connection.execute(insert(egress_reports).values(**row))
    return True


def first_at(connection: Connection) -> int | None:
    """When the first thing left or was connected to (ms); None if nothing ever was."""
    found = [
        connection.execute(select(func.min(table.c.at))).scalar_one()
        for table in (departures, connections)
    ]
    known = [at for at in found if at is not None]
    return min(known) if known else None


def attempts(connection: Connection, since: int) -> list[dict[str, Any]]:
    """Sockets to the outside, and denials, since a moment (ms), by place and reason: count, last (ms)."""
    by = [connections.c[name] for name in ("host", "port", "reason", "zone", "allowed")]
    leads_out = or_(connections.c.zone.is_(None), connections.c.zone != "house")
    rows = connection.execute(
        select(*by, func.count().label("count"), func.max(connections.c.at).label("last"))
        .where(connections.c.at >= since, leads_out)
        .group_by(*by)
        .order_by(func.max(connections.c.at).desc(), connections.c.host)
    ).mappings()
    return [dict(row) for row in rows]
