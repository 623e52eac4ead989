# SPDX-License-Identifier: EUPL-1.2
"""The pages of the border's rules, as two persons use them without scripts."""

import re

import pytest
from sqlalchemy import insert, select, update

from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.people import Role
from hausgeist.core.policy import DEFAULT_POLICY, Rule
from hausgeist.gateway import policy_file
from hausgeist.ledger import Usage
from hausgeist.ledger.usage import AFTER
from hausgeist.store.tables import ledger, policies, users
from hausgeist.testing.echo import EchoProvider, echo_card

DRAFT = "/admin/policy/draft"


@pytest.fixture
def house(serve):
    """Anna administers, Bernd is the auditor, both for long; Carla is a member."""
    server = serve()
    people = [("anna", Role.ADMIN), ("bernd", Role.AUDITOR), ("carla", Role.MEMBER)]
    server.people = {name: server.person(name, role) for name, role in people}
    server.house.store.write_now(lambda c: c.execute(update(users).values(role_since=None)))
    server.anna, server.bernd, server.carla = (
        server.session(one.id) for one in server.people.values()
    )
    for visitor in (server.anna, server.bernd, server.carla):
        visitor.headers["Accept-Language"] = "en"
    server.house.store.write_now(lambda c: c.execute(update(users).values(locale="en")))
    return server


def cells(**changed):
    """The fields of the default, with some of the table's cells changed."""
    found = {
        f"cell.{data_class.word}.{zone.value}": DEFAULT_POLICY.rule(data_class, zone).value
        for data_class in DataClass
        for zone in Zone
    }
    found |= rule(
        0, id="contract", requires=["contract"], zones=["eu", "world"], **{"class": "personal"}
    )
    return found | {f"cell.{name.replace('_', '.')}": value for name, value in changed.items()}


def rule(place=1, **fields):
    return {"rules": str(place + 1)} | {f"rule.{place}.{name}": v for name, v in fields.items()}


def draft(server, fields):
    """Anna's draft with these fields; gives its mark."""
    server.anna.form(f"{DRAFT}/begin")
    answer = server.anna.form(DRAFT, fields)
    assert answer.status == 303, answer.text[-2000:]
    return server.call(server.house.policies.draft).mark


def in_force(server):
    return server.house.gateway.border.policy


def test_the_table_says_in_words_what_is_in_force(house):
    """Class by zone, with the conditions, for auditors too; not for members."""
    page = house.bernd.get("/admin/policy").text
    for words in ("Personal data", "under pseudonyms", "to providers with a contract on file"):
        assert words in page, words
    assert "default-3" in page
    assert f'href="{DRAFT}"' not in page
    assert house.carla.get("/admin/policy").status == 403


def test_two_persons_loosen_the_rules(house):
    """Anna drafts and proposes, and cannot agree to it herself; Bernd puts it into force."""
    mark = draft(house, cells(internal_world="examine"))
    shown = house.anna.get(DRAFT).text
    assert "opens" in shown
    assert "tighten" not in shown
    assert house.anna.form(f"{DRAFT}/propose", {"seen": mark}).location.endswith("done=proposed")
    version = house.call(house.house.policies.proposed).version
    at = f"/admin/policy/versions/{version}"
    assert "activate" not in house.anna.get("/admin/policy").text
    assert house.anna.form(f"{at}/activate", {"seen": "default-3"}).status == 403
    assert "opens" in house.bernd.get("/admin/policy").text
    assert house.bernd.form(f"{at}/activate", {"seen": "default-3"}).status == 303
    assert in_force(house).rule(DataClass.INTERNAL, Zone.WORLD) is Rule.EXAMINE
    page = house.anna.get("/admin/policy").text
    assert version in page
    assert "Bernd" in page


def test_anna_alone_makes_them_stricter_at_once(house):
    """Nothing is opened, so nobody else is needed; and the way back is closed to her alone."""
    mark = draft(house, cells(public_world="refuse", internal_world="refuse"))
    assert "tighten" in house.anna.get(DRAFT).text
    assert house.anna.form(f"{DRAFT}/tighten", {"seen": mark}).status == 303
    assert in_force(house).rule(DataClass.PUBLIC, Zone.WORLD) is Rule.REFUSE
    mark = draft(house, cells())
    assert house.anna.form(f"{DRAFT}/tighten", {"seen": mark}).status == 403
    assert in_force(house).rule(DataClass.PUBLIC, Zone.WORLD) is Rule.REFUSE


def test_with_one_overseer_the_page_says_what_to_do(serve):
    """Loosening is impossible then, and the page says so before anything is tried."""
    server = serve()
    anna = server.session(server.person("anna", Role.ADMIN).id)
    server.house.store.write_now(lambda c: c.execute(update(users).values(locale="en")))
    assert "Nobody but you may agree at present" in anna.get("/admin/policy").text
    anna.form(f"{DRAFT}/begin")
    anna.form(DRAFT, cells(internal_world="examine"))
    assert "There is nobody who may do so yet" in anna.get(DRAFT).text


def test_a_rule_is_written_with_a_form(house):
    """Every condition of the form arrives in the rule, and is there when the form is shown again."""
    fields = cells() | rule(
        id="hr",
        kind="rule",
        then="ask",
        **{"class": "internal"},
        zones=["eu"],
        purposes=["chat", "api"],
        requires=["no_training"],
        providers="mistral, ionos",
        groups="everyone",
        countries="de",
        assistants="a1",
        days="30",
        note="Bitte fragen.",
    )
    draft(house, fields)
    _, clause = house.call(house.house.policies.draft).policy.clauses
    assert (clause.id, clause.then, clause.data_class) == ("hr", Rule.ASK, DataClass.INTERNAL)
    assert clause.providers == {"mistral", "ionos"}
    assert (clause.countries, clause.groups, clause.retention_days) == ({"DE"}, {"everyone"}, 30)
    shown = house.anna.get(DRAFT).text
    assert 'value="ionos, mistral"' in shown
    assert "Bitte fragen." in shown
    assert "Nobody and nothing is called so" in shown  # there is no such provider here
    house.anna.form(DRAFT, fields | {"rule.1.remove": "yes"})
    assert house.call(house.house.policies.draft).policy.clauses == DEFAULT_POLICY.clauses


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (cells(special_eu="examine"), "special data never leaves the house"),
        (cells(internal_eu="pseudonymise"), "cannot be milder than within"),
        (cells(public_eu="maybe"), "choose one of the list"),
        (cells() | rule(id="Ä", then="refuse"), "lower-case letters"),
        (cells() | rule(id="x"), "it demands nothing"),
        (cells() | rule(id="x", then="refuse", days="soon"), "0 to 36500 days"),
        (cells() | rule(id="x", then="refuse", **{"class": "secret"}), "one of the classes"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(house, fields, words):
    """A form that is not right yet comes back with the reason; nothing is saved."""
    house.anna.form(f"{DRAFT}/begin")
    mark = house.call(house.house.policies.draft).mark
    answer = house.anna.form(DRAFT, fields | {"title": "Mein Titel"})
    assert answer.status == 400
    assert words in answer.text
    assert 'value="Mein Titel"' in answer.text
    assert house.call(house.house.policies.draft).mark == mark


def test_a_version_can_be_taken_along_and_brought_back(house):
    """The file of a version is the policy; another house can make it its draft."""
    answer = house.bernd.get("/admin/policy/versions/default-3/file")
    assert "attachment" in answer.headers["content-disposition"]
    assert policy_file.read(answer.text).matrix == DEFAULT_POLICY.matrix
    assert house.bernd.get("/admin/policy/versions/77-000000000000").status == 404
    assert house.bernd.get("/admin/policy/versions/draft").status == 404


def test_the_what_if_of_a_small_house_counts_nobody(house):
    """Three people: the page says why there are no numbers."""
    draft(house, cells(internal_eu="ask", internal_world="ask"))
    assert "fewer than five people" in house.anna.get(DRAFT).text


def a_day_earlier(connection):
    """The calls of today, as if they had been yesterday's: what-ifs count days that are over."""
    for row in connection.execute(select(ledger)).mappings().all():
        values = {"call_id": f"old-{row['call_id']}"[:64], "at": row["at"] - 86_400_000}
        connection.execute(insert(ledger).values(dict(row) | values))
    connection.execute(update(users).values(created_at=1, group_since=None))


def close_days(house):
    """Add up the days that are over, whatever hour of the night it is."""
    usage = Usage(house.store, house.gateway.trail, lambda: house.now_ms() + AFTER)
    return usage.tend()


def test_the_what_if_shows_what_would_change(house):
    """Refused calls are in it: they are booked."""
    for number in range(3):
        house.session(house.person(f"p{number}").id)
    far = echo_card("far", provider="far", zone=Zone.EU, cleared_for=DataClass.SPECIAL)
    house.house.gateway.directory.put("far", EchoProvider(name="far"), [far])
    key = house.key(house.people["carla"].id)
    asked = {"model": "far", "messages": [{"role": "user", "content": "x"}]}
    program = house.visitor(Authorization=f"Bearer {key}")
    refused = program.json("/v1/chat/completions", asked, X_Hausgeist_Data_Class="special")
    assert refused.status == 403
    house.call(house.house.store.drain)
    house.house.store.write_now(a_day_earlier)
    house.call(lambda: close_days(house.house))
    draft(house, cells() | {"instead": "echo"})
    shown = re.sub(r"\s+", " ", house.anna.get(DRAFT).text)
    assert "1 call: refused → a model of the house answers" in shown


def test_damaged_rules_are_shown_on_page_and_health(house):
    """Nothing leaves, and everybody who looks can see why."""
    mark = draft(house, cells(internal_world="refuse"))
    house.anna.form(f"{DRAFT}/tighten", {"seen": mark})
    house.house.store.write_now(lambda c: c.execute(update(policies).values(body="x")))
    house.call(house.house.policies.refresh)
    assert "Nothing leaves the house" in house.anna.get("/admin/policy").text
    assert house.anna.get("/healthz").text == '{"status":"ok","policy":"damaged"}'
    assert in_force(house).version == "house-only"


def test_a_program_consents_with_a_header(house):
    """Error border_asks says where it would go; the header says yes, and anything else is refused."""
    far = echo_card("far", provider="far", zone=Zone.WORLD, cleared_for=DataClass.INTERNAL)
    house.house.gateway.directory.put("far", EchoProvider(name="far"), [far])
    program = house.visitor(Authorization=f"Bearer {house.key(house.people['carla'].id)}")
    asked = {"model": "far", "messages": [{"role": "user", "content": "Guten Tag"}]}
    path = "/v1/chat/completions"
    question = program.json(path, asked)
    assert question.status == 403
    assert "border_asks" in question.text
    assert program.json(path, asked, X_Hausgeist_Consent="yes").status == 200
    assert program.json(path, asked, X_Hausgeist_Consent="perhaps").status == 400
    streamed = program.json(path, asked | {"stream": True}, X_Hausgeist_Consent="yes")
    assert streamed.status == 200


def test_terms_of_a_provider_are_entered_and_shown(house):
    """What the provider has promised; a fault is said."""
    house.anna.form("/admin/providers", {"entry": "mistral", "cleared_for": "public"})
    at = "/admin/providers/mistral/terms"
    good = {
        "contract_since": "2026-02-03",
        "trains": "no",
        "retention_days": "30",
        "operator_country": "fr",
        "parent_country": "FR",
    }
    assert house.anna.form(at, good).status == 303
    terms = house.call(lambda: house.house.providers.get("mistral")).config.terms
    assert (terms.contract_since, terms.trains, terms.retention_days) == ("2026-02-03", False, 30)
    assert (terms.operator_country, terms.admin_country) == ("FR", "")
    assert "2026-02-03" in house.anna.get("/admin/providers").text
    for bad in ({"contract_since": "soon"}, {"retention_days": "x"}, {"parent_country": "D"}):
        assert house.anna.form(at, bad).status == 400
