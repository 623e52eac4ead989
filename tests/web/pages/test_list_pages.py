# SPDX-License-Identifier: EUPL-1.2
"""The list, the search, archive and bin over real HTTP, without a script and as scripts use them."""

import html
import json
import re

import pytest
from visitors import Visitor

from hausgeist.testing.served import PASSWORD

FORM = {"model": "echo", "class": "internal"}


@pytest.fixture
def anna(serve):
    """A member of a house of one's own, logged in."""
    server = serve()
    visitor = Visitor(server.port)
    assert visitor.form("/login", {"name": "member", "password": PASSWORD}).status == 303
    return visitor


def begin(visitor, text):
    """A conversation; gives its id."""
    return visitor.form("/c", {**FORM, "text": text}).location.split("/c/")[1].partition("#")[0]


def page(visitor, path):
    found = visitor.get(path, Accept="text/html")
    assert found.status == 200, found.text
    return found.text


def do(visitor, what, *ids, **fields):
    """Do something with conversations; gives where the page goes."""
    answer = visitor.form("/conversations", {"do": what, "conversation": ids, **fields})
    assert answer.status == 303, answer.text
    return answer.location


def listed(text):
    """The ids in the list beside the chat."""
    return re.findall(r'<li class="side__item" id="c-(\w+)"', text)


def test_order_works_without_a_script(anna):
    """Folder, pin, archive, bin and back are forms that answer with pages."""
    one, two, three = (begin(anna, text) for text in ("eins", "zwei", "drei"))
    assert do(anna, "move", one, name="Bauamt").startswith("/?done=")
    folder = re.search(r'id="f-(\w+)" data-name="Bauamt"', page(anna, "/"))[1]
    assert one in page(anna, f"/folders/{folder}")
    do(anna, "pin", two)
    assert listed(page(anna, "/")) == [two, three]
    anna.cookies["hausgeist_folders"] = folder  # opened, as a script remembers it
    assert listed(page(anna, "/")) == [two, one, three]
    assert "Bauamt" in page(anna, f"/c/{three}/options")
    do(anna, "archive", three)
    assert three in page(anna, "/archive")
    assert three not in page(anna, "/conversations")
    assert anna.form(f"/folders/{folder}", {"name": "Umbau"}).location.startswith("/folders/")
    assert anna.form(f"/folders/{folder}/delete").location.startswith("/conversations")
    assert "Umbau" not in page(anna, "/")
    anna.cookies["hausgeist_folders"] = "....%%%"
    assert listed(page(anna, "/")) == [two, one]


def test_deleting_offers_to_take_it_back(anna):
    """The next page after a deletion has the undo; the bin restores, and deletes for good."""
    one, two = begin(anna, "eins"), begin(anna, "zwei")
    went = anna.form(f"/c/{one}/delete").location
    moment = re.fullmatch(r"/\?deleted=(\d+)", went)[1]
    shown = page(anna, went)
    assert f'value="{moment}"' in shown
    assert listed(shown) == [two]
    anna.form("/conversations/undo", {"deleted": moment, "back": "/"})
    assert listed(page(anna, "/")) == [two, one]
    do(anna, "delete", one, two)
    assert "24" in page(anna, "/bin")
    do(anna, "restore", one, back="/bin")
    do(anna, "purge", two, back="/bin")
    assert two not in page(anna, "/bin")
    assert listed(page(anna, "/")) == [one]
    assert anna.get(f"/c/{two}", Accept="text/html").status == 404


def test_scripts_get_words_and_the_moment(anna):
    """The same form answers a script with what was done and how it is taken back."""
    one = begin(anna, "eins")
    fields = {"do": "delete", "conversation": one}
    done = json.loads(anna.form("/conversations", fields, Accept="application/json").body)
    assert (done["field"], done["at"].isdigit(), bool(done["words"])) == ("deleted", True, True)
    back = anna.form("/conversations/undo", {"deleted": done["at"]}, Accept="application/json")
    assert json.loads(back.body)["words"]
    assert listed(page(anna, f"/side?c={one}")) == [one]


def test_wrong_fields_are_refused(anna):
    """No such action, no such folder, no name, a way out: a clear no, and nothing is changed."""
    one = begin(anna, "eins")
    assert anna.form("/conversations", {"do": "burn", "conversation": one}).status == 400
    gone = {"do": "move", "conversation": one, "folder": "f" * 32}
    assert anna.form("/conversations", gone).status == 404
    assert anna.form("/folders", {"name": " "}).status == 400
    assert do(anna, "pin", one, back="https://evil.example/").startswith("/?")
    assert do(anna, "pin").startswith("/")
    for odd in ("x", "99999999999999999999-a", "1-\x00", "-", "1-"):
        assert anna.get(f"/conversations?older={odd!r}", Accept="text/html").status == 200
        assert anna.get(f"/side?rows={odd!r}&c={odd!r}").status == 200


def test_the_search_shows_the_passage_and_opens_its_branch(anna):
    """A find leads to its message, also on a branch that is not shown; looking changes nothing."""
    asked = anna.form("/c", {**FORM, "text": "Was kostet der <Ausweis>?"})
    talk = asked.location.partition("#")[0]
    first = asked.location.partition("#m-")[2]
    anna.form(talk, {**FORM, "text": "Quetzalcoatl & Söhne", "parent": first})
    anna.form(f"{talk}/again", {**FORM, "again": first})
    assert "Quetzalcoatl" not in page(anna, talk).partition('id="thread"')[2]
    for path in ("/search?q=quetzal", "/search/live?q=quetzal"):
        text = page(anna, path)
        assert "<mark>Quetzalcoatl</mark> &amp; Söhne" in text
        place = html.unescape(re.search(rf'href="({talk}\?at=[^"]+)"', text)[1])
        assert "Quetzalcoatl" in page(anna, place.partition("#")[0]).partition('id="thread"')[2]
    assert "Quetzalcoatl" not in page(anna, talk).partition('id="thread"')[2]
    assert "der &lt;<mark>Ausweis</mark>&gt;?" in page(anna, "/search?q=ausweis")


def test_odd_searches_are_answered(anna):
    """Empty, endless and odd queries give a page."""
    begin(anna, "eins")
    for odd in (
        "",
        "%20",
        "x" * 3000,
        "%00",
        "%22%22%22",
        "eins&before=abc",
        "eins&before=1",
        "%F0%9F%8F%9B",
    ):
        for path in ("/search", "/search/live"):
            assert anna.get(f"{path}?q={odd}", Accept="text/html").status == 200
