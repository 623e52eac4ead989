# SPDX-License-Identifier: EUPL-1.2
"""The pages of egress: what they say of a silent house and of one that speaks."""

import json
import re

import pytest
from sqlalchemy import update
from visitors import Visitor

from hausgeist.gateway.egress import verified
from hausgeist.net import Connections
from hausgeist.store import departures
from hausgeist.store.tables import users
from hausgeist.testing.served import PASSWORD, Served


def left(served, **more):
    """Write a departure down, as the pipeline does."""
    row = {
        "id": more.pop("id", "d1"),
        "call_id": "call-of-nobody",
        "at": served.house.now_ms(),
        "ended_at": served.house.now_ms(),
        "host": "ki.example.eu",
        "port": 443,
        "reason": "provider:up",
        "provider": "up",
        "model": "up/large",
        "zone": "eu",
        "country": "DE",
        "purpose": "chat",
        "data_class": "personal",
        "verdict": "pseudonymise",
        "policy_version": "default-3",
        "hidden": '{"person": 2}',
        "bytes_out": 2048,
        "bytes_in": 512,
        "sockets": 0,
        "outcome": "ok",
    }
    served.house.store.write_now(lambda c: departures.start(c, [row | more]))


@pytest.fixture
def served(serve) -> Served:
    house = serve()
    house.house.store.write_now(lambda c: c.execute(update(users).values(locale="en")))
    return house


def shown(served, path="/admin/egress", who="admin"):
    visitor = Visitor(served.port)
    assert visitor.form("/login", {"name": who, "password": PASSWORD}).status == 303
    return visitor.get(path, Accept_Language="en", Accept="text/html")


def test_looking_at_an_old_month_changes_no_alarm(served):
    """The alarm is of the running month, whichever month somebody looks at."""
    served.house.proof.differences = 3
    assert shown(served, "/admin/egress?month=2020-01").status == 200
    assert served.house.proof.alarms() == ["differences"]


def test_a_silent_house_says_so(served):
    """Without a departure the page says that nothing left, and what that rests on."""
    text = shown(served).text
    assert "Nothing left the house in this month." in text
    assert "agrees" in text
    assert "What this proof can miss" in text


def test_what_left_is_drawn_and_listed(served):
    """Host, zone, class, verdict and hidden passages of a departure stand on the page, with a bar."""
    left(served)
    text = shown(served).text
    for words in (
        "ki.example.eu:443",
        "In Europe, under contract",
        "pseudonymised",
        "2 persons",
        "2.0 kB",
    ):
        assert words in text
    assert re.search(r'<rect width="100" height="6"/>', text)
    assert "call-of-nobody" not in text


def test_a_socket_without_a_departure_is_an_alarm(served):
    """A connection to the outside that nothing explains stands on the page and in the counters."""

    async def open_one():
        Connections(served.house.store, served.house.now_ms).note("odd.example", 443, "x", True)
        await served.house.store.drain()

    served.run(open_one())
    served.run(served.house.proof.compare())
    text = shown(served).text
    assert "connections that no departure explains: 1 \u00d7 odd.example:443" in text
    assert "hausgeist_egress_differences 1" in served.house.proof.metrics()


def test_the_list_is_filtered(served):
    """A filter by zone leaves the others out."""
    left(served)
    left(served, id="d2", host="api.example.com", zone="world")
    text = shown(served, "/admin/egress?zone=world").text
    listing = text[text.index('id="list"') :]
    assert "api.example.com:443" in listing
    assert "ki.example.eu:443" not in listing


def test_the_signed_file_can_be_checked_by_anybody(served):
    """With nothing but the public key the report proves genuine, and any change is found."""
    left(served)
    reply = shown(served, "/admin/egress/report.json")
    text = reply.text
    key = served.house.proof.reports.public_key()
    found = verified(text, key)
    assert found["provisional"] is True
    assert [row["host"] for row in found["departures"]] == ["ki.example.eu"]
    with pytest.raises(Exception, match="changed"):
        verified(text.replace("ki.example.eu", "no.example.eu"), key)


def test_nobody_is_in_the_report(served):
    """Neither persons nor groups nor keys: what the report is made of does not know them."""
    left(served)
    report = json.loads(shown(served, "/admin/egress/report.json").body)
    names = set(report["departures"][0])
    assert not {"group", "group_id", "actor", "owner", "call_id", "key"} & names


def test_the_report_is_a_page_and_a_pdf(served):
    """What is signed can be read, and printed."""
    left(served)
    assert "Compared with what was opened" in shown(served, "/admin/egress/report").text
    assert shown(served, "/admin/egress/report.pdf").body.startswith(b"%PDF")


def test_a_month_that_is_no_month_is_refused(served):
    """What cannot be read as a month is an error of the address."""
    assert shown(served, "/admin/egress/report?month=2026-13").status == 400
    assert shown(served, "/admin/egress?month=x").status == 400


def test_members_see_nothing_of_it(served):
    """The pages are for those who oversee."""
    assert shown(served, who="member").status in {403, 404}
