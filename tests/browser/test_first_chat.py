# SPDX-License-Identifier: EUPL-1.2
"""The first chat in a real browser: from the set-up link to a deleted conversation."""

import re

import pytest
from hands import answered, ask, thread
from visitors import PASSWORD

pytestmark = pytest.mark.browser

ANSWER = """# Der Bebauungsplan

Ein **Bebauungsplan** sagt, was gebaut werden darf. Die Frist ist *vier Wochen*, siehe
[das Gesetz](https://www.gesetze-im-internet.de/bbaug/).

| Amt | Frist | Gebühr |
|---|---:|---:|
| Bauamt | 4 Wochen | 120,00 € |
| Umweltamt | 6 Wochen | 80,00 € |

```python
def frist(tage: int) -> str:
    return f"{tage} Tage"  # einfach
```

Die Summe ist $a^2 + b^2 = c^2$, und

$$\\sum_{i=1}^{n} i = \\frac{n(n+1)}{2}$$

1. Antrag stellen
2. Warten
   - auf die Post
"""


def test_from_the_link_to_the_first_answer(house, visit, look):
    """Link, account, first answer; a reload shows the same HTML; an answer is stopped; all is deleted."""
    page = visit()
    page.goto(house.setup_link())
    page.fill("[name=organisation]", "Stadt Musterhausen")
    page.fill("[name=login]", "anna")
    page.fill("[name=name]", "Anna Amsel")
    page.fill("[name=password]", PASSWORD)
    look(page, "setup")
    page.click(".button--primary")
    page.wait_for_selector("#text")
    assert "Stadt Musterhausen" in page.title()
    look(page, "empty")

    ask(page, ANSWER, "echo")
    answered(page)
    assert page.evaluate("document.activeElement.id") == "text"
    assert page.locator(".prose table td").count() == 6
    assert page.locator(".prose figure.code .k").count() > 0
    assert page.locator(".prose math").count() == 2
    live = thread(page)
    address = page.url
    assert re.search(r"/c/[0-9a-f]{32}$", address)
    page.reload()
    answered(page)
    assert thread(page) == live
    assert page.locator(".side__link[aria-current]").inner_text().startswith("Der Bebauungsplan")

    ask(page, "eins zwei drei " * 60, "slow")
    page.wait_for_selector("[aria-busy] .turn__tail:not(:empty)")
    look(page, "running")
    page.click("#stop")
    answered(page, 2)
    assert house.slow.open == 0
    stopped = thread(page)
    look(page, "stopped")
    page.reload()
    answered(page, 2)
    assert thread(page) == stopped

    page.locator(".side__item").hover()
    page.click(".side__more")
    look(page, "menu")
    page.click(".menu__item--danger")
    page.wait_for_selector("#empty")
    look(page, "deleted")
    assert page.goto(address).status == 404
    visit.complaints.clear()  # the browser notes the 404 that was asked for


def test_a_reload_in_the_middle_goes_on(house, visit, anna):
    """A page that is reloaded, and a second one, see the same answer go on to the same end."""
    page = visit(login="anna")
    ask(page, "ein Absatz\n\n" + "noch ein Wort " * 20 + "\n\nEnde", "slow")
    page.wait_for_selector("[aria-busy] .prose p")
    page.reload()
    assert page.locator("[aria-busy] .prose p").count() >= 1
    other = page.context.new_page()
    other.goto(page.url)
    answered(page)
    answered(other)
    assert thread(page) == thread(other)
    other.reload()
    assert thread(page) == thread(other)


def test_a_lost_connection_is_taken_up_again(house, visit, anna):
    """A stream that breaks off is resumed after the last event; nothing is doubled or missing."""
    page = visit(login="anna")
    broken = []

    def break_once(route):
        if broken:
            route.continue_()
        else:
            broken.append(route.request.url)
            route.abort()

    page.route("**/events?after=*", break_once)
    ask(page, "eins zwei drei " * 10, "slow")
    answered(page)
    live = thread(page)
    page.reload()
    assert (thread(page), len(broken)) == (live, 1)
    visit.complaints.clear()  # the browser notes the request that was broken off


def test_reasoning_is_folded_away(house, visit, anna):
    """What the model thought stands apart and closed, and the page equals the stream."""
    page = visit(login="anna")
    ask(page, "Was gilt?", "thinker")
    answered(page)
    live = thread(page)
    assert page.locator(".thought").get_attribute("open") is None
    page.click(".thought summary")
    assert page.locator(".thought__text").inner_text() == "Erst lesen, dann antworten."
    page.reload()
    assert thread(page) == live


def test_the_border_speaks_before_anything_is_sent(house, visit, anna, look):
    """The Ampel follows the choice; what would be refused is not sent, and the words stay."""
    page = visit(login="anna")
    page.select_option("#model", "abroad")
    page.wait_for_selector("#ampel [data-zone=world]")
    page.select_option("#class", "special")
    page.wait_for_selector("#ampel[data-refused]")
    page.fill("#text", "Der geheime Satz")
    page.press("#text", "Enter")
    look(page, "refused")
    assert page.locator("article").count() == 0
    assert page.input_value("#text") == "Der geheime Satz"
    page.reload()
    page.wait_for_selector("#chat[data-live]")
    assert page.input_value("#text") == "Der geheime Satz"


def test_a_reader_who_scrolled_up_is_left_in_peace(house, visit, anna):
    """New words scroll along only for a reader at the end."""
    page = visit(login="anna", height=600)
    ask(page, "Absatz\n\n" * 40, "echo")
    answered(page)
    ask(page, "wort\n\n" * 8 + "wort " * 60, "slow")
    page.wait_for_selector("[aria-busy] .prose p")
    page.evaluate("document.getElementById('thread').scrollTo({top: 0, behavior: 'instant'})")
    before = page.locator("[aria-busy] .turn__tail").inner_text()
    page.wait_for_function(
        "b => (document.querySelector('[aria-busy] .turn__tail')?.innerText ?? '') !== b",
        arg=before,
    )
    assert page.evaluate("document.getElementById('thread').scrollTop") == 0
    page.keyboard.press("Escape")
    answered(page, 2)


def test_code_is_copied(house, visit, anna):
    """The copy button of a piece of code puts the code into the clipboard."""
    page = visit(login="anna")
    ask(page, "```python\nx = 1\n```", "echo")
    answered(page)
    page.click(".code__copy")
    page.wait_for_selector(".code__copy[data-done]")
    assert page.evaluate("navigator.clipboard.readText()").strip() == "x = 1"


def test_a_stopped_server_loses_no_words(house, visit, anna):
    """A question that cannot be sent stays in the field, with a sentence that says so."""
    page = visit(login="anna")
    page.route("**/c/turns", lambda route: route.abort())
    ask(page, "Mein langer Text", "echo")
    page.wait_for_selector("#problem .notice")
    assert page.input_value("#text") == "Mein langer Text"
    visit.complaints.clear()  # the browser notes the request that was broken off


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_drawer_of_a_phone_is_accessible(house, visit, anna, look, axe, dark):  # noqa: PLR0917  fixtures
    """An answer with everything in it fits a phone; axe-core finds nothing on it and on the drawer."""
    page = visit(login="anna", width=360, height=740, dark=dark)
    ask(page, ANSWER, "echo")
    answered(page)
    look(page, f"phone-{'dark' if dark else 'light'}")
    found = {"answer": axe(page)}
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.click(".header__drawer")
    look(page, f"drawer-{'dark' if dark else 'light'}")
    found["drawer"] = axe(page)
    assert {place: one for place, one in found.items() if one} == {}


def test_set_up_is_accessible(house, visit, axe):
    """axe-core finds nothing on the page of the first account."""
    page = visit()
    page.goto(house.setup_link())
    assert axe(page) == []
