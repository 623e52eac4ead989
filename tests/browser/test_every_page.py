# SPDX-License-Identifier: EUPL-1.2
"""Every page of the house as people meet it: German and English, narrow and wide, light and dark.

The addresses come from the route table and ``furnished.ADDRESSES``; a page that nobody gave an address
for fails. What is no page (a fragment, a download, a redirect) is asked for and not looked at.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from furnished import ADDRESSES, POSTS, Furnished
from playwright.sync_api import Browser, Page

import hausgeist.locale
from hausgeist.web.routes import Who

pytestmark = pytest.mark.browser

WIDE, NARROW, NARROWEST, ZOOMED = (1440, 900), (360, 740), (320, 640), (720, 450)
DOORS = (
    "/login",
    "/setup",
    "/sso/{source}/login",
    "/sso/{source}/callback",
    "/sso/{source}/logout",
)
TABS = 12
FACTS = """() => ({
  title: document.title,
  language: document.documentElement.lang,
  headings: document.querySelectorAll("h1").length,
  forward: document.querySelectorAll("[tabindex]:not([tabindex='0'], [tabindex='-1'])").length,
  ids: [...document.querySelectorAll("[id]")].map((one) => one.id),
})"""
WIDER = """() => [...document.querySelectorAll("body *")].filter((one) =>
  one.getBoundingClientRect().right > innerWidth + 1 && one.checkVisibility()).map((one) =>
  one.outerHTML.slice(0, 120)).slice(0, 3)"""
MOVING = """() => document.getAnimations().filter((one) =>
  one.playState === "running" && one.effect.getComputedTiming().activeDuration > 1).length"""
WORDS = """() => {
  const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    const quoted = node.parentElement.closest("script, style, code, pre, .prose, [lang]:not(html)");
    if (!quoted) found.push(node.data);
  }
  for (const one of document.querySelectorAll("[aria-label], [title], [placeholder]")) {
    for (const name of ["aria-label", "title", "placeholder"]) found.push(one.getAttribute(name) ?? "");
  }
  found.push(...[...document.querySelectorAll("[id='chat'], [id='side'], .composer, .slash")]
    .flatMap((one) => Object.values(one.dataset)));
  return found.map((text) => text.replace(/\\s+/g, " ").trim()).filter(Boolean);
}"""
FOCUSED = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const all = [...document.querySelectorAll("*")];
  return one === document.body ? null : { at: all.indexOf(one), seen: box.width > 0 && box.height > 0
    && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    what: one.outerHTML.slice(0, 100) };
}"""


@pytest.fixture(scope="module")
def full(tmp_path_factory) -> Iterator[Furnished]:
    """A house where one of everything exists."""
    house = Furnished(tmp_path_factory.mktemp("full") / "home")
    yield house
    house.stop()


@pytest.fixture(scope="module")
def english() -> tuple[set[str], re.Pattern[str]]:
    """The catalogue's English texts whose German differs: whole ones, and a pattern of those with gaps."""
    source = Path(hausgeist.locale.__file__).parent / "de/LC_MESSAGES/hausgeist.po"
    compiled = source.with_suffix(".mo").stat().st_mtime
    assert compiled >= source.stat().st_mtime, "the catalogue is older than its source: compile it"
    with source.open("rb") as file:
        pairs = {
            (key, text)
            for one in read_po(file, locale="de")
            for key, text in zip(_forms(one.id), _forms(one.string), strict=True)
            if key
        }
    german = {text for _, text in pairs}
    differ = {key for key, text in pairs if text != key and key not in german}
    gaps = [text for text in differ if "{" in text and len(re.sub(r"\{\w+\}|\W", "", text)) > 8]
    parts = (".+".join(map(re.escape, re.split(r"\{\w+\}", text))) for text in gaps)
    return differ, re.compile("|".join(f"(?:{part})" for part in parts))


def _forms(text: str | Sequence[str]) -> Sequence[str]:
    """The text for one and the text for many; of most there is one only."""
    return [text] if isinstance(text, str) else text


def pages(house: Furnished) -> Iterator[tuple[str, bool]]:
    """The address of every page there is, and whether one stands outside the door there."""
    for route in house.server.edge.table.routes:
        if route.method != "GET" or route.dialect != "page":
            continue
        assert route.who in {Who.ANYONE, Who.SESSION, Who.OVERSEER, Who.ADMIN}
        assert route.path in ADDRESSES, (
            f"no address to look at {route.path}: add one to furnished.py"
        )
        outside = route.path in DOORS
        visitor = house.guest if outside else house.hand
        for pattern in ADDRESSES[route.path]:
            address = pattern.format(**house.ids)
            answer = visitor.get(address)
            assert answer.status < 500 or route.path in DOORS, (address, answer.text)
            kind = answer.headers.get("content-type", "")
            if kind.startswith("text/html") and answer.body.startswith(b"<!doctype html>"):
                yield address, outside


class Looker:
    """A window that notes everything that is wrong with what it shows."""

    def __init__(self, browser: Browser, house: Furnished, language: str) -> None:
        self.house, self.language = house, language
        self.faults: list[str] = []
        self.context = browser.new_context(
            locale={"de": "de-DE", "en": "en-GB"}[language], reduced_motion="reduce"
        )
        self.context.set_default_timeout(15_000)
        self.page = self.context.new_page()
        self.page.on("console", self._complained)
        self.page.on("pageerror", lambda error: self._note("exception", str(error)))
        self.at = ""

    def _note(self, what: str, fault: object) -> None:
        self.faults.append(f"{self.language} {self.at}: {what}: {fault}")

    def _complained(self, message) -> None:
        if (
            message.type in {"error", "warning"}
            and "server responded with a status" not in message.text
        ):
            self._note(message.type, message.text)

    def wants(self, what: str, fine: object, fault: object = "") -> None:
        if not fine:
            self._note(what, fault)

    def go(self, address: str, size: tuple[int, int], *, outside: bool = False) -> Page:
        self.at = address
        self.context.clear_cookies()
        if not outside:
            self.context.add_cookies([self.house.cookie()])
        self.see(size)
        self.page.goto(self.house.url + address)
        return self.page

    def see(self, size: tuple[int, int], *, dark: bool = False) -> None:
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.emulate_media(color_scheme="dark" if dark else "light")

    def head(self) -> None:
        """Title, language, one heading, ids once, no order of its own for the focus."""
        facts = self.page.evaluate(FACTS)
        self.wants("title", " · " in facts["title"] and not facts["title"].startswith(" ·"), facts)
        self.wants("language", facts["language"] == self.language, facts["language"])
        self.wants("one h1", facts["headings"] == 1, facts["headings"])
        self.wants("tabindex", facts["forward"] == 0)
        twice = {one for one in facts["ids"] if facts["ids"].count(one) > 1}
        self.wants("ids once", not twice, twice)

    def width(self) -> None:
        """Nothing sticks out to the side."""
        width = self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        if width[0] > width[1]:
            self._note("wider than the window", (width, self.page.evaluate(WIDER)))

    def still(self) -> None:
        """Who asked for less motion sees none."""
        self.wants("no motion", self.page.evaluate(MOVING) == 0)

    def focus(self) -> None:
        """Tab goes through the page as it stands there, to things that can be seen."""
        self.page.evaluate("document.activeElement.blur(), scrollTo(0, 0)")
        before = -1
        for _ in range(TABS):
            self.page.keyboard.press("Tab")
            now = self.page.evaluate(FOCUSED)
            if now is None or now["at"] < before:
                break
            self.wants("focus on what is not seen", now["seen"], now["what"])
            before = now["at"]
        self.wants("focus", before >= 0)

    def german(self, english: tuple[set[str], re.Pattern[str]]) -> None:
        """No text of the catalogue stands there in English."""
        whole, gaps = english
        for words in self.page.evaluate(WORDS):
            if words in whole or gaps.fullmatch(words):
                self._note("not German", words)

    def close(self) -> None:
        self.context.close()


@pytest.fixture
def look_in(browser, full) -> Iterator[Callable[[str], Looker]]:
    """Opens the window of a reader of a language."""
    opened: list[Looker] = []

    def open_one(language: str) -> Looker:
        people = full.server.house.identity.people
        full.server.call(lambda: people.set_profile(full.anna.id, locale=language))
        opened.append(Looker(browser, full, language))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def test_every_page_in_german(full, look_in, axe, english):
    """Sound, accessible, still, in German throughout, and in order for the keyboard."""
    window = look_in("de")
    seen = 0
    for address, outside in pages(full):
        window.go(address, WIDE, outside=outside)
        window.head()
        window.width()
        window.still()
        window.german(english)
        window.focus()
        window.faults += [f"{address} wide: {one}" for one in axe(window.page)]
        window.see(NARROW, dark=True)
        window.width()
        window.faults += [f"{address} narrow, dark: {one}" for one in axe(window.page)]
        seen += 1
    assert window.faults == []
    assert seen > 60, seen


def test_every_page_in_english(full, look_in, axe):
    """The same in English: wide and dark, light on a phone, at 320 pixels and at 200 percent."""
    window = look_in("en")
    for address, outside in pages(full):
        window.go(address, WIDE, outside=outside)
        window.head()
        window.see(WIDE, dark=True)
        window.width()
        window.faults += [f"{address} dark: {one}" for one in axe(window.page, "color-contrast")]
        window.see(NARROW)
        window.width()
        window.see(NARROWEST)
        window.width()
        window.see(ZOOMED)
        window.width()
    assert window.faults == []


@pytest.mark.parametrize("what", POSTS)
def test_pages_that_answer_a_form(full, look_in, axe, what):
    """What a form shows instead of its page is as sound as a page."""
    address, form, fields = POSTS[what]
    window = look_in("de")
    page = window.go(address, NARROW)
    page.evaluate(
        """([form, fields]) => {
          const one = document.querySelector(form);
          one.noValidate = true;
          for (const [name, value] of Object.entries(fields)) one.elements[name].value = value;
          one.requestSubmit(one.querySelector("[value=preview]"));
        }""",
        [form, fields],
    )
    page.wait_for_load_state()
    page.wait_for_selector(".notice, .once, .field__error, .bar")
    window.head()
    window.width()
    window.faults += axe(page)
    window.see(WIDE, dark=True)
    window.faults += axe(page, "color-contrast")
    assert window.faults == []
