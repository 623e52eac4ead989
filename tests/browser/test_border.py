# SPDX-License-Identifier: EUPL-1.2
"""The border as people meet it in the chat, in a real browser, with detectors and pseudonyms at work."""

import pytest
from hands import answered, ask, texts
from playwright.sync_api import expect
from sqlalchemy import select
from visitors import PASSWORD

from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.people import Principal, Role
from hausgeist.store.tables import veils
from hausgeist.testing.echo import EchoProvider, echo_card

pytestmark = pytest.mark.browser

LETTER = """Sehr geehrte Frau Brandhuber,

Herr Thomas Grundmann (thomas.grundmann@example.org) hat die IBAN DE89 3704 0044 0532 0130 00 genannt.
Das Projekt heißt Nachtfalter.

Mit freundlichen Grüßen
Ilse Wackernagel"""
SECRETS = ("Brandhuber", "Grundmann", "example.org", "DE89", "Wackernagel")


@pytest.fixture
def eu(house):
    """A provider in Europe that may see personal data under pseudonyms."""
    provider = EchoProvider(name="nordlicht")
    card = echo_card("nord", provider="nordlicht", zone=Zone.EU, cleared_for=DataClass.PERSONAL)
    house.server.house.gateway.directory.put("nordlicht", provider, [card])
    return provider


@pytest.fixture
def far(house):
    """A provider outside Europe, released for what is internal."""
    provider = EchoProvider(name="fern")
    card = echo_card("fern", provider="fern", zone=Zone.WORLD, cleared_for=DataClass.INTERNAL)
    house.server.house.gateway.directory.put("fern", provider, [card])
    return provider


def sent(provider):
    """Everything that a provider was sent with its last call."""
    return "\n".join(message.text for message in provider.calls[-1].messages)


def look_at(page):
    """Open what would leave."""
    page.click("#look")
    page.wait_for_selector(".dialog--seen[open]")
    return page.locator(".dialog--seen")


def corrected(page, click):
    """Do something to what is hidden, and wait until it was worked out anew."""
    page.evaluate("() => { document.querySelector('.seen').dataset.old = '' }")
    click()
    page.wait_for_selector(".seen:not([data-old])")


def veils_of(house):
    return len(house.server.house.store.read_now(lambda c: c.execute(select(veils)).all()))


@pytest.mark.usefixtures("anna")
def test_a_letter_leaves_under_pseudonyms_and_comes_back_whole(house, visit, eu, look, axe):
    """Look, leave a word as it is, hide another; the provider sees tokens, the person the real words."""
    page = visit(login="anna")
    page.select_option("#model", "nord")
    page.wait_for_selector("#ampel [data-zone=eu]")
    page.fill("#text", LETTER)
    dialog = look_at(page)
    words = dialog.locator(".seen__words").inner_text()
    assert not any(secret in words for secret in SECRETS)
    assert "Nachtfalter" in words
    assert axe(page) == []
    look(page, "border-look")
    page.fill("#seen-hide", "Nachtfalter")
    corrected(page, lambda: page.press("#seen-hide", "Enter"))
    assert "Nachtfalter" not in dialog.locator(".seen__words").inner_text()
    undo = dialog.locator("td button[name=plain]")
    assert "Nachtfalter" in undo.evaluate_all("all => all.map(one => one.value)")
    corrected(page, undo.locator("xpath=self::*[@value='Nachtfalter']").click)
    corrected(page, dialog.locator("[name=unsay]").click)
    page.fill("#seen-hide", "Nachtfalter")
    corrected(page, lambda: page.press("#seen-hide", "Enter"))
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "look"
    assert "IBAN" in page.locator("#ampel").inner_text()
    assert page.input_value("#text") == LETTER
    page.focus("#text")
    page.keyboard.press("Enter")
    live = answered(page)
    assert not any(secret in sent(eu) for secret in (*SECRETS, "Nachtfalter"))
    assert "[[MARKED_1]]" in sent(eu)
    prose = page.locator(".prose").inner_text()
    assert all(secret in prose for secret in (*SECRETS, "Nachtfalter"))
    assert "1 IBAN" in page.locator(".about__open").inner_text()
    page.reload()
    assert answered(page) == live
    page.click("[data-source]")
    page.wait_for_selector("[data-source][data-done]")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "Grundmann" in copied
    assert "[[" not in copied
    page.goto(f"{house.url}/search?q=Grundmann")
    assert page.locator("main mark").first.inner_text() == "Grundmann"


def test_marked_words_are_hidden_by_a_key(house, visit, anna, eu):
    """Words that are marked in what would leave are hidden with H; draft and marks survive a reload."""
    page = visit(login="anna", language="en", width=360, dark=True)
    page.select_option("#model", "nord")
    page.fill("#text", "Frau Brandhuber leitet Nachtfalter.")
    look_at(page)
    page.evaluate(
        """() => {
            const words = document.querySelector('.seen__words');
            const text = [...words.childNodes].find(one => one.data?.includes('Nachtfalter'));
            const at = text.data.indexOf('Nachtfalter');
            getSelection().setBaseAndExtent(text, at, text, at + 'Nachtfalter'.length);
        }"""
    )
    corrected(page, lambda: page.keyboard.press("h"))
    assert page.locator(".seen__words").inner_text().count("[[") == 2
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.reload()
    page.wait_for_selector("#chat[data-live]")
    assert page.input_value("#corrections [name=hidden]") == "Nachtfalter"
    page.select_option("#model", "nord")
    page.focus("#text")
    page.keyboard.press("Enter")
    answered(page)
    assert "Nachtfalter" not in sent(eu)


def test_the_rule_asks_and_the_person_agrees_once(house, visit, anna, far, look):
    """Nothing is stored or sent before the yes; a yes holds for one question, also for another answer."""
    page = visit(login="anna")
    ask(page, "wie lange dauert das?", "fern")
    page.wait_for_selector(".stop")
    look(page, "border-asks")
    stop = page.locator(".stop").inner_text()
    assert "fern" in stop
    assert "Außerhalb Europas" in stop
    assert far.calls == []
    assert page.input_value("#text") == "wie lange dauert das?"
    page.click("[name=agree]")
    answered(page)
    assert len(far.calls) == 1
    assert page.input_value("#text") == ""
    page.click("[name=again]")
    page.wait_for_selector(".stop")
    page.click("[name=agree]")
    page.wait_for_selector(".turn__branch")
    answered(page)
    assert len(far.calls) == 2
    ask(page, "Und dann?")
    page.wait_for_selector(".stop")
    page.click(".stop [name=instead]")
    answered(page, 2)
    assert len(far.calls) == 2
    visit.complaints[:] = [one for one in visit.complaints if "403" not in one]


def test_what_may_not_leave_goes_to_the_house_with_one_click(house, visit, anna, far):
    """A refusal keeps the words and offers a model in the house."""
    page = visit(login="anna")
    ask(page, LETTER, "fern")
    page.wait_for_selector(".stop")
    assert page.input_value("#text") == LETTER
    page.click(".stop [name=instead]")
    answered(page)
    assert far.calls == []
    assert "Im Haus" in page.locator(".about__open").inner_text()
    page.select_option("#class", "special")
    page.wait_for_selector("#ampel[data-refused]")
    page.fill("#text", "Noch eine Frage")
    page.click("#ampel [name=instead]")
    answered(page, 2)
    assert far.calls == []
    visit.complaints[:] = [one for one in visit.complaints if "403" not in one]


def test_the_answers_of_the_ampel_cannot_overtake_each_other(house, visit, anna, eu):
    """A slow answer to an earlier choice does not replace the later one."""
    page = visit(login="anna")
    held = []

    def hold(route):
        held.append(route)

    page.route("**/ampel?model=nord*", hold)
    page.select_option("#model", "nord")
    page.select_option("#model", "slow")
    expect(page.locator("#ampel [data-zone=house]")).to_be_visible()
    for route in held:
        route.fulfill(body='<div id="ampel">overtaken</div>', content_type="text/html")
    page.wait_for_timeout(100)
    assert "overtaken" not in page.locator("#ampel").inner_text()
    visit.complaints.clear()


def test_beside_the_house_and_after_a_stop_the_numbers_stay(house, visit, anna, eu):
    """Side by side the house sees the words, Europe tokens; going on keeps them; deleting takes the veil."""
    page = visit(login="anna")
    page.click(".against__open")
    page.check("[name=against][value=nord]")
    page.wait_for_selector("#ampel [data-zone=eu]")
    ask(page, LETTER, "echo")
    answered(page, 2)
    assert "[[NACHNAME_1]]" in sent(eu)
    assert [text.count("Grundmann") for text in texts(page)] == [1, 1, 1]
    assert veils_of(house) == 1
    page.locator("button", has_text="Diese behalten").last.click()
    page.wait_for_selector("#chat[data-live]")
    eu.delay = 0.05
    ask(page, "Wie heißt Herr Grundmann noch? " * 20, "nord")
    page.wait_for_selector("[aria-busy] .turn__tail:not(:empty)")
    page.click("#stop")
    answered(page, 2)
    first = sent(eu)
    eu.delay = 0.0
    with page.expect_response("**/turns"):
        page.click("[name=continue]")
    page.wait_for_selector("[name=continue]", state="detached")
    live = answered(page, 2)
    assert "Grundmann" not in first + sent(eu)
    assert "[[NACHNAME_2]]" in first
    page.reload()
    assert answered(page, 2) == live
    talk = page.get_attribute("#chat", "data-conversation")
    page.locator(".side__item").hover()
    page.click(".side__more")
    page.click(".menu__item--danger")
    page.wait_for_url(f"{house.url}/?deleted=*")
    who = Principal(id=anna, name="Anna", role=Role.ADMIN)
    house.server.call(lambda: house.server.house.shelves.purge(who, [talk]))
    assert veils_of(house) == 0


def test_a_reader_of_a_shared_conversation_gets_the_real_words(house, visit, anna, eu):
    """Sharing shows what the owner sees, no tokens."""
    house.server.person("bernd")
    page = visit(login="anna")
    ask(page, LETTER, "nord")
    answered(page)
    page.locator(".side__item").hover()
    page.click(".side__more")
    page.click("[data-do=share]")
    page.wait_for_selector("dialog[open] #share")
    page.click("dialog[open] .button--primary")
    page.wait_for_selector("dialog #share-link")
    link = page.locator("#share-link").inner_text()
    reader = visit(login="bernd")
    reader.goto(link)
    shown = reader.locator("main").inner_text()
    assert "Grundmann" in shown
    assert "[[" not in shown


def test_without_a_script_all_of_it_works_as_pages(house, browser, anna, eu, far):
    """Look, correct, back to the text, send; ask and agree: forms and pages alone."""
    context = browser.new_context(java_script_enabled=False, locale="de-DE")
    page = context.new_page()
    page.goto(f"{house.url}/login")
    page.fill("[name=name]", "anna")
    page.fill("[name=password]", PASSWORD)
    page.click(".button--primary")
    page.select_option("#model", "nord")
    page.fill("#text", LETTER)
    page.click("#look")
    assert "Brandhuber" not in page.locator(".seen__words").inner_text()
    page.fill("#seen-hide", "Nachtfalter")
    page.locator(".seen__more .button").first.click()
    assert "Nachtfalter" not in page.locator(".seen__words").inner_text()
    page.click("[name=back]")
    assert page.input_value("#text") == LETTER
    page.click("#look")
    page.click(".seen__tools .button--primary")
    page.wait_for_selector(".turn__foot")
    assert "Nachtfalter" not in sent(eu)
    assert "Nachtfalter" in page.locator(".prose").inner_text()
    page.goto(house.url)
    page.select_option("#model", "fern")
    page.fill("#text", "wie lange dauert das?")
    page.click("#send")
    page.click("[name=agree]")
    page.wait_for_selector(".turn__foot")
    assert len(far.calls) == 1
    context.close()


def test_a_temporary_chat_hides_as_well_and_keeps_no_map(house, visit, anna, eu):
    """Corrections stay with the page; numbers are the same each time, and no map is stored."""
    page = visit(login="anna")
    page.goto(f"{house.url}/temporary")
    page.wait_for_selector("#chat[data-live]")
    page.select_option("#model", "nord")
    page.fill("#text", LETTER)
    look_at(page)
    page.fill("#seen-hide", "Nachtfalter")
    corrected(page, lambda: page.press("#seen-hide", "Enter"))
    page.click(".seen__tools .button--primary")
    page.wait_for_selector(".turn__foot")
    page.fill("#text", "Wer leitet Nachtfalter, Herr Grundmann?")
    page.press("#text", "Enter")
    page.wait_for_selector(".turn__foot >> nth=1")
    assert "Nachtfalter" not in sent(eu)
    assert sent(eu).count("[[NACHNAME_2]]") >= 2
    assert "Nachtfalter, Herr Grundmann" in page.locator(".prose").last.inner_text()
    assert veils_of(house) == 0
