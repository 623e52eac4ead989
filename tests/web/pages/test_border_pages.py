# SPDX-License-Identifier: EUPL-1.2
"""The Ampel, the question of the rule and the look at what would leave, over real HTTP."""

import html
import json
from urllib.parse import quote

import pytest
from visitors import Visitor

from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.policy import DEFAULT_POLICY, Clause, Policy, Rule
from hausgeist.testing.echo import EchoProvider, echo_card
from hausgeist.testing.served import PASSWORD

LETTER = "Sehr geehrte Frau Brandhuber, die IBAN ist DE89 3704 0044 0532 0130 00."


@pytest.fixture
def served(serve):
    """A house with a model in Europe and one far away, and somebody who is logged in."""
    house = serve()
    put = house.house.gateway.directory.put
    card = echo_card("nord", provider="nord", zone=Zone.EU, cleared_for=DataClass.PERSONAL)
    put("nord", EchoProvider(name="nord"), [card])
    card = echo_card("fern", provider="fern", zone=Zone.WORLD, cleared_for=DataClass.INTERNAL)
    put("fern", EchoProvider(name="fern"), [card])
    return house


@pytest.fixture
def anna(served):
    """Somebody who reads English."""
    visitor = Visitor(served.port)
    assert visitor.form("/login", {"name": "member", "password": PASSWORD}).status == 303
    visitor.form("/preferences", {"language": "en"})
    return visitor


def ampel(visitor, model, data_class="internal", more=""):
    """The Ampel's words."""
    answer = visitor.get(f"/ampel?model={model}&class={data_class}{more}")
    assert answer.status == 200, answer.text
    return html.unescape(answer.text)


def test_the_ampel_says_what_becomes_of_personal_data(anna):
    """Examined and pseudonymised, examined and kept, asked, refused: in words."""
    assert "what is found goes under pseudonyms" in ampel(anna, "nord")
    assert "if there is any, nothing is sent" in ampel(anna, "fern")
    assert "you are asked" in ampel(anna, "fern")
    refused = ampel(anna, "fern", "personal")
    assert "data-refused" in refused
    assert 'form="composer" name="instead"' in refused


def test_the_ampel_counts_pictures_as_personal(anna):
    """Nothing in a picture can be hidden, so it does not go where pseudonyms are due."""
    assert "data-refused" not in ampel(anna, "nord")
    refused = ampel(anna, "nord", more="&pictures=1")
    assert "data-refused" in refused
    assert "Pictures count as personal data" in refused
    assert "data-refused" not in ampel(anna, "echo", more="&pictures=1")


def test_the_ampel_shows_every_place_of_a_comparison(anna):
    """Side by side means in several places; the same place is said once."""
    both = ampel(anna, "echo", more="&against=nord&against=echo")
    assert both.count('data-zone="house"') == 1
    assert both.count('data-zone="eu"') == 1


def test_the_ampel_knows_who_answers_instead(served, anna):
    """Where the rules name a model of the house, it says so before there is any text."""
    clause = Clause(id="home", then=Rule.REROUTE, zones=frozenset({Zone.EU}), instead="echo")
    served.house.gateway.border.policy = Policy(
        "test", DEFAULT_POLICY.matrix, (*DEFAULT_POLICY.clauses, clause)
    )
    words = ampel(anna, "nord")
    assert 'data-zone="house"' in words
    assert "echo answers instead of nord" in words


def test_an_answer_says_who_gave_it_instead_and_why(served, anna):
    """The model that was wanted, the one that answered, the reason; also after a reload."""
    clause = Clause(id="home", then=Rule.REROUTE, zones=frozenset({Zone.EU}), instead="echo")
    served.house.gateway.border.policy = Policy(
        "test", DEFAULT_POLICY.matrix, (*DEFAULT_POLICY.clauses, clause)
    )
    asked = anna.form("/c", {"text": LETTER, "model": "nord", "class": "internal"})
    assert asked.status == 303
    page = html.unescape(anna.get(asked.location.partition("#")[0], Accept="text/html").text)
    assert "echo in the house answered instead of nord. A rule of the house says no." in page


def test_a_look_shows_tokens_and_what_they_stand_for(anna):
    """As a fragment for scripts: the text as it would leave, the list, and what the Ampel says."""
    fields = {"text": LETTER, "model": "nord", "class": "internal", "part": "1"}
    answer = anna.form("/c/preview", fields)
    shown = json.loads(answer.body)
    assert answer.headers["cache-control"] == "no-store"
    assert "[[NACHNAME_1]]" in shown["html"]
    assert "Brandhuber" in shown["html"]
    assert "2 passages hidden: 1 person, 1 IBAN." in html.unescape(shown["ampel"])


def test_a_look_into_the_house_says_that_nothing_leaves(anna):
    """What stays is not searched."""
    fields = {"text": LETTER, "model": "echo", "class": "internal", "part": "1"}
    assert "This stays in the house" in json.loads(anna.form("/c/preview", fields).body)["html"]


def test_a_look_at_somebody_elses_conversation_finds_nothing(anna):
    """As with every page."""
    fields = {"text": LETTER, "model": "nord", "class": "internal"}
    assert anna.form(f"/c/{'0' * 32}/preview", fields).status == 404
    answer = anna.form(f"/c/{'0' * 32}/preview", {**fields, "part": "1"})
    assert json.loads(answer.body)["code"] == "not_found"


def test_the_panel_has_the_ways_on(anna):
    """For scripts: where it would go, a yes, a model in the house; the same on the page."""
    fields = {"text": "wie lange dauert das?", "model": "fern", "class": "internal"}
    answer = anna.form("/c/turns", fields)
    panel = json.loads(answer.body)
    assert (answer.status, panel["code"]) == (403, "border_asks")
    page = anna.form("/c", fields)
    for words in ('name="agree" value="fern world internal"', 'form="composer" name="instead"'):
        assert words in panel["html"]
        assert words in page.text
    assert "wie lange dauert das?" in page.text
    agreed = anna.form("/c/turns", {**fields, "agree": "fern world internal"})
    assert agreed.status == 201


def test_a_refusal_keeps_words_and_marks(anna):
    """The composer comes back with everything that was in it."""
    fields = {"text": LETTER, "model": "fern", "class": "internal", "hidden": "Nachtfalter"}
    page = anna.form("/c", fields)
    assert page.status == 403
    assert LETTER in html.unescape(page.text)
    assert '<input type="hidden" name="hidden" value="Nachtfalter">' in page.text
    assert "it counts as “Personal data”" in page.text


def test_a_guards_refusal_leads_to_an_objection(anna):
    """The way to object names the rule, so that nobody has to explain which one."""
    page = anna.get(f"/appeals?rule={quote('house.tone')}", Accept="text/html")
    assert page.status == 200
    assert "house.tone" in page.text
