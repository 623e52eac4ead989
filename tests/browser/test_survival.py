# SPDX-License-Identifier: EUPL-1.2
"""Answers that survive: tabs that close, devices that change, networks that fail, servers that die."""

import signal
from dataclasses import replace

import pytest
from faked import PROVIDER, faked
from ports import free_port
from running import PASSWORD, made, serving
from wire import Wire

from hausgeist.testing.upstreams import FakeUpstream, OpenAIDialect

pytestmark = pytest.mark.browser

DIALECT = OpenAIDialect()
WORDS = [f"Wort{n} " for n in range(400)]


def ask(page, text, model="slow"):
    """Ask as a person does, and see the first words."""
    page.wait_for_selector("#chat[data-live]")
    page.select_option("#model", model)
    page.fill("#text", text)
    page.press("#text", "Enter")
    page.wait_for_selector("[aria-busy] .turn__tail:not(:empty)")


def shows(page, words):
    """Wait until the answer on the page has these words."""
    page.wait_for_function(
        "words => document.querySelector('.turn--assistant')?.textContent.includes(words)",
        arg=words,
    )


def ended(page):
    """Wait until nothing runs and something stands there; gives the conversation's HTML."""
    page.wait_for_function(
        "() => document.querySelector('.turn__foot') && !document.querySelector('[aria-busy]')"
    )
    return page.locator("#thread").inner_html()


@pytest.fixture
def wire(house):
    """A network to the house that can fail."""
    wire = Wire(house.server.port)
    yield wire
    wire.close()


@pytest.fixture
def phone(browser, house, anna, wire):
    """A second device of anna's, behind that network."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="de-DE")
    session = house.server.session(anna).cookies["hausgeist_session"]
    context.add_cookies([{"name": "hausgeist_session", "value": session, "url": wire.url}])
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def lost(page):
    """Wait until the page says that it has lost the connection."""
    page.wait_for_function(
        "() => document.querySelector('[aria-busy] .turn__wait')?.textContent === chat.dataset.lost"
    )


def test_the_answer_goes_on_whatever_the_devices_do(house, visit, anna, wire, phone, look):  # noqa: PLR0917  fixtures
    """A tab closes, a phone takes over, its network fails and comes, a third device stops for all."""
    page = visit(login="anna")
    ask(page, " ".join(f"Wort{n}" for n in range(900)))
    shows(page, "Wort3")
    talk = page.url.removeprefix(house.url)
    page.close()

    phone.goto(wire.url + talk)
    phone.wait_for_selector("#chat[data-live]")
    shows(phone, "Wort8 ")
    wire.cut()
    lost(phone)
    look(phone, "survival-lost-360")
    laptop = visit(login="anna", language="en")
    laptop.goto(house.url + talk)
    laptop.wait_for_selector("#chat[data-live]")
    shows(laptop, "Wort60 ")
    wire.mend()
    shows(phone, "Wort80 ")
    assert phone.locator(".turn__wait").count() == 0
    laptop.click("#stop")
    html = ended(laptop)
    assert ended(phone) == html
    assert house.slow.open == 0
    words = phone.locator(".prose").inner_text().split()
    assert words == [f"Wort{n}" for n in range(len(words))]
    phone.reload()
    assert ended(phone) == html


def test_a_connection_that_died_in_silence_is_noticed(house, wire, phone):
    """A network that swallows everything is given up after a while; the answer is all there then."""
    phone.clock.install()
    phone.goto(wire.url)
    ask(phone, " ".join(f"Wort{n}" for n in range(80)))
    wire.stall()
    while house.server.house.gateway.running:
        phone.wait_for_timeout(100)
    assert "Wort79" not in phone.locator(".turn--assistant").inner_text()
    for _ in range(8):  # the browser may try other connections that have died
        phone.clock.run_for(41_000)
        phone.wait_for_timeout(200)
        if phone.locator("[aria-busy]").count() == 0:
            break
    shows(phone, "Wort79")
    html = ended(phone)
    phone.reload()
    assert ended(phone) == html


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_that_dies_loses_nothing(browser, home, how):
    """Killed or asked to stop within an answer: the open page tells it, and Continue goes on from there."""
    replies = (
        replace(DIALECT.unfinished(WORDS, hold=True), pause=0.02),
        DIALECT.words(["und", " weiter", " bis", " zum", " Ende."]),
    )
    made(home, "user", "create", "anna", "--admin", "--password-stdin", input=f"{PASSWORD}\n")
    options = {"starter_model": "no", "shutdown_grace": 0, "port": free_port()}
    context = browser.new_context(locale="de-DE")
    with faked(FakeUpstream(*replies)) as fake:
        (home / "providers.toml").write_text(PROVIDER.format(url=fake.url))
        with serving(home, **options) as house:
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{house.port}/login")
            page.fill("[name=name]", "anna")
            page.fill("[name=password]", PASSWORD)
            page.press("[name=password]", "Enter")
            ask(page, "Erzähle.", "up/m")
            shows(page, "Wort30 ")
            house.stop(how)
        seen = page.locator(".turn--assistant .turn__tail").inner_text()
        with serving(home, **options):
            page.wait_for_selector("[name=continue]")
            kept = page.locator(".prose").inner_text()
            assert kept.split() == [f"Wort{n}" for n in range(len(kept.split()))]
            # what a killed server had not written yet is a quarter of a second, at most
            assert len(kept.split()) > len(seen.split()) - 40
            assert len(kept.split()) > 10
            html = ended(page)
            page.reload()
            assert ended(page) == html
            page.wait_for_selector("#chat[data-live]")
            page.click("[name=continue]")
            shows(page, "zum Ende.")
            html = ended(page)
            page.reload()
            assert ended(page) == html
            assert page.locator(".prose").inner_text().startswith(kept.rstrip())
    context.close()
