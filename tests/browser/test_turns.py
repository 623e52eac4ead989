# SPDX-License-Identifier: EUPL-1.2
"""Turns in a real browser: versions, answers side by side, going on, honest facts, long conversations."""

import pytest
from hands import answered, ask, long_talk, thread

from hausgeist.errors import Upstream
from hausgeist.testing.echo import EchoProvider, echo_card

pytestmark = pytest.mark.browser


def texts(page):
    """The questions and answers that are shown."""
    return page.locator(".turn__text, .prose").all_inner_texts()


def test_a_question_is_edited_where_it_stands(house, visit, anna, look):
    """Arrow up opens the editor, Enter sends, Escape gives the words back; both versions stay."""
    page = visit(login="anna")
    ask(page, "Frage eins", "echo")
    answered(page)
    page.press("#text", "ArrowUp")
    page.wait_for_selector(".editor textarea:focus")
    look(page, "turns-editor")
    page.keyboard.press("Escape")
    assert page.locator(".editor").count() == 0
    assert page.evaluate("document.activeElement.hasAttribute('data-edit')")
    page.keyboard.press("Enter")
    page.wait_for_selector(".editor textarea:focus")
    page.keyboard.type(" neu")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => document.querySelector('.turn__text')?.innerText === 'Frage eins neu'"
    )
    answered(page)
    live = thread(page)
    page.reload()
    answered(page)
    assert thread(page) == live
    page.click(".turn--user .turn__branch button >> nth=0")
    page.wait_for_selector("#chat[data-live]")
    assert texts(page) == ["Frage eins", "Frage eins"]
    assert page.locator(".turn--user .turn__branch").inner_text().endswith("1/2\n›")


def test_models_answer_side_by_side(house, visit, anna, look, axe):
    """Two columns stream and stop on their own; keeping one leaves it, and the other is a version."""
    page = visit(login="anna")
    page.click(".against__open")
    page.check("[name=against][value=slow]")
    look(page, "turns-compare")
    ask(page, "eins zwei drei " * 20, "echo")
    page.wait_for_selector(".contest [aria-busy] .turn__tail:not(:empty)")
    look(page, "turns-columns-running")
    page.click(".contest .turn__stop button")
    answered(page, 2)
    assert house.slow.open == 0
    live = thread(page)
    look(page, "turns-columns")
    assert axe(page) == []
    page.reload()
    answered(page, 2)
    assert thread(page) == live
    page.locator(".contest .turn__next [name=to]").nth(1).click()
    page.wait_for_selector("#chat[data-live]")
    answered(page, 1)
    assert page.locator(".contest").count() == 0
    assert page.locator(".turn--assistant .turn__branch").inner_text().startswith("‹")
    page.set_viewport_size({"width": 360, "height": 740})
    look(page, "turns-kept-360")


def test_other_models_are_chosen_in_a_dialog(house, visit, anna, look, axe):
    """Other models answer once more, chosen in a dialog that Escape closes; the focus comes back."""
    page = visit(login="anna")
    ask(page, "Frage", "echo")
    answered(page)
    page.click("[data-choose]")
    page.wait_for_selector("dialog[open]")
    look(page, "turns-choose")
    assert axe(page) == []
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog:not([id])", state="detached")
    assert page.evaluate("document.activeElement.hasAttribute('data-choose')")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    page.check("dialog[open] [value=thinker]")
    page.click("dialog[open] .button--primary")
    page.wait_for_selector(".contest")
    answered(page, 2)
    assert page.locator(".contest .turn__who").all_inner_texts() == ["echo", "thinker"]


def test_a_broken_answer_goes_on(house, visit, anna, look):
    """What broke off offers to continue; the new version begins with the kept words."""
    broken = EchoProvider(name="broken", failing=Upstream(provider="broken", reason="weg"))
    broken.fail_after = 2
    directory = house.server.house.gateway.directory
    directory.put("broken", broken, [echo_card("broken", provider="broken")])
    page = visit(login="anna")
    ask(page, "eins zwei drei vier", "broken")
    answered(page)
    look(page, "turns-broken")
    broken.failing, broken.answer = None, "drei vier"
    page.click("[name=continue]")
    page.wait_for_function(
        "() => document.querySelector('.prose')?.innerText === 'eins zwei drei vier'"
    )
    answered(page)
    live = thread(page)
    page.reload()
    answered(page)
    assert thread(page) == live
    assert page.locator(".turn__branch").count() == 1


def test_what_was_sent_is_said(house, visit, anna, look, axe):
    """Beneath an answer stand a quiet line, what was left out, and a table with everything known."""
    directory = house.server.house.gateway.directory
    tight = EchoProvider(name="tight")
    directory.put("tight", tight, [echo_card("tight", provider="tight", context=200)])
    page = visit(login="anna", language="de")
    for place in range(4):
        ask(page, f"Frage {place}: " + "Wort " * 30, "tight")
        answered(page, place + 1)
    assert page.locator(".turn__left").count() >= 1
    page.locator(".about__open").last.click()
    look(page, "turns-facts")
    table = page.locator(".about__table").last.inner_text()
    assert "tight" in table
    assert "default-3" in table
    assert axe(page) == []


def test_a_title_comes_by_itself(house, visit, anna):
    """A model in the house gives the conversation its title, on the page and in the list."""
    titler = EchoProvider(name="titler", answer="Der Bebauungsplan")
    directory = house.server.house.gateway.directory
    directory.put("titler", titler, [echo_card("titler", provider="titler")])
    page = visit(login="anna")
    ask(page, "Bitte erkläre mir, was ein Bebauungsplan ist", "titler")
    answered(page)
    page.wait_for_function("() => document.title.startsWith('Der Bebauungsplan')")
    assert page.locator(
        ".side__link[aria-current], .side__item .side__link"
    ).first.inner_text() == ("Der Bebauungsplan")


def test_a_long_conversation_loads_as_one_reads(house, visit, anna):
    """The end is shown first; scrolling up loads what came before, and the place one reads stays."""
    page = visit(login="anna")
    words = "Ein **Absatz** mit Worten. "
    texts = [f"Nachricht {place}\n\n{words}" * (1 + place % 2) for place in range(200)]
    page.goto(long_talk(house, anna, texts))
    page.wait_for_selector("#chat[data-live]")
    assert page.locator("article").count() == 40
    assert "Nachricht 199" in page.locator("article").last.inner_text()
    page.evaluate("document.getElementById('thread').scrollTop = 500")
    page.wait_for_function("() => document.querySelectorAll('article').length >= 80")
    page.evaluate("document.getElementById('thread').scrollTop = 0")
    page.wait_for_function("() => document.querySelectorAll('article').length >= 120")
    ids = page.eval_on_selector_all("article", "all => all.map((one) => one.id)")
    assert ids == [f"m-m{place:06d}" for place in range(200 - len(ids), 200)]
    assert page.evaluate("document.getElementById('thread').scrollTop") > 0


@pytest.mark.parametrize(
    ("language", "width", "dark"),
    [("de", 360, True), ("en", 1440, False)],
)
def test_versions_look_right(house, visit, anna, look, axe, language, width, dark):  # noqa: PLR0917  fixtures
    """A thread with versions, a column pair and facts has no findings and is no wider than its window."""
    house.speaks(anna, language)
    page = visit(login="anna", language=language, width=width, height=800, dark=dark)
    ask(page, "Was sagt ein **Bebauungsplan**?", "echo")
    answered(page)
    page.locator("[name=again]").click()
    page.wait_for_selector(".turn__branch")
    answered(page)
    page.click(".against__open")
    page.check("[name=against][value=thinker]")
    ask(page, "Und wie lange gilt er? " * 6, "echo")
    page.wait_for_selector(".contest")
    answered(page, 3)
    page.locator(".about__open").nth(0).click()
    look(page, f"turns-{language}-{width}-{'dark' if dark else 'light'}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe(page) == []
