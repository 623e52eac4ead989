# SPDX-License-Identifier: EUPL-1.2
"""The administration in a real browser: readable everywhere, by keyboard, and what scripts add to it."""

import pytest
from playwright.sync_api import expect

from hausgeist.web.pages.admin import PAGES

pytestmark = pytest.mark.browser


@pytest.fixture
def inside(house, anna, visit):
    """Opens a page as the administrator, in a language and a light."""
    server = house.server
    for title in ("Bauamt", "Amt für Jugend, Familie und Soziales"):
        server.call(lambda title=title: server.house.identity.groups.create(title, "4711", "test"))
    bernd = server.person("bernd")
    server.call(lambda: server.house.identity.groups.join(bernd.id, "bauamt", "test"))
    session = server.session(anna)
    session.form("/admin/announcements", {"text": "**Wartung** am Freitag", "kind": "warn"})
    cookie = {
        "name": "hausgeist_session",
        "value": session.cookies["hausgeist_session"],
        "url": house.url,
    }

    def open_page(path: str, language: str = "de", **options: object):
        house.speaks(anna, language)
        page = visit(language=language, **options)
        page.context.add_cookies([cookie])
        page.goto(house.url + path)
        return page

    open_page.session = session
    open_page.paths = [
        *(path for *_, path in PAGES),
        f"/admin/users/{bernd.id}",
        "/admin/groups/bauamt?find=anna",
        "/admin/appearance?accent=%23ffcc00",
        "/account/password",
    ]
    return open_page


def test_the_administration_at_twice_the_size(inside, house):
    """200 % zoom is half the window: nothing is cut off, the navigation is a strip."""
    page = inside("/admin/users", width=640, height=450)
    for path in inside.paths:
        page.goto(house.url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        if path.startswith("/admin"):
            here = page.locator(".rooms [aria-current]")
            assert here.evaluate("e => e.getBoundingClientRect().right <= innerWidth"), path


def test_a_group_is_made_and_filled_by_keyboard(inside, house):
    """Name, Enter; boxes by the space bar; somebody found and added; all without a pointer."""
    page = inside("/admin/groups")
    page.focus("#title")
    page.keyboard.type("Stadtwerke")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/groups/stadtwerke?done=saved")
    page.focus("#which-all")
    page.keyboard.press("ArrowDown")
    assert page.is_checked("#which-some")
    page.focus("#m-house-1")
    before = page.is_checked("#m-house-1")
    page.keyboard.press("Space")
    assert page.is_checked("#m-house-1") is not before
    page.focus("#find")
    page.keyboard.type("bern")
    page.keyboard.press("Enter")
    page.focus("#add ~ .list button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/groups/stadtwerke?done=joined")
    assert page.locator("#members ~ .list").inner_text().startswith("Bernd")


def test_a_colour_is_seen_while_it_is_chosen(inside, house):
    """The page takes the colour on at once; nobody else does before it is saved."""
    page = inside("/admin/appearance")
    button = page.locator("form[action$='/colour'] > .form__tools .button--primary")
    page.locator("#accent").evaluate(
        "e => { e.value = '#8a1538'; e.dispatchEvent(new Event('input', {bubbles: true})) }"
    )
    expect(button).to_have_css("background-color", "rgb(138, 21, 56)")
    assert "brand/theme.css" not in house.server.visitor().get("/login").text
    button.click()
    page.wait_for_url("**/admin/appearance?done=colour")
    expect(button).to_have_css("background-color", "rgb(138, 21, 56)")


def test_an_announcement_is_put_away_without_leaving_the_page(inside, house):
    """A half-written text stays; the next page does not show it; it was said once and not again."""
    page = inside("/admin/announcements")
    expect(page.locator("#status")).to_contain_text("Wartung")
    page.fill("#text", "halb geschrieben")
    page.locator(".bar button").click()
    expect(page.locator(".bars")).to_have_count(0)
    assert page.input_value("#text") == "halb geschrieben"
    page.goto(f"{house.url}/account")
    assert page.locator(".bars").count() == 0
    assert page.inner_text("#status") == ""
