# SPDX-License-Identifier: EUPL-1.2
"""``/admin/words``: the organisation's own words, added, searched and deleted without a script."""

import json
import time

import pytest
from sqlalchemy import select

from hausgeist.core.findings import Kind
from hausgeist.core.labels import Zone
from hausgeist.core.people import Role
from hausgeist.store.tables import audit_payloads
from hausgeist.testing.echo import EchoProvider, echo_card


@pytest.fixture
def house(serve):
    """A house with an administrator's browser."""
    server = serve()
    anna = server.person("anna", Role.ADMIN)
    return server, server.session(anna.id)


def words_of(server) -> list[tuple[str, str, bool, bool]]:
    """Kind, value, hide and pattern of each."""
    found, _ = server.call(server.house.own_words.list)
    return [(one.kind.value, one.value, one.hide, one.pattern) for one in found]


def test_one_word_is_added_shown_and_deleted(house):
    """The page shows it, a search finds it whatever its case, and ticking deletes it."""
    server, visitor = house
    made = visitor.form("/admin/words", {"value": "Erika Mustermann", "kind": "person"})
    assert made.location == "/admin/words?done=added-1-0"
    assert "Erika Mustermann" in visitor.get("/admin/words?q=mustER").text
    assert "Erika Mustermann" not in visitor.get("/admin/words?way=never").text
    (row,), _ = server.call(server.house.own_words.list)
    assert visitor.form("/admin/words/delete", {"id": row.id}).status == 303
    assert words_of(server) == []


def test_a_list_is_added_whole_or_not_at_all(house):
    """Lines with and without a kind of their own; a wrong one is named, and nothing was added."""
    server, visitor = house
    pasted = "Erika Mustermann\nfile_number\tBG-####-@@\tpattern\nown\tRathaus\tnever\n"
    answer = visitor.form(
        "/admin/words", {"list": pasted + "person\tX\tsometimes", "kind": "person"}
    )
    assert answer.status == 400
    assert "4" in answer.text
    assert "BG-####-@@" in answer.text
    assert words_of(server) == []
    assert visitor.form("/admin/words", {"list": pasted, "kind": "person"}).status == 303
    assert words_of(server) == [
        ("file_number", "BG-####-@@", True, True),
        ("person", "Erika Mustermann", True, False),
        ("own", "Rathaus", False, False),
    ]
    again = visitor.form("/admin/words", {"list": "erika mustermann\nNeu", "kind": "person"})
    assert again.location == "/admin/words?done=added-1-1"


@pytest.mark.parametrize(
    "fields",
    [
        {"value": "x"},
        {"value": "Quux", "kind": "iban"},
        {"value": "Quux", "kind": "nothing"},
        {"value": "**", "pattern": "yes"},
        {"value": "a*b*c*d", "pattern": "yes"},
        {"value": "x" * 301},
        {"list": "\n \n"},
    ],
)
def test_what_cannot_be_a_word_is_refused(house, fields):
    """Too short, of a kind that rules find, or a pattern that fits anything: said, and not kept."""
    server, visitor = house
    assert visitor.form("/admin/words", fields).status == 400
    assert words_of(server) == []


def test_the_trail_tells_how_many_and_never_which(house):
    """Events carry counts by kind; no value of the list is anywhere in the trail."""
    server, visitor = house
    visitor.form("/admin/words", {"list": "Zwickelmann\nQuastenhuber", "kind": "person"})
    server.call(server.house.store.drain)
    bodies = server.house.store.read_now(
        lambda c: [row.body for row in c.execute(select(audit_payloads.c.body))]
    )
    assert not any("Zwickelmann" in body or "Quastenhuber" in body for body in bodies)
    facts = [json.loads(body) for body in bodies if "own_words.added" in body]
    assert "person 2" in json.dumps(facts)


def test_an_examination_follows_the_list(house):
    """A word that was added on the page is found by the detectors of the running house."""
    server, visitor = house
    examiner = server.house.gateway.border.examiner
    text = "Das ist blau und gut."

    def kinds() -> set[Kind]:
        found = server.call(lambda: examiner.examine([text]))
        return {one.kind for one in found.findings[text] if one.certain}

    assert kinds() == set()
    visitor.form("/admin/words", {"value": "Blau", "kind": "own"})
    assert kinds() == {Kind.OWN}
    assert "hausgeist_detectors_up 1" in visitor.get("/metrics").text


def test_the_detectors_start_only_where_a_text_may_leave(house):
    """A house without providers outside starts none; with one they are ready before the first text."""
    server, _ = house
    examiner = server.house.gateway.border.examiner
    for _ in range(30):
        time.sleep(0.1)  # together more than one round
    assert examiner.health.starts == 0
    card = echo_card("eu/m", provider="eu", zone=Zone.EU)
    server.house.gateway.directory.put("eu", EchoProvider(name="eu"), [card])
    until = time.monotonic() + 60
    while not examiner.health.up and time.monotonic() < until:
        time.sleep(0.05)
    assert (examiner.health.up, examiner.health.scanned) == (True, 0)
