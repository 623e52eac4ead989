# SPDX-License-Identifier: EUPL-1.2
"""Controlling's pages: what they show, to whom, and that nobody's own use is in any of it."""

import csv
import io
import re

import booked_month
import pytest
from sqlalchemy import insert, update
from visitors import Server

from hausgeist.core.people import Role
from hausgeist.identity.keys import KeyWish
from hausgeist.ledger import Usage
from hausgeist.store.tables import conversations, ledger, usage_days

VIEWS = ("group", "model", "zone", "provider", "cost_centre", "key")


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """A house after two months of work, with an administrator, an auditor and a service."""
    server = Server(tmp_path_factory.mktemp("used") / "home")
    anna = server.person("anna", Role.ADMIN)
    wish = KeyWish(name="Wiki", service="wiki", group="everyone")
    _, key = server.call(lambda: server.house.identity.keys.create(wish, None, "test"))
    house = server.house
    house.store.write_now(lambda c: booked_month.furnish(c, house.now_ms(), key=key.id))
    adding = Usage(house.store, house.trail, house.now_ms)
    while server.call(adding.tend):
        pass
    server.admin = server.session(anna.id)
    server.months = server.call(house.usage.months)
    yield server
    server.stop()


def table(used, by, month):
    """The rows of a file."""
    answer = used.admin.get(f"/admin/costs.csv?by={by}&month={month}")
    assert answer.status == 200
    text = answer.body.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def numbers(words):
    """The whole numbers of a cell, without signs for thousands."""
    return [int(one.replace(".", "")) for one in re.findall(r"[0-9][0-9.]*", words)]


def test_the_page_and_its_file_say_the_same(used):
    """Every cell of the file stands on the page."""
    for by in VIEWS:
        page = used.admin.get(f"/admin/costs?by={by}&month={used.months[1]}").text
        for row in table(used, by, used.months[1])[1:]:
            for cell in row[1:]:
                assert cell in page, (by, row)


def test_every_view_adds_up_to_the_same(used):
    """Tokens and calls of each dimension come to the same sum, and to the ledger's days that are over."""
    for month in used.months[:2]:
        sums = set()
        for by in VIEWS:
            _, *rows, total = table(used, by, month)
            for column in (1, 2, 3):
                assert sum(numbers(row[column])[0] for row in rows) == numbers(total[column])[0]
            sums.add(tuple(total))
        assert len(sums) == 1


def test_three_foresters_are_nowhere(used):
    """A group of three has no row, no page names it, and no difference of two views leaves it over."""
    for by in VIEWS:
        page = used.admin.get(f"/admin/costs?by={by}").text
        assert "Forst" not in page
    rows = {row[0] for row in table(used, "group", used.months[1])}
    assert any("Hochbau" in row or "Bauamt" in row for row in rows)
    assert not any(
        "Schul" in row for row in rows
    )  # six people, and without them three would be left
    centres = table(used, "cost_centre", used.months[1])
    assert not any(row[0].startswith("1300") and "(" not in row[0] for row in centres[1:])


def test_today_is_in_no_figure(used):
    """A call of this minute changes nothing that anybody is shown."""
    before = [table(used, by, used.months[0]) for by in VIEWS]
    now = used.house.now_ms()

    def call(connection):
        row = dict(connection.execute(ledger.select().limit(1)).mappings().one())
        connection.execute(insert(ledger), [row | {"call_id": "now", "at": now}])

    used.house.store.write_now(call)
    used.call(used.house.usage.tend)
    assert [table(used, by, used.months[0]) for by in VIEWS] == before


def test_what_is_unknown_is_said_and_not_zero(used):
    """Models in the house have no price here: their row says so, and so does the sum."""
    rows = {row[0]: row for row in table(used, "zone", used.months[1])}
    house = next(row for name, row in rows.items() if "Haus" in name or "house" in name)
    assert house[4] in {"unbekannt", "unknown"}
    assert "+" in rows[next(name for name in rows if name in {"Zusammen", "Together"})][4]


def test_two_dimensions_at_once_are_not_to_be_had(used):
    """What asks for groups by models, or for a person, gets what everybody gets."""
    plain = used.admin.get("/admin/costs.csv").body
    for more in ("by=group&model=leo-8b", "by=person", "by=user_id", "by=group,model", "user=anna"):
        assert used.admin.get(f"/admin/costs.csv?{more}").body == plain


def test_auditors_see_costs_and_change_nothing(used):
    """The pages are for all who oversee; the grid's factor is an administrator's."""
    vera = used.session(used.person("vera", Role.AUDITOR).id)
    for path in ("/admin/costs", "/admin/costs.csv", "/admin/costs/break-even"):
        assert vera.get(path).status == 200
    assert (
        vera.form("/admin/costs/grid", {"grams": "1", "as_of": "2025", "source": "x"}).status == 403
    )
    paul = used.session(used.person("paul").id)
    for path in ("/admin/costs", "/admin/costs.csv", "/admin/costs/break-even"):
        assert paul.get(path).status == 403


def test_the_grid_has_a_source_and_a_date(used):
    """Another factor changes CO2 at once; one without its source is refused, and stays in the field."""
    form = {"grams": "35,5", "as_of": "2025", "source": "EcoLogits SWE"}
    assert used.admin.form("/admin/costs/grid", form).status == 303
    assert "EcoLogits SWE" in used.admin.get("/admin/costs").text
    answer = used.admin.form("/admin/costs/grid", form | {"source": "", "grams": "77"})
    assert answer.status == 400
    assert 'value="77"' in answer.text


def test_a_result_is_a_link(used):
    """The 3,600 case in an address: the page says what it comes to, and that the machine can do it."""
    asked = "requests=100000&input_tokens=6000&output_tokens=3000&price_input=2&price_output=8"
    page = used.admin.get(f"/admin/costs/break-even?{asked}&minimum=0&tokens_per_second=6000").text
    assert "3.600,00" in page
    assert "24.994" in page  # 899.76 EUR at 0.036 a request
    beyond = used.admin.get(f"/admin/costs/break-even?{asked}&tokens_per_second=10").text
    assert 'class="notice notice--warn' in beyond
    wrong = used.admin.get("/admin/costs/break-even?years=0")
    assert wrong.status == 400
    assert 'value="0"' in wrong.text


def test_ones_own_usage_is_ones_own(used):
    """The page has one's own answers; nobody has a page of another's."""
    paula = used.person("paula")
    page = used.session(paula.id).get("/usage").text
    assert "paula" not in used.admin.get("/usage").text
    assert "<table" not in page


def test_a_house_of_few_shows_invoices_alone(tmp_path):
    """Two people: nothing of the running month; of one that is over, what the providers take."""
    server = Server(tmp_path / "home")
    admin = server.session(server.person("anna", Role.ADMIN).id)
    house = server.house
    house.store.write_now(lambda c: booked_month.furnish(c, house.now_ms()))
    house.store.write_now(lambda c: c.execute(update(conversations).values(updated_at=0)))
    adding = Usage(house.store, house.trail, house.now_ms)
    while server.call(adding.tend):
        pass
    months = server.call(house.usage.months)
    try:
        cells = house.store.read_now(lambda c: c.execute(usage_days.select()).mappings().all())
        assert {row["cell"] for row in cells} == {""}
        running = admin.get("/admin/costs").text
        assert "<table" not in running
        over = admin.get(f"/admin/costs?month={months[1]}").text
        assert "mia" in over
        assert "leo" not in over
        assert "<table" not in over
    finally:
        server.stop()
