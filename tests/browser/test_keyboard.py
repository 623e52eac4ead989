# SPDX-License-Identifier: EUPL-1.2
"""A day of work by keyboard alone, and what software that reads aloud is told of it."""

import re

import pytest

pytestmark = pytest.mark.browser

FOCUSED = "document.activeElement.id || document.activeElement.className"
LISTEN = """() => {
  window.told = [];
  new MutationObserver(() => {
    const words = document.getElementById("status").textContent;
    if (words && words !== window.told.at(-1)) window.told.push(words);
  }).observe(document.getElementById("status"), { childList: true, characterData: true, subtree: true });
}"""


def focused(page, selector):
    """Wait until the focus is on what a selector names; says where it is instead."""
    try:
        page.wait_for_function("s => document.activeElement.matches(s)", arg=selector, timeout=5000)
    except Exception as error:
        raise AssertionError(f"not {selector}: {page.evaluate(FOCUSED)}") from error


def tab_to(page, selector, most=40, key="Tab"):
    """Press Tab until the focus is on what a selector names."""
    for _ in range(most):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{selector} is not reached: {page.evaluate(FOCUSED)}")


def finished(page, answers):
    """Wait until so many answers stand there and none runs."""
    page.wait_for_function(
        "n => document.querySelectorAll('.turn--assistant .turn__foot').length === n"
        " && !document.querySelector('[aria-busy]')",
        arg=answers,
    )


def told(page, *sentences):
    """The status region said these, in this order."""
    page.wait_for_function("last => window.told.includes(last)", arg=sentences[-1])
    said = [words for words in page.evaluate("window.told") if words in sentences]
    assert said == list(sentences)
    page.evaluate("window.told.length = 0")


@pytest.fixture
def page(house, visit, anna):
    """The start page, where the focus is in the field; what is announced is written down."""
    page = visit(login="anna")
    page.evaluate(LISTEN)
    focused(page, "#text")
    return page


def choose(page, model):
    """Choose a model and come back to the field."""
    tab_to(page, "#model")
    page.keyboard.type(model)
    assert page.input_value("#model") == model
    tab_to(page, "#text", key="Shift+Tab")


def ask(page, words):
    """Ask, and wait for the end; gives the conversation's id."""
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    finished(page, 1)
    return page.url.partition("#")[0].rpartition("/")[2][:32]


def test_asking_stopping_editing_and_versions(page):
    """A model is chosen, an answer stopped, the question edited, the version before shown again."""
    keys = page.keyboard
    choose(page, "slow")
    keys.type("eins")
    keys.press("Shift+Enter")
    keys.type("zwei " * 60)
    keys.press("Enter")
    page.wait_for_selector("[aria-busy] .turn__tail:not(:empty)")
    keys.press("Escape")
    finished(page, 1)
    told(page, "Die Antwort beginnt.", "Die Antwort wurde angehalten.")
    focused(page, "#text")
    assert page.locator(".turn__text").inner_text().startswith("eins\nzwei")
    choose(page, "echo")
    keys.press("ArrowUp")
    focused(page, ".editor textarea")
    keys.press("Escape")
    focused(page, "[data-edit]")
    keys.press("Enter")
    focused(page, ".editor textarea")
    keys.press("Control+A")
    keys.type("Der Bebauungsplan Nord")
    keys.press("Enter")
    page.wait_for_selector(".turn--user .turn__branch")
    finished(page, 1)
    told(page, "Die Antwort beginnt.", "Die Antwort ist fertig.")
    focused(page, "#text")
    tab_to(page, ".turn--user .turn__branch button:first-child", key="Shift+Tab")
    keys.press("Enter")
    page.wait_for_selector(".turn__text:text('eins')")


def test_again_and_the_dialog_of_models(page):
    """Asking again leaves the focus in the field; the dialog of models gives it back."""
    ask(page, "Guten Tag")
    tab_to(page, "[name=again]", key="Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".turn__branch")
    finished(page, 1)
    focused(page, "#text")
    tab_to(page, "[data-choose]", key="Shift+Tab")
    page.keyboard.press("Enter")
    focused(page, "dialog[open] *")
    page.keyboard.press("Escape")
    focused(page, "[data-choose]")


def test_a_new_chat_and_back_by_the_search(page):
    """Alt N begins anew, Ctrl K finds; the number of results is told; Esc leads back to the field."""
    keys = page.keyboard
    talk = ask(page, "Der Bebauungsplan Nord")
    keys.press("Alt+KeyN")
    page.wait_for_selector("#empty")
    page.wait_for_selector("#chat[data-live]")
    focused(page, "#text")
    page.evaluate(LISTEN)
    keys.press("Control+KeyK")
    focused(page, "#side-search")
    keys.type("xyzzy")
    page.wait_for_function("() => window.told.length")
    keys.press("Escape")
    keys.press("Escape")
    focused(page, "#text")
    keys.press("Control+KeyK")
    keys.type("bebauu")
    page.wait_for_selector("#side-found mark")
    keys.press("ArrowDown")
    focused(page, ".found__title")
    keys.press("Enter")
    page.wait_for_url(f"**/c/{talk}?at=*")


def test_the_menu_of_a_conversation_and_its_dialogs(page, look):
    """Renamed, shared, moved: arrows choose, Esc closes, and the focus is where it was before."""
    keys = page.keyboard
    row = f"#c-{ask(page, 'Guten Tag')}"

    def menu(what):
        tab_to(page, f"{row} .side__more", key="Shift+Tab", most=60)
        keys.press("Enter")
        focused(page, "[data-do=rename]")
        while not page.evaluate("w => document.activeElement.dataset.do === w", what):
            keys.press("ArrowDown")

    menu("move")
    look(page, "keyboard-menu")
    keys.press("Escape")
    focused(page, f"{row} .side__more")
    menu("rename")
    keys.press("Enter")
    focused(page, ".side__edit")
    keys.type("Plan Nord")
    keys.press("Enter")
    page.wait_for_selector(f"{row} .side__link:text('Plan Nord')")
    focused(page, f"{row} .side__link")
    keys.press("Tab")
    for what in ("share", "move"):
        menu(what)
        keys.press("Enter")
        focused(page, "dialog[open] *")
        keys.press("Tab")
        focused(page, "dialog[open] *")
        keys.press("Escape")
        focused(page, f"{row} .side__more")


def test_what_software_that_reads_aloud_is_given(house, visit, anna):
    """Landmarks and headings have names and stand in the order in which one reads."""
    page = visit(login="anna")
    page.fill("#text", "Guten Tag")
    page.keyboard.press("Enter")
    finished(page, 1)
    tree = page.locator("body").aria_snapshot()
    wanted = (
        'link "Zum Inhalt springen"',
        "banner:",
        'navigation "Hauptnavigation"',
        "status",
        "main:",
        'complementary "Gespräche"',
        "search",
        'navigation "Gespräche"',
        'heading "Heute" [level=2]',
        'region "',
        'group "Gespräch"',
        "heading",
        'heading "Sie" [level=2]',
        "Guten Tag",
        'heading "echo" [level=2]',
        'button "Kopieren"',
        'textbox "Ihre Frage"',
        'combobox "Modell"',
        'combobox "Wie schutzbedürftig ist der Text?"',
        'button "Senden"',
    )
    at = 0
    for one in wanted:
        found = re.compile(re.escape(one)).search(tree, at)
        assert found, f"{one} is not where it should be:\n{tree}"
        at = found.start()
