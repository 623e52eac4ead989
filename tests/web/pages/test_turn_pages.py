# SPDX-License-Identifier: EUPL-1.2
"""Versions, answers side by side and honest facts over real HTTP, without a script and with one."""

import html
import http.client
import json
import re

import pytest
from visitors import Visitor

from hausgeist.testing.served import PASSWORD

FORM = {"model": "echo", "class": "internal"}
PAGE = {"Accept": "text/html"}


@pytest.fixture
def browser(server):
    """A function that logs somebody in."""

    def login(who="member") -> Visitor:
        visitor = Visitor(server.port)
        assert visitor.form("/login", {"name": who, "password": PASSWORD}).status == 303
        return visitor

    return login


def asked(visitor, text="Frage", path="/c", **fields):
    """Ask without a script; gives the conversation's address and the answer's id."""
    answer = visitor.form(path, {**FORM, "text": text, **fields})
    assert answer.status == 303, answer.text
    place, _, message = answer.location.partition("#m-")
    return place.partition("?")[0], message


def question_of(page):
    """The id of the last question on a page."""
    return re.findall(r'class="turn turn--user" id="m-(\w+)"', page)[-1]


def test_a_question_is_edited_without_a_script(browser):
    """The editor is a page with the old words; sending it makes a version, and a switch leads back."""
    anna = browser()
    talk, _ = asked(anna, "alte <Frage>")
    page = anna.get(talk, **PAGE).text
    question = question_of(page)
    editor = anna.get(f"{talk}/edit?message={question}", **PAGE)
    assert "alte &lt;Frage&gt;</textarea>" in editor.text
    assert "<html" in editor.text
    part = anna.get(f"{talk}/edit?message={question}&part=1", **PAGE).text
    assert ("<html" in part, "<form" in part) == (False, True)
    fields = dict(re.findall(r'name="(edit|model|class)" value="([^"]*)"', editor.text))
    assert anna.form(talk, {**fields, "text": "neue Frage"}).status == 303
    page = anna.get(talk, **PAGE).text
    assert re.findall(r'class="turn__text"[^>]*>([^<]*)<', page) == ["neue Frage"]
    assert "2/2" in page
    assert anna.form(f"{talk}/branch", {"to": question}).location == f"{talk}#m-{question}"
    assert "1/2" in anna.get(talk, **PAGE).text


def test_answers_side_by_side_without_a_script(browser):
    """Further models answer in columns on the page; keeping one leaves it."""
    anna = browser()
    talk, first = asked(anna, "Frage", against=["plain", "thinker"])
    page = anna.get(talk, **PAGE).text
    assert page.count('class="contest"') == 1
    columns = re.findall(r'formaction="[^"]+/keep"[^>]*value="(\w+)"', page)
    assert (len(columns), columns[0]) == (3, first)
    kept = anna.form(f"{talk}/keep", {"to": columns[1]})
    assert kept.location == f"{talk}#m-{columns[1]}"
    page = anna.get(talk, **PAGE).text
    assert ('class="contest"' in page, f"m-{columns[1]}" in page, "2/3" in page) == (
        False,
        True,
        True,
    )


def test_other_models_are_chosen_on_a_page(browser):
    """The page lists models; one answers once more, several stand side by side."""
    anna = browser()
    talk, answer = asked(anna)
    page = anna.get(f"{talk}/again?message={answer}", **PAGE).text
    assert 'value="plain"' in page
    form = {"again": answer, "class": "internal"}
    assert anna.form(f"{talk}/again", {**form, "against": ["plain"]}).status == 303
    assert 'class="turn__who">plain' in anna.get(talk, **PAGE).text
    assert anna.form(f"{talk}/again", {**form, "against": ["plain", "echo"]}).status == 303
    assert 'class="contest"' in anna.get(talk, **PAGE).text
    assert anna.form(f"{talk}/again", form).status == 400


def test_a_broken_answer_offers_to_go_on(browser):
    """The page has the way on; it makes a new version."""
    anna = browser()
    talk, answer = asked(anna, "eins zwei drei vier", model="breaks")
    page = anna.get(talk, **PAGE).text
    assert re.search(rf'name="continue" value="{answer}"', page)
    assert anna.form(talk, {**FORM, "text": "", "continue": answer}).status == 303
    page = anna.get(talk, **PAGE).text
    assert "2/2" in page
    assert '<div class="prose"><p>eins zwei' in page


def test_what_was_left_out_is_said(browser):
    """A window that is too small for all of it: the page says how much was not sent."""
    anna = browser()
    talk, _ = asked(anna, "wort " * 15, model="small")
    asked(anna, "wort " * 15, talk, model="small")
    page = anna.get(talk, **PAGE).text
    assert 'class="turn__left"' in page
    table = page.rpartition('class="about__table"')[2]
    assert "default-3" in table


def test_earlier_messages_are_a_fragment(browser):
    """What stands above a message is HTML without a page, with the way to what stands above that."""
    anna = browser()
    talk, parent = asked(anna, "Frage 0")
    for place in range(1, 4):
        _, parent = asked(anna, f"Frage {place}", talk, parent=parent)
    last = question_of(anna.get(talk, **PAGE).text)
    above = anna.get(f"{talk}/before?message={last}", **PAGE).text
    assert re.findall(r"Frage \d(?=</div>)", above) == ["Frage 0", "Frage 1", "Frage 2"]
    assert "<html" not in above
    assert "thread__more" not in above


def test_a_long_conversation_shows_its_end_and_the_way_up(browser):
    """A page has the last messages and a real link to more, which keeps its place in the branch."""
    anna = browser()
    talk, parent = asked(anna, "Frage 0")
    for place in range(1, 25):
        _, parent = asked(anna, f"Frage {place}", talk, parent=parent)
    page = anna.get(talk, **PAGE).text
    assert page.count("<article") == 40
    more = html.unescape(re.search(r'<a href="([^"]+)" data-before="([^"]+)"', page)[1])
    assert anna.get(more, **PAGE).text.count("<article") == 50


def test_nobody_reaches_anothers_versions(browser):
    """Editor, choice, earlier messages and keeping: another's are not found."""
    anna, boss = browser(), browser("admin")
    talk, answer = asked(anna, "geheim", against=["plain"])
    question = question_of(anna.get(talk, **PAGE).text)
    for path in (
        f"/edit?message={question}",
        f"/again?message={answer}",
        f"/before?message={answer}",
        f"/edit?message={answer}",
    ):
        assert boss.get(f"{talk}{path}", **PAGE).status == 404, path
    assert boss.form(f"{talk}/keep", {"to": answer}).status == 404
    own, _ = asked(boss, "meins")
    assert boss.get(f"{own}/edit?message={question}", **PAGE).status == 404
    assert boss.get(f"{own}/before?message={question}", **PAGE).status == 404
    assert boss.form(own, {**FORM, "text": "x", "edit": question}).status == 404
    assert boss.form(own, {**FORM, "text": "x", "continue": answer}).status == 404
    assert 'class="contest"' in anna.get(talk, **PAGE).text


def test_a_stream_ends_with_the_session(serve, monkeypatch):
    """Whoever logs out everywhere has no open stream a moment later, while the answer goes on."""
    monkeypatch.setattr("hausgeist.web.frames.STILL", 0.1)
    monkeypatch.setattr("hausgeist.chat.turn.WAKE", 0.1)
    served = serve()
    anna = Visitor(served.port)
    assert anna.form("/login", {"name": "member", "password": PASSWORD}).status == 303
    served.providers["slow"].delay = 0.2
    began = json.loads(anna.form("/c/turns", {**FORM, "text": "wort " * 60, "model": "slow"}).body)
    at = f"/c/{began['conversation']}/turns/{began['turn']}"
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    cookies = "; ".join(f"{name}={value}" for name, value in anna.cookies.items())
    connection.request("GET", f"{at}/events", headers={"Cookie": cookies})
    stream, seen = connection.getresponse(), b""
    while b"event: tail" not in seen:
        seen += stream.read1(65536)
    sessions = served.house.identity.sessions
    served.run(sessions.end_all(served.member.id, by="test"))
    assert b"event: end" not in stream.read()  # it ends by itself, or the time-out says so
    connection.close()
    other = Visitor(served.port)
    assert other.form("/login", {"name": "member", "password": PASSWORD}).status == 303
    assert "data-events" in other.get(f"/c/{began['conversation']}", **PAGE).text
    assert other.form(f"{at}/stop").status == 303
