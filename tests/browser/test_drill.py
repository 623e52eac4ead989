# SPDX-License-Identifier: EUPL-1.2
"""The drill in a real browser: what is gone, the table, questions, a sheet that comes back."""

from dataclasses import replace

import pytest
from sqlalchemy import insert

from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.policy import DEFAULT_POLICY
from hausgeist.gateway import policy_file
from hausgeist.store.tables import policies, users
from hausgeist.testing.echo import EchoProvider, echo_card

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("anna")]


def furnish(house) -> None:
    """Five more people, a provider in Europe, and rules that name a model of the house."""
    body = policy_file.written(replace(DEFAULT_POLICY, instead="slow"))
    version = policy_file.version_of(1, body)

    def work(connection):
        for number in range(5):
            row = {"id": f"p{number}", "login": f"p{number}", "name": "x", "role": "member"}
            row |= {"group_id": "everyone", "locale": "de", "active": True, "created_at": 1}
            connection.execute(insert(users).values(**row))
        row = {"version": version, "number": 1, "body": body, "state": "active", "created_at": 1}
        connection.execute(insert(policies).values(**row, proposed_at=1, active_from=1))

    house.server.house.store.write_now(work)
    house.server.call(house.server.house.policies.refresh)
    card = echo_card("near", provider="eu", zone=Zone.EU, cleared_for=DataClass.INTERNAL)
    provider = EchoProvider(name="eu", answer="vier Wochen")
    house.server.house.gateway.directory.put("eu", provider, [card])


@pytest.mark.parametrize("width", [1440, 360])
def test_what_is_gone_questions_and_a_sheet(house, visit, axe, width, tmp_path):
    """From the choice to the judged sheet; every page is accessible, and none is too wide."""
    furnish(house)
    page = visit(width=width, dark=width < 1000, login="anna")
    page.goto(f"{house.url}/admin/drill")
    page.select_option("#without", "zone:eu")
    page.click("form.filter button")
    page.wait_for_selector("#questions")
    assert axe(page) == []
    page.fill("#questions", '{"question": "Wie lange?", "keywords": ["vier"], "class": "public"}')
    page.click("form[method=post][action='/admin/drill'] button")
    page.wait_for_url("**/admin/drill/*")
    drill_id = page.url.rpartition("/")[2].partition("?")[0]
    drill = house.server.call(lambda: house.server.house.drills.wait(drill_id))
    (asked,) = drill.body.asked
    assert (asked.today.model, asked.then.model) == ("near", "slow")
    page.reload()
    assert axe(page) == []
    with page.expect_download() as download:
        page.click("a[href$='sheet.csv']")
    sheet = tmp_path / "sheet.csv"
    download.value.save_as(sheet)
    text = sheet.read_text("utf-8-sig").rstrip()
    sheet.write_text(text + "=\r\n", "utf-8")
    page.set_input_files("#sheet", sheet)
    page.click("form[action$='/sheet'] button")
    page.wait_for_selector(".notice--good")
    (asked,) = house.server.call(lambda: house.server.house.drills.get(drill_id)).body.asked
    assert asked.choice == "equal"
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_progress_is_seen_by_reloading_and_can_be_stopped(house, visit):
    """The page shows how far it is, and a form stops it."""
    furnish(house)
    directory = house.server.house.gateway.directory
    card = echo_card("near", provider="eu", zone=Zone.EU, cleared_for=DataClass.INTERNAL)
    directory.put("eu", EchoProvider(name="eu", delay=20), [card])
    page = visit(login="anna")
    page.goto(f"{house.url}/admin/drill?without=zone:eu")
    page.fill("#questions", '{"question": "eins zwei drei", "class": "public"}')
    page.click("form[method=post][action='/admin/drill'] button")
    page.wait_for_selector("main progress")
    page.reload()
    page.wait_for_selector("main progress")
    page.click("form[action$='/stop'] button")
    page.wait_for_selector(".notice--good")
    assert page.locator("main progress").count() == 0
