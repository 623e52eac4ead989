# SPDX-License-Identifier: EUPL-1.2
"""The chat's pages and fragments over real HTTP, without a script and as scripts use them."""

import html
import json
import re
from importlib.resources import files as files_of

import pytest
from visitors import Visitor

from hausgeist.testing.served import PASSWORD

FORM = {"model": "echo", "class": "internal"}


@pytest.fixture
def browser(server):
    """A function that logs somebody in."""

    def login(who="member") -> Visitor:
        visitor = Visitor(server.port)
        assert visitor.form("/login", {"name": who, "password": PASSWORD}).status == 303
        return visitor

    return login


def events(body):
    """The frames of a stream, as kind and data."""
    frames = (frame.split("\n") for frame in body.decode().split("\n\n") if "data: " in frame)
    return [
        (lines[1].removeprefix("event: "), json.loads(lines[2].removeprefix("data: ")))
        for lines in frames
    ]


def begin(visitor, path="/c/turns", **fields):
    """Begin a turn as a script does."""
    answer = visitor.form(path, {**FORM, **fields})
    assert answer.status == 201, answer.text
    return json.loads(answer.body)


def thread(page):
    """What stands in the conversation's part of a page."""
    found = re.search(
        r'<div class="thread"[^>]*>(.*)</div>\s*<form class="composer"', page, re.DOTALL
    )
    return found[1]


def test_the_start_page_is_for_browsers_and_programs(server, browser):
    """A browser gets the chat or the login, a program Ollama's word."""
    stranger = Visitor(server.port)
    assert stranger.get("/").text == "Ollama is running"
    assert stranger.get("/", Accept="text/html").location == "/login"
    page = browser().get("/", Accept="text/html")
    assert (page.status, 'id="composer"' in page.text) == (200, True)
    assert browser().get("/chat", Accept="text/html").location == "/"


def test_asking_works_without_a_script(browser):
    """The form answers with a redirect to the page that has question and answer."""
    anna = browser()
    asked = anna.form("/c", {**FORM, "text": "Was gilt <hier>?\r\n**Alles**"})
    assert asked.status == 303
    page = anna.get(asked.location.partition("#")[0], Accept="text/html").text
    assert "Was gilt &lt;hier&gt;?\n**Alles**" in page
    assert "<strong>Alles</strong>" in page
    talk = asked.location.partition("#")[0]
    parent = re.search(r'name="parent" value="(\w+)"', page)[1]
    assert anna.form(talk, {**FORM, "text": "Und weiter?", "parent": parent}).status == 303
    assert anna.get(talk, Accept="text/html").text.count("<article") == 4


def test_what_is_refused_stays_in_the_field(browser):
    """A question that the border or a rule refuses comes back with the reason and the words."""
    anna = browser()
    wish = {"model": "abroad", "class": "special", "text": "Der geheime Satz"}
    refused = anna.form("/c", wish)
    assert refused.status == 403
    assert "Der geheime Satz</textarea>" in refused.text
    assert 'role="alert"' in refused.text
    for wrong, status in (({"model": "none"}, 404), ({"text": "  "}, 400), ({"class": "x"}, 400)):
        answer = anna.form("/c", {**FORM, "text": "Der Satz", **wrong})
        assert (answer.status, "<textarea" in answer.text) == (status, True)


def test_asking_again_and_choosing_a_version_without_a_script(browser):
    """Another answer stands beside the first, and the page leads to both."""
    anna = browser()
    talk, _, first = anna.form("/c", {**FORM, "text": "Frage"}).location.partition("#m-")
    again = anna.form(f"{talk}/again", {**FORM, "again": first})
    second = again.location.partition("#m-")[2]
    page = anna.get(talk, Accept="text/html").text
    assert (f"m-{second}" in page, f"m-{first}" in page) == (True, False)
    assert anna.form(f"{talk}/branch", {"to": first}).location == f"{talk}#m-{first}"
    assert f"m-{first}" in anna.get(talk, Accept="text/html").text


def test_the_stream_and_the_page_are_equal(browser):
    """The fragments a script puts together are the page that a reload shows, byte for byte."""
    anna = browser()
    text = "# Titel\n\n| a | b |\n|---|--:|\n| 1 | $x^2$ |\n\n```python\nx = 1\n```\n\nEnde <b>"
    began = begin(anna, text=text)
    at = f"/c/{began['conversation']}"
    after = re.search(r'data-after="(\d+)"', began["html"])[1]
    question, tag, answer = began["html"].rpartition("<article")
    head = answer.partition('</div><div class="turn__tail">')[0]
    end = ""
    for kind, data in events(anna.get(f"{at}/turns/{began['turn']}/events?after={after}").body):
        if kind == "block":
            head += data["html"]
        elif kind == "end":
            end = data["html"]
    head = re.sub(r' aria-busy="true".*?data-after="\d+"', "", head, count=1)
    live = f'{question}{tag}{head}</div><div class="turn__tail"></div>{end}</article>'
    page = thread(anna.get(at, Accept="text/html").text)
    assert "<math" in live
    assert page.strip().partition("</h1>")[2] == live


def test_a_stream_goes_on_after_a_number(browser):
    """Events up to the given number are not sent again; what follows is the rest."""
    anna = browser()
    began = begin(anna, text="eins zwei")
    at = f"/c/{began['conversation']}/turns/{began['turn']}/events"
    everything = anna.get(at).body
    last = re.findall(rb"id: (\d+)", everything)
    assert events(anna.get(f"{at}?after={last[0].decode()}").body) == events(everything)[1:]
    assert events(anna.get(f"{at}?after=junk").body) == events(everything)
    assert [kind for kind, _ in events(anna.get(f"{at}?after=99999").body)] == ["end"]


def test_a_running_page_goes_on_where_it_was_made(browser):
    """A page made while an answer runs shows what has come and where the rest is to be had."""
    anna = browser()
    began = begin(anna, text="wort " * 40, model="slow")
    at = f"/c/{began['conversation']}"
    page = anna.get(at, Accept="text/html").text
    address = html.unescape(re.search(r'data-events="([^"]+)"', page)[1])
    assert address == f"{at}/turns/{began['turn']}/events"
    stop = f"{at}/turns/{began['turn']}/stop"
    assert f'formaction="{stop}"' in page
    assert anna.form(stop).location == at
    stopped = anna.get(at, Accept="text/html").text
    assert "data-events" not in stopped
    ending = events(anna.get(f"{address}?after=0").body)[-1]
    assert (ending[0], ending[1]["state"]) == ("end", "stopped")


def test_a_failed_answer_says_what_happened_and_what_was_kept(browser):
    """The page of an answer that broke off has its words, the reason, and the way on."""
    anna = browser()
    page = anna.form("/c", {**FORM, "model": "breaks", "text": "eins zwei drei vier"}).location
    text = anna.get(page.partition("#")[0], Accept="text/html").text
    assert "eins zwei" in text
    assert "broken on purpose" in text
    assert "turn--failed" in text


def test_the_ampel_follows_model_and_class(browser):
    """Where a text would go, and whether, is told before anything is sent."""
    anna = browser()
    house = anna.get("/ampel?model=echo&class=special")
    assert (house.status, 'data-zone="house"' in house.text) == (200, True)
    assert "data-refused" not in house.text
    public = anna.get("/ampel?model=abroad&class=public").text
    assert ('data-zone="world"' in public, "data-refused" in public) == (True, False)
    personal = anna.get("/ampel?model=abroad&class=personal").text
    assert "data-refused" in personal
    assert anna.get("/ampel?model=none&class=public").status == 404
    assert anna.get("/ampel?model=echo&class=secret").status == 400


def test_scripts_get_errors_in_words(browser):
    """A turn that cannot begin is answered with a sentence, and without a session with 401."""
    anna = browser()
    answer = anna.form("/c/turns", {**FORM, "text": " "})
    assert (answer.status, bool(json.loads(answer.body)["error"])) == (400, True)
    anna.cookies.clear()
    assert anna.form("/c/turns", {**FORM, "text": "x"}).status == 401


def test_renaming_and_deleting_without_a_script(browser):
    """Both have a page with a form; deleting asks first, and then it is only in the bin."""
    anna = browser()
    talk = anna.form("/c", {**FORM, "text": "Alter Titel"}).location.partition("#")[0]
    assert 'value="Alter Titel"' in anna.get(f"{talk}/rename", Accept="text/html").text
    assert anna.form(f"{talk}/rename", {"title": " "}).status == 400
    assert anna.form(f"{talk}/rename", {"title": "<Neu>"}).location == talk
    assert "&lt;Neu&gt;" in anna.get(f"{talk}/delete", Accept="text/html").text
    assert anna.form(f"{talk}/delete").location.startswith("/?deleted=")
    for path in (talk, f"{talk}/rename", f"{talk}/delete"):
        assert anna.get(path, Accept="text/html").status == 404


def test_nobody_gets_at_anothers_conversation(browser):
    """Every address under another person's conversation answers 404, and changes nothing."""
    anna, boss = browser(), browser("admin")
    began = begin(anna, text="geheim")
    talk, turn = f"/c/{began['conversation']}", began["turn"]
    for path in (talk, f"{talk}/rename", f"{talk}/delete", f"{talk}/turns/{turn}/events"):
        assert boss.get(path, Accept="text/html").status == 404, path
    for path, fields in (
        (talk, {**FORM, "text": "x"}),
        (f"{talk}/turns", {**FORM, "text": "x"}),
        (f"{talk}/again", {**FORM, "again": turn}),
        (f"{talk}/branch", {"to": turn}),
        (f"{talk}/turns/{turn}/stop", {}),
        (f"{talk}/rename", {"title": "x"}),
        (f"{talk}/delete", {}),
    ):
        assert boss.form(path, fields).status == 404, path
    page = anna.get(talk, Accept="text/html").text
    assert page.count("<article") == 2
    assert "geheim" not in boss.get("/", Accept="text/html").text


def test_another_sites_page_cannot_ask(browser):
    """A form on a foreign page neither asks nor deletes."""
    anna = browser()
    talk = anna.form("/c", {**FORM, "text": "bleibt"}).location.partition("#")[0]
    for path in ("/c", "/c/turns", f"{talk}/delete"):
        assert anna.form(path, {**FORM, "text": "x"}, Origin="https://evil.example").status == 403


def test_hostile_words_are_inert_everywhere(browser):
    """What looks like a script is shown as words: in questions, answers, titles and the list."""
    anna = browser()
    text = "<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1))"
    talk = anna.form("/c", {**FORM, "text": text}).location.partition("#")[0]
    for path in (talk, f"{talk}/rename", f"{talk}/delete", "/"):
        page = anna.get(path, Accept="text/html").text
        assert "<script>alert" not in page
        assert "<img" not in page
        assert 'href="javascript' not in page


def test_the_page_is_light(server, browser):
    """Everything of the chat page but the answer weighs at most 60 KB on the wire."""
    anna = browser()
    page = anna.get("/", Accept="text/html")
    files = set(re.findall(r'(?:href|src)="(/static/[^"?]+)', page.text))
    modules = files_of("hausgeist.web").joinpath("static/js/chat").iterdir()
    files |= {f"/static/js/chat/{module.name}" for module in modules}
    sizes = {path: len(anna.get(path, Accept_Encoding="gzip").body) for path in files}
    assert len(sizes) >= 14, sorted(sizes)
    assert sum(sizes.values()) + len(page.body) <= 60 * 1024, sizes
