# SPDX-License-Identifier: EUPL-1.2
"""A real browser at a real house. Nothing but loopback is reachable; a page must not complain."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from visitors import PASSWORD, Server

from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.people import Role
from hausgeist.testing.echo import EchoProvider, echo_card

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SHOTS = Path(__file__).parent / "shots"
AXE = Path(__file__).parent.parent / "vendor"
PATIENCE = 15_000
SETTLED = """() => Promise.allSettled(document.getAnimations().filter(
    one => Number.isFinite(one.effect.getComputedTiming().endTime)).map(one => one.finished))"""
"""Waits for what fades or slides to be where it goes; what runs for ever is left running."""


@dataclass
class House:
    """A house with models that answer in different ways, and addresses."""

    server: Server
    slow: EchoProvider

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def setup_link(self) -> str:
        token = self.server.call(self.server.house.identity.setup.token)
        return f"{self.url}/setup?token={token}"

    def speaks(self, user_id: str, locale: str) -> None:
        people = self.server.house.identity.people
        self.server.call(lambda: people.set_profile(user_id, locale=locale))


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    """A house that nobody has an account in yet."""
    server = Server(tmp_path / "home", public_url="")
    slow = EchoProvider(name="slow", delay=0.05)
    thinker = EchoProvider(name="thinker", reasoning="Erst lesen, dann antworten.", delay=0.01)
    directory = server.house.gateway.directory
    directory.put("slow", slow, [echo_card("slow", provider="slow")])
    directory.put("thinker", thinker, [echo_card("thinker", provider="thinker")])
    directory.put(
        "far",
        EchoProvider(name="far"),
        [echo_card("abroad", provider="far", zone=Zone.WORLD, cleared_for=DataClass.PUBLIC)],
    )
    yield House(server, slow)
    server.stop()


@pytest.fixture
def anna(house) -> str:
    """The id of an administrator named anna."""
    return house.server.person("anna", Role.ADMIN).id


@pytest.fixture(scope="module")
def browser(chromium) -> Iterator[Browser]:
    """One Chromium for a file. Its event loop runs until it is closed, and other tests have their own."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield running
        running.close()


@pytest.fixture
def visit(browser, house) -> Iterator[Callable[..., Page]]:
    """Opens pages in fresh profiles; at the end none of them may have complained."""
    complaints: list[str] = []
    contexts = []

    def note(kind: str, text: str) -> None:
        complaints.append(f"{kind}: {text}")

    def open_page(*, width=1440, height=900, language="de", dark=False, login="") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale={"de": "de-DE", "en": "en-GB"}[language],
            color_scheme="dark" if dark else "light",
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.route(
            lambda url: not url.startswith((house.url, "data:")),
            lambda route: (note("reached out", route.request.url), route.abort()),
        )
        page = context.new_page()
        page.on(
            "console", lambda m: note(m.type, m.text) if m.type in {"error", "warning"} else None
        )
        page.on("pageerror", lambda error: note("exception", str(error)))
        if login:
            page.goto(f"{house.url}/login")
            page.fill("[name=name]", login)
            page.fill("[name=password]", PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_selector("#text:focus")
            page.wait_for_selector("#chat[data-live]")
        return page

    open_page.complaints = complaints
    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def look(request) -> Callable[..., None]:
    """Keeps a picture of a page for people to look at."""
    SHOTS.mkdir(exist_ok=True)

    def take(page: Page, name: str) -> None:
        page.screenshot(path=SHOTS / f"{name}.png")

    return take


@pytest.fixture(scope="session")
def axe() -> Callable[..., list[str]]:
    """A function that gives axe-core's findings on a page, of all its rules or of some."""
    found = next(AXE.glob("axe-core-*/axe.min.js"), None)
    if found is None:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("no axe-core: an editable install fetches it into tests/vendor")
    source = found.read_text("utf-8")

    def check(page: Page, *rules: str) -> list[str]:
        page.wait_for_load_state()  # words are there before the style sheets that lay them out
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(source)
        how = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
        page.evaluate(SETTLED)  # half faded in, a button's words have next to no contrast
        result = page.evaluate("how => axe.run(document, how)", how)
        return [
            f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in result["violations"]
            for node in one["nodes"]
        ]

    return check
