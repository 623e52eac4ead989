# SPDX-License-Identifier: EUPL-1.2
"""Files on the composer in a real browser: chosen, dropped, pasted, judged, removed and sent."""

import asyncio
import base64
import threading

import made
import pytest
from hands import ask, attach
from playwright.sync_api import expect

from hausgeist.core.models import Capability
from hausgeist.testing.echo import EchoProvider, echo_card

pytestmark = pytest.mark.browser

LETTER = {"name": "Antrag Müller 🏛️.pdf", "mimeType": "x/y", "buffer": made.pdf([made.SENTENCE] * 3)}
PHOTO = {"name": "Foto.jpg", "mimeType": "image/jpeg", "buffer": made.photo()}
LOCKED = {"name": "geheim.pdf", "mimeType": "application/pdf", "buffer": made.locked_pdf()}

DROP = """([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name));
  const room = document.querySelector(".room");
  room.dispatchEvent(
    new DragEvent("dragover", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  const over = "dropping" in room.dataset;
  room.querySelector(".thread").dispatchEvent(
    new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  return over;
}"""
PASTE = """([name, data, words]) => {
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name));
  if (words) transfer.setData("text/plain", words);
  document.getElementById("text").dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def blind(house):
    """A model that cannot see and one with a small window, beside the others."""
    plain = frozenset({Capability.COMPLETION})
    house.server.house.gateway.directory.put(
        "blind",
        EchoProvider(name="blind"),
        [
            echo_card("blind", provider="blind", capabilities=plain),
            echo_card("tiny", provider="blind", capabilities=plain, context=60),
        ],
    )


def choose(page, *files):
    """Choose files by the paperclip."""
    with page.expect_file_chooser() as chooser:
        page.click("#attach")
    chooser.value.set_files(list(files))


def ready(page, count=1):
    """Wait until so many files are read."""
    page.wait_for_function(
        "n => document.querySelectorAll('#files [data-state=ready]').length === n", arg=count
    )


@pytest.fixture
def hold(house):
    """Holds back requests of a page, by method and the end of their path; the release lets them go."""

    def begin(page, method, path):
        held = []

        def keep(route):
            if route.request.method == method:
                held.append(route)
            else:
                route.continue_()

        page.route(f"{house.url}{path}", keep)

        def release():
            assert held
            for route in held:
                route.continue_()
            page.unroute(f"{house.url}{path}")

        return release

    return begin


def packed(content):
    return base64.b64encode(content).decode()


def test_a_file_goes_with_the_question(house, visit, anna):
    """Chosen, read, labelled by its owner; Enter before it is read sends when it is; then it is gone."""
    page = visit(login="anna")
    page.select_option("#class", "internal")
    choose(page, LETTER)
    page.fill("#text", "Was steht darin?")
    page.press("#text", "Enter")
    page.wait_for_selector(".turn--assistant .turn__foot")
    expect(page.locator("#files .doc")).to_have_count(0)
    assert "Antrag Müller 🏛️.pdf" in page.locator(".turn--user").inner_text()
    assert made.SENTENCE in page.locator(".turn--assistant").inner_text()

    choose(page, LETTER)
    ready(page)
    assert "PDF · 3 " in page.locator(".doc__note").inner_text()
    page.select_option(".doc__class", "special")
    page.wait_for_function("() => document.getElementById('class').value === 'special'")
    page.press("#text", "Enter")
    page.wait_for_function(
        "() => document.querySelectorAll('.turn--assistant .turn__foot').length === 2"
    )
    page.locator(".turn--user a", has_text="Antrag").last.click()
    page.wait_for_selector(".files__text")
    assert made.SENTENCE in page.locator(".files__text").inner_text()


def test_a_question_waits_for_a_file_from_its_choice_on(house, visit, anna, hold):
    """Enter before the first file stands in the tray: it is asked with the file all the same."""
    page = visit(login="anna")
    release = hold(page, "GET", "/files")
    choose(page, LETTER)
    ask(page, "Was steht darin?")
    page.wait_for_timeout(300)
    assert page.locator("article").count() == 0
    release()
    page.wait_for_selector(".turn--assistant .turn__foot")
    assert "Antrag Müller 🏛️.pdf" in page.locator(".turn--user").inner_text()
    assert made.SENTENCE in page.locator(".turn--assistant").inner_text()
    expect(page.locator("#files .doc")).to_have_count(0)


def test_a_question_that_waits_is_not_sent_without_its_file(house, visit, anna, hold):
    """The file turns out to be too large: that stays said, and the person asks again or does not."""
    page = visit(login="anna")
    page.evaluate("document.getElementById('files').dataset.largest = 10")
    release = hold(page, "GET", "/files")
    choose(page, LETTER)
    ask(page, "Was steht darin?")
    release()
    page.wait_for_selector("#problem .notice")
    page.wait_for_timeout(300)
    assert page.locator("article").count() == 0
    assert page.input_value("#text") == "Was steht darin?"
    page.press("#text", "Enter")
    page.wait_for_selector(".turn--assistant .turn__foot")


def test_what_comes_while_a_question_is_sent_goes_with_the_next(house, visit, anna, hold):
    """A file that is read and words that are written until the house has taken the question stay."""
    page = visit(login="anna")
    attach(page, ("eins.txt", b"Hundert Birnen"))
    release = hold(page, "POST", "/c/turns")
    ask(page, "Was steht darin?")
    attach(page, ("zwei.txt", b"Tausend Quitten"))
    page.locator("#text").press_sequentially("Und nun?")
    release()
    page.wait_for_selector(".turn--assistant .turn__foot")
    assert page.input_value("#text") == "Und nun?"
    page.reload()
    page.wait_for_selector("#chat[data-live]")
    assert page.input_value("#text") == "Und nun?"
    assert page.locator("#files .doc__name").all_inner_texts() == ["zwei.txt"]
    page.press("#text", "Enter")
    expect(page.locator(".turn--assistant .turn__foot")).to_have_count(2)
    assert "Tausend Quitten" in page.locator(".turn--assistant").last.inner_text()
    expect(page.locator("#files .doc")).to_have_count(0)


def test_a_question_waits_for_the_class_of_its_file(house, visit, anna, hold):
    """A lower class, and Enter before the house knows of it: the file goes with the class chosen."""
    page = visit(login="anna")
    page.select_option("#class", "internal")
    choose(page, LETTER)
    ready(page)
    address = page.locator("a.doc__name").get_attribute("href")
    page.select_option("#class", "public")
    release = hold(page, "POST", f"{address}/class")
    page.select_option(".doc__class", "public")
    ask(page, "Was steht darin?")
    page.wait_for_timeout(300)
    assert page.locator("article").count() == 0
    release()
    page.wait_for_selector(".turn--assistant .turn__foot")
    assert page.input_value("#class") == "public"


def test_a_file_that_is_removed_as_it_arrives_is_not_kept(house, visit, anna, monkeypatch):
    """The house has the last byte and has not answered yet: it forgets the file when it does."""
    uploads = house.server.house.uploads
    arrived, removed = threading.Event(), threading.Event()
    take_in = type(uploads).take_in

    async def slow(self, *values, **more):
        held = await take_in(self, *values, **more)
        arrived.set()
        await asyncio.to_thread(removed.wait, 10)
        return held

    monkeypatch.setattr(type(uploads), "take_in", slow)
    page = visit(login="anna")
    choose(page, LETTER)
    while not arrived.is_set():
        page.wait_for_timeout(20)
    page.wait_for_timeout(200)
    page.locator(".doc__remove").click()
    removed.set()
    expect(page.locator("#files .doc")).to_have_count(0)
    for _ in range(100):
        if "Antrag" not in page.request.get(f"{house.url}/files").text():
            break
        page.wait_for_timeout(50)
    else:
        pytest.fail("the house has kept it")


def test_a_temporary_chat_keeps_what_comes_while_a_question_is_sent(house, visit, anna, hold):
    """As in every chat: the file and the words that came meanwhile go with the next question."""
    page = visit(login="anna")
    page.goto(f"{house.url}/temporary")
    release = hold(page, "POST", "/temporary/turns")
    ask(page, "Guten Tag")
    note = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"Hundert Birnen"}
    page.set_input_files("#files", note)
    expect(page.locator("#papers .paper")).to_have_text("a.txt")
    page.locator("#text").press_sequentially("Und nun?")
    release()
    page.wait_for_selector(".turn--assistant .turn__foot")
    expect(page.locator("#papers .paper")).to_have_text("a.txt")
    assert page.input_value("#text") == "Und nun?"
    page.press("#text", "Enter")
    expect(page.locator(".turn--assistant .turn__foot")).to_have_count(2)
    assert "Hundert Birnen" in page.locator(".turn--assistant").last.inner_text()
    assert page.locator("#papers").is_hidden()


def test_a_temporary_chat_waits_for_no_file_that_was_taken_off(house, visit, anna, hold):
    """The question that waited goes at once, and what becomes of the file is nobody's concern."""
    page = visit(login="anna")
    page.goto(f"{house.url}/temporary")
    page.wait_for_selector("#chat[data-live]")
    release = hold(page, "POST", "/temporary/files")
    page.set_input_files("#files", {**LOCKED})
    ask(page, "Guten Tag")
    page.wait_for_timeout(300)
    assert page.locator("article").count() == 0
    page.locator("#papers button").click()
    page.wait_for_selector(".turn--assistant .turn__foot")
    with page.expect_response(lambda response: response.url.endswith("/temporary/files")):
        release()
    page.wait_for_timeout(200)
    assert page.locator("#problem .notice").count() == 0
    assert page.locator("article").count() == 2
    visit.complaints.clear()  # the browser notes the refusal that was asked for


def test_dropped_and_pasted_files_survive_a_reload(house, visit, anna):
    """The whole room takes drops; a picture is pasted; both are there again, and in no other tab unasked."""
    page = visit(login="anna")
    assert page.evaluate(DROP, ["notiz.txt", packed(b"Eine Notiz")])
    ready(page)
    page.evaluate(PASTE, ["bild.png", packed(made.picture("PNG")), ""])
    ready(page, 2)
    page.evaluate(PASTE, ["wort.png", packed(made.picture("PNG")), "nur die Worte"])
    page.reload()
    page.wait_for_selector("#chat[data-live]")
    assert page.locator("#files .doc").count() == 2
    other = page.context.new_page()
    other.goto(house.url)
    other.wait_for_selector("#chat[data-live]")
    assert other.locator("#files .doc").count() == 0
    assert other.locator("#files + .docs__left").inner_text().strip().endswith("(2)")
    other.click("#files + .docs__left")
    assert other.locator("#files .doc").count() == 2


def test_files_are_removed_by_keyboard(house, visit, anna):
    """The focus goes to the next chip, and from the last one to the field."""
    page = visit(login="anna")
    choose(page, LETTER, {**LETTER, "name": "zweiter.pdf"})
    ready(page, 2)
    page.locator(".doc__remove").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('.doc').dataset.name") == "zweiter.pdf"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "text"
    page.reload()
    assert page.locator("#files .doc").count() == 0


def test_what_does_not_suit_the_model_is_said_at_once(house, visit, anna, blind, look):
    """A model that cannot see is named with those that can; more words than fit are counted."""
    page = visit(login="anna")
    page.select_option("#model", "blind")
    choose(page, PHOTO)
    ready(page)
    page.wait_for_selector("#files-note .docs__other")
    look(page, "files-blind")
    page.locator("#files-note .docs__other").first.click()
    assert page.locator("#files-note").is_hidden()
    page.locator(".doc__remove").click()
    choose(page, LETTER)
    ready(page)
    page.select_option("#model", "tiny")
    page.wait_for_selector(".doc__fit--no")
    assert "60" in page.locator("#files-note").inner_text()


def test_what_cannot_be_read_stays_until_it_is_removed(house, visit, anna, look):
    """The chip says why and what to do; nothing is sent without it in silence; the words stay."""
    page = visit(login="anna")
    choose(page, LOCKED)
    page.wait_for_selector(".doc--bad")
    assert "Kennwort" in page.locator(".doc--bad").inner_text() or "password" in (
        page.locator(".doc--bad").inner_text()
    )
    page.fill("#text", "Was steht darin?")
    page.press("#text", "Enter")
    page.wait_for_selector("#problem .notice")
    look(page, "files-locked")
    assert page.locator("article").count() == 0
    page.locator(".doc__remove").click()
    page.press("#text", "Enter")
    page.wait_for_selector(".turn--assistant .turn__foot")


def test_the_limits_speak_before_anything_is_sent(house, visit, anna):
    """Too large and too many are told by the page itself."""
    page = visit(login="anna")
    page.evaluate("document.getElementById('files').dataset.largest = 10")
    choose(page, LETTER)
    page.wait_for_selector("#problem .notice")
    assert page.locator("#files .doc").count() == 0
    page.evaluate(
        "Object.assign(document.getElementById('files').dataset, { largest: 99999, most: 1 })"
    )
    choose(page, LETTER, {**LETTER, "name": "zweiter.pdf"})
    ready(page)
    assert page.locator("#files .doc").count() == 1


@pytest.mark.parametrize(
    "wish",
    [("de", 360, True), ("en", 1440, False)],
    ids=lambda wish: f"{wish[0]}-{wish[1]}-{'dark' if wish[2] else 'light'}",
)
def test_files_are_sound_and_accessible(house, visit, anna, blind, look, axe, wish):  # noqa: PLR0917  fixtures
    """Chips, the page of files and the page of one are no wider than the window; axe-core finds nothing."""
    language, width, dark = wish
    house.speaks(anna, language)
    name = f"files-{language}-{width}-{'dark' if dark else 'light'}"
    page = visit(
        language=language, login="anna", width=width, height=740 if width == 360 else 900, dark=dark
    )
    page.select_option("#model", "blind")
    choose(page, LETTER, PHOTO, LOCKED)
    ready(page, 2)
    page.wait_for_selector(".doc--bad")
    look(page, f"{name}-composer")
    found = {"composer": axe(page)}
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    address = page.locator("a.doc__name").first.get_attribute("href")
    for place, path in (("all", "/files"), ("one", address)):
        page.goto(f"{house.url}{path}")
        look(page, f"{name}-{place}")
        found[place] = axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert {place: one for place, one in found.items() if one} == {}
