# SPDX-License-Identifier: EUPL-1.2
"""One's own data, rules, holds and temporary chats in a real browser, in both languages."""

import pytest
from everything import add_everything
from sqlalchemy import update
from visitors import PASSWORD

from hausgeist.core.labels import DataClass
from hausgeist.store.tables import conversations

pytestmark = pytest.mark.browser
DAY = 86_400_000


@pytest.fixture
def bernd(house, anna) -> str:
    """Bernd has one of everything, and anna administers."""
    person = house.server.person("bernd")
    now = house.server.house.now_ms()
    write = house.server.house.store.write_now
    write(lambda c: add_everything(c, person.id, "Sommerfest am Weiher", now))
    old = conversations.c.owner_id == person.id
    write(lambda c: c.execute(update(conversations).where(old).values(updated_at=now - 20 * DAY)))
    return person.id


def test_a_temporary_chat_holds_what_was_said_and_a_reload_forgets_it(
    house, anna, visit, look, axe
):
    """Ask, stop, ask again with a file; the second question knows the first; a reload is empty."""
    page = visit(login="anna")
    page.goto(f"{house.url}/temporary")
    page.wait_for_selector("#chat[data-live]")
    assert axe(page) == []
    page.fill("#text", "Guten **Tag** liebes Haus")
    page.keyboard.press("Enter")
    page.wait_for_selector(".turn--assistant:not([aria-busy]) .turn__foot")
    assert page.locator(".prose strong").inner_text() == "Tag"
    page.set_input_files("#files", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"Brot"})
    page.wait_for_selector("#papers .paper:has-text('a.txt')")
    page.fill("#text", "Und nun?")
    page.keyboard.press("Enter")
    page.wait_for_selector("article:nth-of-type(4) .turn__foot")
    look(page, "temporary")
    assert axe(page) == []
    page.select_option("#model", "slow")
    page.fill("#text", "wort " * 100)
    page.keyboard.press("Enter")
    page.wait_for_selector(".turn__tail:not(:empty)")
    page.keyboard.press("Escape")
    page.wait_for_selector("#send:not([hidden])")
    for _ in range(100):
        if not house.server.house.gateway.running:
            break
        page.wait_for_timeout(100)
    assert house.server.house.gateway.running == 0
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.wait_for_selector("#chat[data-live]")
    assert page.locator(".turn").count() == 0


def test_an_administrator_previews_rules_and_places_a_hold(  # noqa: PLR0917  fixtures
    house, anna, bernd, visit, look, axe
):
    """The preview counts before anything is in force; the hold is listed and can be ended."""
    page = visit(login="anna")
    page.goto(f"{house.url}/admin/retention")
    page.fill("[name=internal]", "10")
    page.click("main .button--primary")
    page.wait_for_selector(".notice--warn")
    look(page, "retention-preview")
    assert axe(page) == []
    page.click("main .button--danger")
    page.wait_for_selector(".notice--good")
    page.goto(f"{house.url}/admin/holds")
    assert axe(page) == []
    page.fill("#login", "bernd")
    page.fill("#reason", "Verfahren 12 O 345/26")
    page.click("main .button--primary")
    page.wait_for_selector("td:has-text('12 O 345/26')")
    look(page, "holds")
    assert axe(page) == []


def test_a_person_sees_and_deletes_everything(  # noqa: PLR0917  fixtures
    house, anna, bernd, visit, look, axe
):
    """What will go and when, then everything at once, with a receipt that can be kept and checked."""
    retention = house.server.house.lifecycle.retention
    rules = {**dict.fromkeys(DataClass), DataClass.INTERNAL: 30, DataClass.PERSONAL: 90}
    house.server.call(lambda: retention.save(rules, "test"))
    page = visit(login="bernd")
    page.goto(f"{house.url}/account/data")
    assert page.locator(".list__row").count() == 1
    look(page, "my-data")
    assert axe(page) == []
    page.fill("#confirm", "bernd")
    page.fill("#password", PASSWORD)
    page.click("main .button--danger")
    page.wait_for_selector("#receipt")
    look(page, "receipt")
    assert axe(page) == []
    text = page.input_value("#receipt")
    with page.expect_download() as got:
        page.click("main .button--primary")
    assert got.value.suggested_filename.startswith("erasure-")
    page.goto(f"{house.url}/receipts")
    assert axe(page) == []
    page.fill("#receipt", text)
    page.click("main .button--primary")
    page.wait_for_selector("h2#gone")
