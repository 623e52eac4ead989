# SPDX-License-Identifier: EUPL-1.2
"""The library in a real browser: write, share, use, slash, versions, files, by hand and by keys."""

import re

import pytest
from visitors import PASSWORD

from hausgeist.chat.library.collection import collection
from hausgeist.core.people import Principal, Role

pytestmark = pytest.mark.browser


@pytest.fixture
def filled(house, anna):
    """A house with the starter collection for everyone; gives anna's id."""
    library = house.server.house.library
    who = Principal(id=anna, name="Anna", role=Role.ADMIN)
    for item in house.server.call(lambda: library.create(who, collection("de"))):
        house.server.call(lambda item=item: library.share(who, item, "everyone"))
    return anna


def test_an_empty_library_offers_the_collection(house, anna, visit, look, axe):
    """The first page says what it is for; one press fills it, and each card leads on."""
    page = visit(login="anna")
    page.click(".nav [href='/library']")
    look(page, "library-empty")
    assert axe(page) == []
    page.click("form[action='/library/collection'] button")
    page.wait_for_selector(".items")
    assert page.locator(".item").count() == 3
    look(page, "library")
    assert axe(page) == []
    page.click(".tabs__tab:not([aria-current])")
    page.wait_for_selector(".tabs__tab[aria-current][href*='kind=prompt']")
    assert page.locator(".item").count() == 5
    page.fill("#q", "protokoll notizen")
    page.press("#q", "Enter")
    page.wait_for_selector(".item")
    assert page.locator(".item__name").all_inner_texts() == ["Protokoll aus Notizen"]
    look(page, "library-search")


def test_an_assistant_is_written_shared_and_talked_to(house, anna, visit, look, axe):
    """A fault is said at its field; the chat begins with name, questions and a chip."""
    page = visit(login="anna")
    page.goto(f"{house.url}/library/new?kind=assistant")
    page.fill("#name", "Mülltonnen-Auskunft")
    page.fill("#starters", "Wann wird geleert?\nWas darf hinein?")
    page.fill("#sign", "♻️")
    page.select_option("#colour", "green")
    page.select_option("#model", "slow")
    page.select_option("#class", "personal")
    page.click("main .button--primary")
    page.wait_for_selector("#instructions-error")
    assert len(visit.complaints) == 1  # the browser notes the status 400
    visit.complaints.clear()
    assert page.input_value("#name") == "Mülltonnen-Auskunft"
    look(page, "library-editor")
    assert axe(page) == []
    page.fill("#instructions", "Beantworte Fragen zur Abfuhr.\nErfinde keine Termine.")
    page.click("main .button--primary")
    page.wait_for_selector(".sheet")
    look(page, "library-item")
    assert axe(page) == []
    page.click(".head__tools .button--primary")
    page.wait_for_selector("#chat[data-live]")
    assert page.locator(".empty__title").inner_text() == "Mülltonnen-Auskunft"
    assert page.input_value("#model") == "slow"
    assert page.input_value("#class") == "personal"
    assert page.locator(".composer .chip__name").is_visible()
    look(page, "library-chat")
    assert axe(page) == []
    page.click("text=Was darf hinein?")
    assert page.input_value("#text").startswith("Was darf hinein?")
    page.press("#text", "Enter")
    page.wait_for_selector(".turn--assistant .turn__foot")
    assert "/c/" in page.url
    page.reload()
    assert page.locator(".composer .chip__name").inner_text().endswith("Mülltonnen-Auskunft")
    talk = page.url
    page.click(".composer .chip__name")
    page.click("a[href$='/edit']")
    page.fill("#instructions", "Beantworte alles.")
    page.click("main .button--primary")
    page.wait_for_selector(".sheet")
    page.goto(talk)
    assert "1" in page.inner_text(".composer .chip__note")
    look(page, "library-older")
    assert axe(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    look(page, "library-older-narrow")
    page.click(".composer .chip__note a")
    page.wait_for_selector(".empty .sign")


def test_a_slash_opens_the_prompts(house, filled, visit, look, axe):
    """Typing narrows the list, arrows and Enter choose, a dialog asks for the gaps, Escape leaves."""
    page = visit(login="anna")
    page.wait_for_selector(".at-hand")
    look(page, "library-start")
    page.type("#text", "/")
    page.wait_for_selector("#slash:not([hidden]) .slash__one")
    look(page, "library-slash")
    assert axe(page) == []
    first = page.get_attribute("#text", "aria-activedescendant")
    page.press("#text", "ArrowDown")
    assert page.get_attribute("#text", "aria-activedescendant") != first
    page.press("#text", "Escape")
    assert page.locator("#slash").is_hidden()
    assert page.input_value("#text") == "/"
    page.type("#text", "kurz")
    page.wait_for_selector("#slash:not([hidden]) .slash__one:first-child >> text=/kurz")
    page.press("#text", "Enter")
    page.wait_for_selector("#gaps[open]")
    assert page.evaluate("document.activeElement.id") == "gap-0"
    page.select_option("#gap-0", "in drei Sätzen")
    page.fill("#gap-2", "Der {{Text}} & <b>mehr</b>")
    look(page, "library-gaps")
    assert axe(page) == []
    page.click("#gaps .button--primary")
    page.wait_for_selector("#gaps", state="hidden")
    words = page.input_value("#text")
    assert words.startswith("Fasse den folgenden Text in drei Sätzen zusammen, für Kolleginnen")
    assert words.endswith("Der {{Text}} & <b>mehr</b>")
    assert page.evaluate("document.activeElement.id") == "text"
    assert page.locator("#slash").is_hidden()


def test_a_prompt_shows_itself_while_it_is_written(house, anna, visit, look, axe):
    """Gaps appear as fields and fill the preview; after a change the versions tell what changed."""
    page = visit(login="anna", width=360, height=740, dark=True)
    page.goto(f"{house.url}/library/new?kind=prompt")
    page.fill("#name", "Einladung")
    page.fill("#text", "Lade zu {{Anlass}} ein, {{Ton:förmlich|locker}}.")
    page.wait_for_selector("#preview-1")
    page.fill("#preview-0", "<i>Sommerfest</i>")
    page.select_option("#preview-1", "locker")
    assert page.inner_text("#preview-text") == "Lade zu <i>Sommerfest</i> ein, locker."
    look(page, "library-preview-narrow-dark")
    assert axe(page) == []
    page.click("main .button--primary")
    page.wait_for_selector(".sheet")
    page.goto(f"{page.url.partition('?')[0]}/edit")
    page.fill("#text", "Lade zu {{Anlass}} ein, {{Ton:förmlich|locker}}.\nNenne den Ort.")
    page.click("main .button--primary")
    page.wait_for_selector(".sheet")
    page.goto(f"{page.url.partition('?')[0]}/history")
    assert page.locator("ins.diff__line").all_inner_texts() == ["Nenne den Ort."]
    look(page, "library-history-narrow-dark")
    assert axe(page) == []
    page.click("form[action$='/restore'] button")
    page.wait_for_selector(".sheet")
    assert "Ort" not in page.inner_text(".sheet")


def test_files_show_first_what_they_would_make(house, filled, visit, look, axe):
    """A download, imported by somebody else, makes the same items; a broken file says why."""
    house.server.person("bernd")
    page = visit(login="anna", language="en")
    house.speaks(filled, "en")
    page.goto(f"{house.url}/library?kind=prompt")
    with page.expect_download() as download:
        page.click("a[href^='/library/export']")
    archive = download.value.path().read_bytes()
    other = visit(login="bernd", language="en", width=800)
    other.goto(f"{house.url}/library/import")
    assert axe(other) == []
    other.set_input_files(
        "#file",
        [
            {"name": "prompts.zip", "mimeType": "application/zip", "buffer": archive},
            {"name": "kaputt.md", "mimeType": "text/markdown", "buffer": b"---\nkind: poem\n---\n"},
        ],
    )
    other.click("main .button--primary")
    other.wait_for_selector(".coming__one")
    assert other.locator("[name=take]:checked").count() == 5
    assert other.locator(".coming__bad").count() == 1
    look(other, "library-import")
    assert axe(other) == []
    other.click("main .button--primary")
    other.wait_for_selector(".items")
    assert other.locator(".item").count() == 5


def test_without_a_script(browser, house, filled, look):
    """A prompt's gaps are a form, and its words stand in the start page's field."""
    context = browser.new_context(java_script_enabled=False, locale="de-DE")
    page = context.new_page()
    page.goto(f"{house.url}/login")
    page.fill("[name=name]", "anna")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.goto(f"{house.url}/library?kind=prompt&q=kurz")
    page.click(".item__go[aria-label$='Zusammenfassen']")
    page.fill("textarea", "Ein langer Text")
    look(page, "library-use")
    page.click("main .button--primary")
    assert re.search(r"^Fasse .*Ein langer Text$", page.input_value("#text"), re.DOTALL)
    assert "Text" not in page.url
    context.close()
