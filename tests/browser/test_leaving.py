# SPDX-License-Identifier: EUPL-1.2
"""Sharing, saving, copying and bringing along, in a real browser."""

import json

import pytest
from foreign import chatgpt, webui

pytestmark = pytest.mark.browser

ANSWER = """# Fristen

Siehe **hier**:

| Amt | Frist |
|---|---:|
| Bauamt | 4 Wochen |

```python
print("vier")
```

Die Summe ist $a^2 + b^2$.
"""


def ask(page, text, model="echo"):
    """Ask, and wait for the end of the answer."""
    page.wait_for_selector("#chat[data-live]")
    page.select_option("#model", model)
    page.fill("#text", text)
    page.press("#text", "Enter")
    page.wait_for_selector(".turn--assistant .turn__foot")
    page.wait_for_function("() => !document.querySelector('[aria-busy]')")


def prose(page):
    """The blocks of the first answer, as the browser has them."""
    return page.locator(".turn--assistant .prose").first.inner_html()


def narrow(page):
    """Whether nothing is wider than the page."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_share_read_copy_and_take_back(house, visit, anna, look, axe):
    """From the dialog to the reader: the same blocks byte for byte, a copy of one's own, and the end."""
    house.server.person("bernd")
    page = visit(login="anna")
    ask(page, ANSWER, "thinker")
    talk = page.url.rpartition("/")[2]
    page.reload()
    page.wait_for_selector("#chat[data-live]")
    blocks = prose(page)

    page.locator(f"#c-{talk}").hover()
    page.locator(f"#c-{talk} .side__more").click()
    look(page, "leaving-menu")
    page.click("[data-do=share]")
    page.wait_for_selector("dialog[open] #share")
    look(page, "leaving-dialog")
    assert axe(page) == []
    page.click("dialog[open] .button--primary")
    page.wait_for_selector("dialog #share-link")
    link = page.locator("#share-link").inner_text()
    look(page, "leaving-dialog-shared")

    reader = visit(login="bernd", language="en", width=360, dark=True)
    reader.goto(link)
    assert prose(reader) == blocks
    assert reader.locator(".turn--user .turn__text").inner_text() == ANSWER.rstrip("\n")
    assert "Anna" in reader.locator(".shared__head").inner_text()
    assert reader.locator(".thought").count() == 1
    assert narrow(reader)
    assert axe(reader) == []
    look(reader, "leaving-shared-dark-360")
    reader.goto(house.url + "/shares")
    assert axe(reader) == []

    page.goto(link)
    look(page, "leaving-shared")
    assert axe(page) == []

    reader.goto(link)
    reader.click(".shared__head .button--primary")
    reader.wait_for_selector("#chat[data-live]")
    assert prose(reader) == blocks
    assert talk not in reader.url
    ask(reader, "und weiter?")

    page.goto(f"{house.url}/shares")
    look(page, "leaving-shares")
    assert axe(page) == []
    page.click(".share .button--danger")
    page.wait_for_selector(".notice--good")
    assert reader.goto(link).status == 404
    visit.complaints.clear()  # the browser notes the 404 that was asked for
    stranger = visit()
    stranger.goto(link)
    assert "/login?next=" in stranger.url


def test_copying(house, visit, anna, look):
    """Formatted words, the Markdown they were written in, code, and tables for spreadsheets."""
    page = visit(login="anna")
    ask(page, ANSWER)

    def clipboard(kind):
        return page.evaluate(
            "async kind => (await (await navigator.clipboard.read())[0].getType(kind)).text()", kind
        )

    page.click(".turn--assistant [data-copy]")
    page.wait_for_selector("[data-copy][data-done]")
    html = clipboard("text/html")
    assert "<strong>hier</strong>" in html
    assert '<table border="1">' in html
    assert "<button" not in html
    assert "**" not in clipboard("text/plain")
    page.click("[data-source]")
    page.wait_for_selector("[data-source][data-done]")
    assert clipboard("text/plain").strip() == ANSWER.strip()
    page.click(".table__copy")
    page.wait_for_selector(".table__copy[data-done]")
    assert clipboard("text/plain") == "Amt\tFrist\nBauamt\t4 Wochen"
    page.click(".code__copy")
    page.wait_for_selector(".code__copy[data-done]")
    assert clipboard("text/plain").strip() == 'print("vier")'
    look(page, "leaving-copy")


def test_saving_a_conversation(house, visit, anna, look, axe):
    """Each format comes with the title as its name."""
    page = visit(login="anna", width=360)
    ask(page, ANSWER)
    talk = page.url.partition("#")[0]
    page.goto(talk + "/rename")
    page.fill("[name=title]", "Fristen")
    page.press("[name=title]", "Enter")
    page.wait_for_selector("#chat[data-live]")
    page.goto(talk + "/export")
    assert axe(page) == []
    assert narrow(page)
    look(page, "leaving-export-360")
    for ending in ("docx", "pdf", "md", "json"):
        with page.expect_download() as waiting:
            page.click(f'a[href$="/export/{ending}"]')
        assert waiting.value.suggested_filename == f"Fristen.{ending}"
    with page.expect_download() as waiting:
        page.click('a[href="/export/conversations.zip"]')
    assert waiting.value.suggested_filename == "Hausgeist.zip"


def test_bringing_conversations_along(house, visit, anna, look, axe, tmp_path):  # noqa: PLR0917  fixtures
    """A look, the choice, the import, the conversations; again: all of them are known."""
    file = tmp_path / "export.json"
    file.write_text(
        json.dumps([webui("Bauplan"), chatgpt("Reise"), {"title": "kaputt", "chat": {}}])
    )
    page = visit(login="anna")
    page.goto(f"{house.url}/import")
    look(page, "leaving-import")
    assert axe(page) == []
    page.set_input_files("#file", file)
    page.click("#import .button--primary")
    page.wait_for_selector("#found")
    page.click(".unreadable summary")
    assert "kaputt" in page.locator(".unreadable").inner_text()
    look(page, "leaving-import-found")
    assert axe(page) == []
    page.set_viewport_size({"width": 360, "height": 800})
    assert narrow(page)
    look(page, "leaving-import-found-360")
    page.select_option("#class", "personal")
    page.click("#import .button--primary")
    page.wait_for_selector(".notice--good")
    assert "2" in page.locator(".notice--good").inner_text()
    look(page, "leaving-import-done-360")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(house.url)
    page.click("text=Bauplan")
    page.wait_for_selector(".turn--user")
    assert "Was ist ein Bauplan?" in page.locator("#thread").inner_text()
    look(page, "leaving-imported")


def test_the_administration_switches_sharing_off(house, visit, anna, look, axe):
    """A tick box, in both languages; the form of sharing then says so."""
    page = visit(login="anna")
    ask(page, "eins")
    talk = page.url
    page.goto(f"{house.url}/admin/sharing")
    assert axe(page) == []
    look(page, "leaving-admin")
    page.uncheck("[name=allowed]")
    page.click("main .button--primary")
    page.wait_for_selector(".notice--good")
    page.goto(f"{talk}/share")
    assert page.locator("#share form").count() == 0
    assert page.locator("#share .notice--warn").count() == 1
