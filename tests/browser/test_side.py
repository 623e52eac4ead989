# SPDX-License-Identifier: EUPL-1.2
"""The list beside the chat in a real browser: search, order, undo, by mouse and by keys."""

import pytest
from playwright.sync_api import expect
from visitors import PASSWORD

pytestmark = pytest.mark.browser

LETTER = "Die Gebühren für den Bebauungsplan Nord trägt die Gemeinde."
FOCUSED = "document.activeElement.id || document.activeElement.className"


@pytest.fixture
def talks(house, anna):
    """Begins conversations of anna's; gives their ids."""
    visitor = house.server.session(anna)

    def begin(*texts):
        found = []
        for text in texts:
            form = {"model": "echo", "class": "internal", "text": text}
            found.append(visitor.form("/c", form).location[3:35])
        return found

    return begin


def opened(visit, house, talk="", **how):
    """A page of the chat, awake."""
    page = visit(login="anna", **how)
    page.goto(f"{house.url}/c/{talk}" if talk else house.url)
    page.wait_for_selector("#chat[data-live]")
    return page


def act(page, talk, what):
    """Choose something from the menu of a row."""
    page.hover(f"#c-{talk}")
    page.click(f"#c-{talk} .side__more")
    page.click(f"#side-menu [data-do={what}]")


def test_searching_by_keys_alone(house, visit, talks, look):
    """Ctrl K, a beginning of a word, an arrow and Enter open the message; Esc leaves the search."""
    (at,) = talks(LETTER)
    talks(*(f"Etwas anderes {number}" for number in range(3)))
    page = opened(visit, house)
    page.keyboard.press("Control+k")
    assert page.evaluate(FOCUSED) == "side-search"
    page.keyboard.type("bebauu")
    page.wait_for_selector("#side-found mark")
    look(page, "side-found")
    page.wait_for_function("document.getElementById('status').textContent !== ''")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/c/{at}?at=*")
    page.wait_for_selector("#chat[data-live]")
    page.locator("#thread").focus()
    page.keyboard.press("/")
    page.keyboard.type("xyzzy")
    page.wait_for_selector("#side-found .side__sum")
    page.keyboard.press("Escape")
    assert page.input_value("#side-search") == ""
    assert page.locator("#side-body").is_visible()
    page.keyboard.press("Escape")
    assert page.evaluate(FOCUSED) == "text"


def test_order_without_leaving_the_page(house, visit, talks, look):
    """Pin, rename in place, a folder by dialog and by dragging, archive and undo; a reload agrees."""
    one, two, three = talks("eins", "zwei", "drei")
    page = opened(visit, house, one)
    act(page, two, "pin")
    page.wait_for_selector(f"[data-place=pinned] #c-{two}")
    act(page, two, "rename")
    page.fill(".side__edit", "Zwei & mehr")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#c-{two} .side__link:text('Zwei & mehr')")
    act(page, three, "move")
    page.fill("#side-name", "Bauamt")
    look(page, "side-move")
    page.press("#side-name", "Enter")
    page.wait_for_selector(f"#c-{three}", state="detached")
    page.click(".side__open")
    page.wait_for_selector(f".side__folder #c-{three}")
    page.drag_and_drop(f"#c-{one} .side__link", ".side__open")
    page.wait_for_selector(f".side__folder #c-{one}")
    assert page.locator(f"#c-{one} [aria-current]").count() == 1
    act(page, three, "archive")
    page.wait_for_selector(f"#c-{three}", state="detached")
    page.click(".toast__undo")
    page.wait_for_selector(f".side__folder #c-{three}")
    page.reload()
    page.wait_for_selector("#chat[data-live]")
    assert page.locator(".side__folder[open] .side__item").count() == 2
    look(page, "side-order")


def test_deleting_and_taking_it_back(house, visit, talks, axe):
    """The open conversation goes to the bin, the next page offers the undo, and it is there again."""
    one, two = talks("eins", "zwei")
    page = opened(visit, house, one)
    act(page, one, "delete")
    page.wait_for_url(f"{house.url}/")
    page.wait_for_selector("#chat[data-live]")
    assert page.locator(".side__item").count() == 1
    assert axe(page) == []
    page.click(".toast__undo")
    page.wait_for_selector(f"#c-{one}")
    page.goto(f"{house.url}/conversations")
    page.check("#shelf-all")
    page.click("[name=do][value=delete]")
    page.wait_for_selector(".empty")
    page.goto(f"{house.url}/bin")
    page.check(f"#s-{two}")
    page.click("[name=do][value=restore]")
    page.wait_for_selector(f"#s-{two}", state="detached")
    assert axe(page) == []


def test_older_rows_come_on_demand(house, visit, talks):
    """Scrolling brings the next rows; none is missing and none is there twice."""
    made = talks(*(f"Frage {number}" for number in range(70)))
    page = opened(visit, house)
    while page.locator(".side__older").count():
        page.evaluate("document.getElementById('side-body').scrollTo(0, 1e6)")
        page.wait_for_timeout(50)
    rows = page.locator("#side-days .side__item").evaluate_all("all => all.map(one => one.id)")
    assert rows == [f"c-{talk}" for talk in made[::-1]]


def test_everything_works_without_a_script(house, browser, talks):
    """Search, options, delete and undo are pages and forms."""
    one, _ = talks(LETTER, "zwei")
    context = browser.new_context(java_script_enabled=False, locale="de-DE")
    page = context.new_page()
    page.goto(f"{house.url}/login")
    page.fill("[name=name]", "anna")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.fill("#side-search", "gebühr")
    page.keyboard.press("Enter")
    page.click("mark >> nth=0")
    assert one in page.url
    page.goto(f"{house.url}/conversations")
    page.click(f"[href='/c/{one}/options']")
    page.click("[name=do][value=delete]")
    expect(page.locator(".side__item")).to_have_count(1)
    page.click(".toast__undo")
    expect(page.locator(".side__item")).to_have_count(2)
    context.close()
