# SPDX-License-Identifier: EUPL-1.2
"""The pages of budgets and prices, the header for services, and what people read when a budget is spent."""

import json

import pytest
from visitors import Server

from hausgeist.core.people import Role
from hausgeist.identity.keys import KeyWish


@pytest.fixture
def visitors(tmp_path):
    """A house of one's own with an echo."""
    server = Server(tmp_path / "home")
    yield server
    server.stop()


@pytest.fixture
def admin(visitors):
    """An administrator at work in a house of their own."""
    anna = visitors.person("anna", Role.ADMIN)
    return visitors.session(anna.id)


def limit(admin, scope="group:everyone", **fields):
    given = {"scope": scope, "eur": "", "tokens": "", "warn": "80", **fields}
    return admin.form("/admin/budgets", given)


def test_a_budget_is_set_seen_changed_and_removed(visitors, admin):
    """From the form to the list and away again, with signs for thousands as they are written in German."""
    assert limit(admin, eur="1.250,50", tokens="2 000 000").status == 303
    shown = admin.get("/admin/budgets").text
    assert "1.250,50" in shown
    assert "2.000.000" in shown
    form = admin.get("/admin/budgets?edit=group:everyone").text
    assert 'value="1250,5"' in form
    assert limit(admin, eur="20").status == 303
    (found,) = visitors.call(visitors.house.budgets.all)
    assert (found.rule.limit_micro_eur, found.rule.limit_tokens) == (20_000_000, None)
    assert admin.form("/admin/budgets/remove", {"scope": "group:everyone"}).status == 303
    assert visitors.call(visitors.house.budgets.all) == []
    assert admin.form("/admin/budgets/remove", {"scope": "group:everyone"}).status == 404


def test_a_mistake_keeps_what_was_typed(admin):
    """An amount that can be meant in two ways is refused, and stands in the field still."""
    answer = limit(admin, eur="1.500")
    assert answer.status == 400
    assert 'value="1.500"' in answer.text


def test_a_group_of_few_has_no_number_on_the_page(admin):
    """The house has two accounts: what their group used is told by its mark alone."""
    limit(admin, tokens="4711")
    shown = admin.get("/admin/budgets").text
    assert "<progress" not in shown
    assert "4.711" in shown


def test_a_price_is_entered_and_taken_back(visitors, admin):
    """What was unknown has a price from that day on, and is unknown again without the entry."""
    entry = {"provider": "echo", "model": "echo", "valid_from": "2026-01-01", "currency": "EUR"}
    answer = admin.form(
        "/admin/prices", {**entry, "input": "0,15", "output": "0,6", "source": "Angebot 7"}
    )
    assert answer.status == 303

    def price():
        (card,) = (one for one in visitors.house.gateway.directory.everything() if one.id == "echo")
        return card.price

    assert (price().input, price().source) == (0.15, "Angebot 7")
    assert "Angebot 7" in admin.get("/admin/prices?provider=echo&model=echo").text
    assert admin.form("/admin/prices/remove", entry).status == 303
    assert price() is None
    unknown = admin.form("/admin/prices", {**entry, "provider": "nobody", "input": "1"})
    assert unknown.status == 404


def test_the_figures_of_the_house_give_its_models_a_price(visitors, admin):
    """Figures typed as percentages and commas come to a price for every model in the house."""
    fields = {"capex": "16000", "idle_watt": "150", "load_watt": "800", "admin_hours": "8"}
    more = {"utilisation": "20", "tokens_per_second": "400", "interest": "3", "pue": "1,3"}
    day = {"own": "", "valid_from": "2026-01-01"}
    assert admin.form("/admin/prices/own", {**fields, **more, **day}).status == 303
    (card,) = (one for one in visitors.house.gateway.directory.everything() if one.id == "echo")
    assert card.price.output == pytest.approx(899.76 / 210.24, rel=1e-3)
    assert card.energy.source == "estimated:power-figures"
    assert "899,76" in admin.get("/admin/prices?own=").text


def test_members_and_services_see_neither(visitors, admin):
    """Both pages are for administrators."""
    del admin
    bernd = visitors.session(visitors.person("bernd").id)
    for path in ("/admin/budgets", "/admin/prices"):
        assert bernd.get(path).status == 403


def test_a_service_is_told_what_is_left_and_refused_with_words(visitors, admin):
    """The header counts down; when the budget does not cover a call the error says which, and what to do."""
    wish = KeyWish(name="wiki", service="wiki", group="everyone")
    token, key = visitors.call(lambda: visitors.house.identity.keys.create(wish, None, "test"))
    limit(admin, scope=f"key:{key.id}", tokens="200")
    service = visitors.visitor(Authorization=f"Bearer {token}")

    def ask(most):
        body = {
            "model": "echo",
            "max_tokens": most,
            "messages": [{"role": "user", "content": "eins zwei"}],
        }
        return service.ask(
            "POST", "/v1/chat/completions", json.dumps(body), Content_Type="application/json"
        )

    answer = ask(10)
    assert answer.status == 200
    assert answer.headers["X-Hausgeist-Budget-Remaining"].startswith("tokens=")
    refused = ask(500)
    assert refused.status == 429
    error = json.loads(refused.body)["error"]
    assert error["code"] == "insufficient_quota"
    assert f"of the service key {key.id}" in error["message"]
