# SPDX-License-Identifier: EUPL-1.2
"""Answers that survive: tabs that close, devices that change, networks that fail, servers that die."""

import signal
from dataclasses import replace

import pytest
from faked import PROVIDER, faked
from running import PASSWORD, free_port, made, serving

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


def test_the_answer_goes_on_whatever_the_devices_do(house, visit, anna):
    """A tab closes, a phone takes over, its network fails and comes, a third device stops for all."""
    page = visit(login="anna")
    ask(page, " ".join(f"Wort{n}" for n in range(500)))
    shows(page, "Wort3")
    talk = page.url
    page.close()

    phone = visit(login="anna", width=360, height=740)
    phone.goto(talk)
    phone.wait_for_selector("#chat[data-live]")
    shows(phone, "Wort8 ")
    phone.context.set_offline(True)
    phone.wait_for_function(
        "() => document.getElementById('status').textContent === chat.dataset.lost"
    )
    laptop = visit(login="anna", language="en")
    laptop.goto(talk)
    laptop.wait_for_selector("#chat[data-live]")
    shows(laptop, "Wort60 ")
    phone.context.set_offline(False)
    shows(phone, "Wort80 ")
    laptop.click("#stop")
    html = ended(laptop)
    assert ended(phone) == html
    assert house.slow.open == 0
    words = phone.locator(".prose").inner_text().split()
    assert words == [f"Wort{n}" for n in range(len(words))]
    phone.reload()
    assert ended(phone) == html
    visit.complaints.clear()  # the browser notes the connection that it had not


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
