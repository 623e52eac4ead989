# SPDX-License-Identifier: EUPL-1.2
"""Tasks from calls in a browser: the owner's word for a key, the prompts, and a task made of one."""

import pytest
import trafficplace
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

WIDTHS = ((1440, False, "wide"), (360, True, "narrow-dark"))


def test_from_the_word_to_a_task(house, anna, visit, look, axe):
    """It is off until somebody agrees; a prompt becomes a task; what was collected goes when asked."""
    key_id = trafficplace.furnish(house.server, anna, by=anna)
    keys = house.server.house.identity.keys
    house.server.call(lambda: keys.agree(key_id, anna, anna, yes=False))
    page = visit(login="anna")
    page.goto(f"{house.url}/account")
    page.locator(f"a[href='/account/keys/{key_id}/tasks']").click()
    assert axe(page) == []
    page.locator("input[name=yes] ~ .form__tools button").click()
    expect(page.locator("input[name=forget]")).to_be_visible()
    look(page, "traffic-key")
    page.goto(f"{house.url}/tasks/traffic")
    card = page.locator("article").first
    card.locator("summary").click()
    expect(card.locator("mark")).to_be_visible()
    assert axe(page) == []
    card.locator("input[name=title]").fill("Zuschriften sortieren")
    card.locator("form button").click()
    expect(page.locator("h1")).to_have_text("Zuschriften sortieren")
    page.goto(f"{house.url}/account/keys/{key_id}/tasks")
    page.check("input[name=forget]")
    page.locator("form:has([name=forget]) button").click()
    page.goto(f"{house.url}/tasks/traffic")
    expect(page.locator("article")).to_have_count(0)


@pytest.mark.parametrize("window", WIDTHS, ids=lambda one: one[2])
def test_the_prompts_at_every_width(house, visit, look, axe, window):
    """Nothing sticks out of the window, and axe has no findings."""
    width, dark, name = window
    bernd = house.server.person(f"bernd{width}")
    trafficplace.furnish(house.server, bernd.id, by=bernd.id)
    page = visit(login=f"bernd{width}", width=width, dark=dark)
    page.goto(f"{house.url}/tasks/traffic")
    for summary in page.locator("article summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe(page) == []
    look(page, f"traffic-{name}")
