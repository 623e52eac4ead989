# SPDX-License-Identifier: EUPL-1.2
"""The adjudication room over HTTP: who finds it, what it shows, deciding, the guideline, undoing."""

import asyncio
import html
import re
from urllib.parse import quote

import pytest
from roommade import BILL, PEOPLE, PRAISE, differ, made
from visitors import Server

from hausgeist.core.answers import Span, Value
from hausgeist.core.tasks import Metric, TaskKind
from hausgeist.workbench.review import Said

FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A house with three people."""
    server = Server(tmp_path_factory.mktemp("room") / "home")
    try:
        for one in PEOPLE:
            server.person(one)
        yield server
    finally:
        server.stop()


def test_a_case_is_decided_and_the_next_comes(house):
    """Both answers stand there without names; the decision leads on, and into the guideline."""
    task, members, (one, two) = made(house, "first", ["Text one", "Text two"])
    for item in (one, two):
        differ(house, task, members, item, BILL, PRAISE)
    anna = house.login("anna")
    base = f"/tasks/{task.id}/people/room"
    shown = anna.ask("GET", base)
    assert shown.status == 200
    assert "Text one" in shown.text
    assert not re.search("bernd|clara", shown.text, re.IGNORECASE)
    assert "<b>{" not in shown.text
    values = [html.unescape(v) for v in re.findall(r'name="value" value="([^"]*)"', shown.text)]
    assert sorted(values) == sorted([BILL.encode(), PRAISE.encode()])
    body = f"item={one}&value={quote(BILL.encode())}&reason=Es+geht+um+Geld.&guide=yes"
    sent = anna.ask("POST", base, body, Content_Type=FORM)
    assert sent.status == 303, sent.text
    after = anna.ask("GET", sent.location).text
    assert "Text two" in after
    guide = anna.ask("GET", f"/tasks/{task.id}/guideline").text
    assert "Es geht um Geld." in guide
    undone = anna.ask("POST", base, "action=undo", Content_Type=FORM)
    assert f"item={one}" in undone.location
    third = anna.ask("POST", base, f"item={two}&label=other", Content_Type=FORM)
    assert third.status == 303, third.text


def test_annotators_and_strangers_do_not_find_it(house):
    """It is for reviewers and owners."""
    task, _, _ = made(house, "closed", ["Text"])
    assert house.login("bernd").ask("GET", f"/tasks/{task.id}/people/room").status == 404


def test_gold_is_shown_to_a_third_person_alone(house):
    """Its owner decides it, unless they answered; it never gets into the guideline."""
    task, members, (one,) = made(house, "sealed", ["gold text"])
    differ(house, task, members, one, BILL, PRAISE)
    anna = house.login("anna")
    base = f"/tasks/{task.id}/people/room"
    assert "gold text" in anna.ask("GET", base).text
    body = f"item={one}&value={quote(BILL.encode())}&guide=yes"
    assert anna.ask("POST", base, body, Content_Type=FORM).status == 303
    assert "gold text" not in anna.ask("GET", f"/tasks/{task.id}/guideline").text
    other, members, (two,) = made(house, "own", ["gold of mine"])
    for login, value in (("anna", BILL), ("bernd", PRAISE)):
        said = Said(value=value)
        asyncio.run(house.house.bench.review.record(other, members[login], two, said))
    base = f"/tasks/{other.id}/people/room"
    assert "gold of mine" not in anna.ask("GET", base).text
    assert anna.ask("GET", f"{base}?item={two}").status == 403
    refused = anna.ask("POST", base, f"item={two}&label=bill", Content_Type=FORM)
    assert refused.status == 403


def test_passages_are_drawn_over_one_text(house):
    """Each passage has its letters; ticking one and quoting another makes a third answer."""
    task, members, (one,) = made(
        house, "spans", ["Bad Homburg liegt hier"], TaskKind.SPANS, Metric.MICRO_F1
    )
    short, long = (Value.of_spans([Span(*w, "bill")]) for w in ((4, 11), (0, 11)))
    differ(house, task, members, one, short, long)
    anna = house.login("anna")
    base = f"/tasks/{task.id}/people/room"
    shown = anna.ask("GET", base).text
    assert len(re.findall(r'class="room__mark ', shown)) == 2
    assert len(re.findall(r'class="room__tag"', shown)) == 2
    body = f"item={one}&span=4:11:bill&quote0=hier&quoted0=praise"
    assert anna.ask("POST", base, body, Content_Type=FORM).status == 303
    decided = anna.ask("GET", f"{base}?item={one}").text
    assert "Praise: hier" in decided
    wrong = anna.ask("POST", base, f"item={one}&quote0=nicht+da", Content_Type=FORM)
    assert wrong.status == 400
