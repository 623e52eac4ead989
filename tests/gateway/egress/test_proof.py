# SPDX-License-Identifier: EUPL-1.2
"""Two lists are compared, strangers are an alarm, months are reported once."""

import asyncio
import json

import pytest

from hausgeist.audit import Trail
from hausgeist.core.months import month_of, span_of
from hausgeist.gateway.departures import Departures
from hausgeist.gateway.egress import (
    Reports,
    Watch,
    compared,
    report_key,
    verified,
)
from hausgeist.gateway.egress import watch as watching
from hausgeist.net import AllowList, Connections, Destination, Leaving, Outbound, Told
from hausgeist.net.kernel import Seen
from hausgeist.store import departures

NOW = span_of("2026-11")[0] + 5 * 24 * 3_600_000
WHERE = Destination("ki.example", 443, "provider:up", zone="eu", country="DE")


def run(store, work):
    async def go():
        found = await work
        await store.drain()
        return found

    return asyncio.run(go())


async def leave(store, *, sockets=1, at=NOW, finished=True):
    """A departure without a call, with its row."""
    left = await Departures(store, lambda: at).depart(Leaving(WHERE, "ki.example", 443, "", 10))
    if finished:
        left.ended(Told("ok", 120, 50, sockets))
    await store.drain()


async def opened(store, host="ki.example", *, reason="provider:up", allowed=True, at=NOW, times=1):
    for _ in range(times):
        Connections(store, lambda: at, AllowList()).note(host, 443, reason, allowed)
    await store.drain()


def agreed(store):
    return run(store, compared(store, *span_of("2026-11")))


def test_lists_that_say_the_same_agree(store):
    """A socket for a departure, and none for the next one that used it again."""

    async def work():
        await leave(store, sockets=1)
        await leave(store, sockets=0)
        await opened(store)

    run(store, work())
    found = agreed(store)
    assert (found.agreed, found.differences, found.open) == (1, (), 0)


def test_a_socket_without_a_departure_is_a_difference(store):
    """Somebody opened a connection to the outside, and nothing was written down for it."""

    async def work():
        await leave(store, sockets=1)
        await opened(store, times=3)

    run(store, work())
    assert [(one.code, one.host, one.count) for one in agreed(store).differences] == [
        ("without_departure", "ki.example", 2)
    ]


def test_a_departure_without_its_socket_is_a_difference(store):
    """Rows that were taken out of the ledger of connections are missed."""
    run(store, leave(store, sockets=2))
    assert [(one.code, one.count) for one in agreed(store).differences] == [
        ("without_connection", 2)
    ]


def test_the_exceptions_are_counted_apart(store):
    """LDAP and pip do not go through the client, and what was denied has opened nothing."""

    async def work():
        await opened(store, "ldap.example", reason="ldap:ad")
        await opened(store, "pypi.org", reason="pypi:x==1#y")
        await opened(store, "evil.example", reason="denied", allowed=False)

    run(store, work())
    found = agreed(store)
    assert [one[0] for one in found.exceptions] == ["ldap:ad", "pypi:x==1#y"]
    assert (found.denied, found.differences) == (1, ())


def test_what_has_no_end_is_not_held_against_anybody(store):
    """A request under way has opened its socket and not told of it yet."""

    async def work():
        await leave(store, finished=False)
        await opened(store)

    run(store, work())
    found = agreed(store)
    assert (found.open, found.differences) == (1, ())


def test_a_stranger_is_an_alarm_for_the_month(store, monkeypatch):
    """What only the kernel knows of is noted once, and differs until the month is over."""
    outbound = Outbound(AllowList())
    outbound.wire.leads("192.0.2.1", 443)
    seen = [
        Seen("tcp", "192.0.2.1", 443, ""),  # ours
        Seen("tcp", "192.0.2.2", 5432, ""),  # the database's
        Seen("udp", "192.0.2.3", 53, ""),  # names
        Seen("tcp", "192.0.2.4", 443, "python -m pip download x"),
        Seen("tcp", "203.0.113.5", 443, ""),
        Seen("tcp", "203.0.113.6", 5432, "python -m engine"),
    ]
    monkeypatch.setattr(watching, "_look", lambda _pid: (seen, 9))

    async def work():
        connections = Connections(store, lambda: NOW, outbound.allow)
        trail = Trail(store, b"k" * 32, lambda: NOW)
        watch = Watch(outbound, connections, trail, lambda: NOW, lambda: {5432: "database"})
        await watch.look()
        await watch.look()
        await store.drain()
        return watch.strangers

    assert run(store, work()) == [("203.0.113.5", 443), ("203.0.113.6", 5432)]
    found = agreed(store).differences
    assert [(one.code, one.host, one.count) for one in found] == [
        ("unexplained", "203.0.113.5", 1),
        ("unexplained", "203.0.113.6", 1),
    ]


def reports(store, now):
    async def organisation():
        return "Stadt Musterburg"

    return Reports(
        store,
        Trail(store, b"k" * 32, lambda: now),
        report_key(b"s" * 32),
        lambda: now,
        organisation=organisation,
        allow=AllowList(),
    )


def test_a_month_that_is_over_is_reported_by_itself_and_once(store):
    """The round makes the report of each month that has anything; a later one changes nothing."""
    later = span_of("2027-01")[0] + 3_600_000

    async def work():
        await leave(store)
        await reports(store, later).round()
        first = await reports(store, later).of("2026-11")
        await leave(store)
        again = await reports(store, later + 9).of("2026-11")
        return first, again, await reports(store, later).months()

    first, again, months = run(store, work())
    assert [month for month, _ in months] == ["2026-12", "2026-11"]
    assert first == again
    assert not first.provisional
    found = verified(first.text, report_key(b"s" * 32).public_text)
    assert found["departures"][0]["count"] == 1


def test_the_running_month_is_provisional_and_not_kept(store):
    """On demand, and made anew each time."""

    async def work():
        await leave(store)
        return await reports(store, NOW).of("2026-11"), await reports(store, NOW).months()

    signed, months = run(store, work())
    assert (signed.provisional, json.loads(signed.body)["provisional"], months) == (True, True, [])


@pytest.mark.parametrize("month", ["2026-13", "x", "2099-01"])
def test_there_is_no_report_of_such_a_month(store, month):
    """What is no month, or is to come, is refused."""
    with pytest.raises(Exception, match="month"):
        run(store, reports(store, NOW).of(month))


def test_months_are_of_utc():
    """A month ends where the next begins."""
    assert month_of(span_of("2026-11")[1] - 1) == "2026-11"
    assert month_of(span_of("2026-12")[1]) == "2027-01"
    assert span_of("2026-11")[1] == span_of("2026-12")[0]
    assert departures.EXCEPTIONS == ("ldap", "pypi")
