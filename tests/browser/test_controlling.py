# SPDX-License-Identifier: EUPL-1.2
"""Controlling in a real browser: months, tabs, charts within the page, a form without script."""

import booked_month
import pytest
from playwright.sync_api import expect

from hausgeist.ledger import Usage

pytestmark = pytest.mark.browser


@pytest.fixture
def overseer(house, anna, visit):
    """Opens a page as the administrator of a house that was used for two months."""
    server = house.server
    within = server.house
    within.store.write_now(lambda c: booked_month.furnish(c, within.now_ms()))
    adding = Usage(within.store, within.trail, within.now_ms)
    while server.call(adding.tend):
        pass
    session = server.session(anna)
    cookie = {
        "name": "hausgeist_session",
        "value": session.cookies["hausgeist_session"],
        "url": house.url,
    }

    def open_page(path: str, **options: object):
        page = visit(**options)
        page.context.add_cookies([cookie])
        page.goto(house.url + path)
        return page

    return open_page


def test_from_the_month_to_the_crossing(overseer, axe):
    """One dimension after another, then the calculator: every number in the form, the result a link."""
    page = overseer("/admin/costs")
    expect(page.locator("svg.chart").first).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("Forst")
    page.locator("nav.tabs a").nth(2).click()
    expect(page.locator(".table--costs tbody tr").first).to_contain_text("Außerhalb Europas")
    assert axe(page) == []
    page.goto(page.url.split("/admin")[0] + "/admin/costs/break-even")
    page.fill("#requests", "100000")
    page.fill("#input_tokens", "6000")
    page.fill("#output_tokens", "3000")
    page.fill("#price_input", "2")
    page.fill("#price_output", "8")
    page.locator("main form button.button--primary").click()
    expect(page.locator("main")).to_contain_text("3.600,00")
    assert "requests=100000" in page.url
    expect(page.locator("line.chart__mark")).to_have_count(1)
    assert axe(page) == []


@pytest.mark.parametrize("path", ["/admin/costs", "/admin/costs/break-even", "/usage"])
def test_narrow_and_dark(overseer, axe, path):
    """At 360 pixels nothing is wider than the page."""
    page = overseer(path, width=360, dark=True)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert axe(page) == []
