# SPDX-License-Identifier: EUPL-1.2
"""Two lists that were written by different hands say the same, or say where they do not.

One is what left (a row before each request, with the sockets it opened), the other the ledger of
connections (a row for each socket, written where it is opened). LDAP and pip are in the second alone: they
do not go through the one client.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hausgeist.store import departures
from hausgeist.store.db import Store

SLACK = 10 * 60 * 1000
"""Milliseconds by which the two rows of one request may lie apart, at the edges of a month."""
BEFORE = "before"
"""The zone of connections that are older than departures."""
UNEXPLAINED = "unexplained"
"""The reason of a connection that only the kernel has told us of."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What only one side knows.

    ``code``: ``without_departure`` (sockets that nothing was sent on, as far as was written down),
    ``without_connection`` (the reverse) or ``unexplained`` (the kernel has a connection that we do not).
    """

    code: str
    host: str
    port: int
    count: int


@dataclass(frozen=True, slots=True)
class Compared:
    """How many sockets agree, which belong to the two exceptions, and what differs.

    ``open`` requests are under way, or their process was ended by force: their sockets cannot be counted.
    """

    agreed: int
    exceptions: tuple[tuple[str, str, int, int], ...]
    """Reason, host, port, sockets."""
    denied: int
    open: int
    differences: tuple[Difference, ...]


async def compared(store: Store, since: int, until: int) -> Compared:
    """Compare the rows of a time, in milliseconds."""

    def read(connection: Any) -> tuple[list[dict[str, Any]], ...]:
        wide = departures.Wanted(since=since - SLACK, until=until)
        narrow = departures.Wanted(since=since, until=until)
        return (
            departures.sums(connection, wide),
            departures.sums(connection, narrow),
            departures.sockets(connection, since, until),
            departures.sockets(connection, since, until + SLACK),
        )

    left_wide, left, opened, opened_wide = await store.read(read)
    return _found(left_wide, left, opened, opened_wide)


def _found(
    left_wide: Iterable[Mapping[str, Any]],
    left: Iterable[Mapping[str, Any]],
    opened: Iterable[Mapping[str, Any]],
    opened_wide: Iterable[Mapping[str, Any]],
) -> Compared:
    rows = list(opened)
    allowed = [row for row in rows if row["allowed"]]
    strangers = [
        Difference(UNEXPLAINED, row["host"], row["port"], row["count"])
        for row in allowed
        if row["reason"] == UNEXPLAINED
    ]
    exceptions = [row for row in allowed if _first(row) in departures.EXCEPTIONS]
    here = _counted(row for row in allowed if _departs(row))
    there = _counted(row for row in opened_wide if row["allowed"])
    told_wide, unclear = _sockets(left_wide)
    told, _ = _sockets(left)
    silent = [
        Difference("without_departure", *place, count - told_wide[place])
        for place, count in here.items()
        if count > told_wide[place] and not unclear[place]
    ]
    unheard = [
        Difference("without_connection", *place, count - there[place])
        for place, count in told.items()
        if count > there[place]
    ]
    return Compared(
        agreed=sum(min(count, told_wide[place]) for place, count in here.items()),
        exceptions=tuple(
            (row["reason"], row["host"], row["port"], row["count"]) for row in exceptions
        ),
        denied=sum(row["count"] for row in rows if not row["allowed"]),
        open=unclear.total(),
        differences=(*strangers, *silent, *unheard),
    )


def _first(row: Mapping[str, Any]) -> str:
    return str(row["reason"]).partition(":")[0]


def _departs(row: Mapping[str, Any]) -> bool:
    """Whether what goes over a socket of the ledger has a departure."""
    known = row["reason"] == UNEXPLAINED or _first(row) in departures.EXCEPTIONS
    return not known and row["zone"] not in {"house", BEFORE}


def _counted(rows: Iterable[Mapping[str, Any]]) -> Counter[tuple[str, int]]:
    found: Counter[tuple[str, int]] = Counter()
    for row in rows:
        found[row["host"], row["port"]] += row["count"]
    return found


def _sockets(
    sums: Iterable[Mapping[str, Any]],
) -> tuple[Counter[tuple[str, int]], Counter[tuple[str, int]]]:
    """By place: sockets that departures tell of, and departures whose end is not known."""
    told: Counter[tuple[str, int]] = Counter()
    unclear: Counter[tuple[str, int]] = Counter()
    for row in sums:
        told[row["host"], row["port"]] += row["sockets"]
        unclear[row["host"], row["port"]] += row["not_ended"]
    return told, unclear
