# SPDX-License-Identifier: EUPL-1.2
"""What is taken away while somebody reads or writes: an account, a session, an assistant, a model."""

import pytest
from hands import again, answered, ask, texts
from visitors import PASSWORD

from hausgeist.chat.library.bodies import AssistantBody
from hausgeist.core.people import Principal, Role
from hausgeist.testing.echo import EchoProvider, echo_card

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("words", ["wort " * 2000, ""], ids=["words", "silence"])
def test_a_deactivated_person_reads_no_further(house, visit, anna, words):
    """The stream of the open page ends, and the page leads to the login; the way back is closed."""
    bernd = house.server.person("bernd")
    page = visit(login="bernd")
    house.slow.delay = 0.05 if words else 600
    ask(page, words or "Frage", "slow")
    page.wait_for_selector("[aria-busy] .turn__tail:not(:empty)" if words else "[aria-busy]")
    talk = page.url
    people = house.server.house.identity.people
    house.server.call(lambda: people.set_active(bernd.id, active=False, by=anna))
    page.wait_for_url("**/login*")
    page.goto(talk)
    assert "/login" in page.url
    house.server.call(lambda: house.server.house.chat.end_of(bernd.id))
    visit.complaints.clear()  # the browser notes the status 401


def test_a_session_that_is_over_costs_no_words(house, visit, anna):
    """Enter leads to the login, the login back to the conversation, and the words are in the field."""
    page = visit(login="anna")
    ask(page, "eins", "echo")
    answered(page)
    talk = page.url
    page.fill("#text", "Mein halber Satz")
    sessions = house.server.house.identity.sessions
    house.server.call(lambda: sessions.end_all(anna, by="test"))
    page.press("#text", "Enter")
    page.wait_for_url("**/login*")
    page.fill("[name=name]", "anna")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_selector("#chat[data-live]")
    assert page.url == talk
    assert page.input_value("#text") == "Mein halber Satz"
    page.press("#text", "Enter")
    answered(page, 2)
    visit.complaints.clear()  # the browser notes the status 401


def test_an_assistant_is_taken_away(house, visit, anna):
    """A colleague's conversation says so and goes on without the instructions."""
    library, call = house.server.house.library, house.server.call
    who = Principal(id=anna, name="Anna", role=Role.ADMIN)
    body = AssistantBody(name="Beraterin", instructions="Geheime Anweisung.", model="echo")
    (item,) = call(lambda: library.create(who, [body]))
    call(lambda: library.share(who, item, "everyone"))
    echo = EchoProvider(name="still")
    house.server.house.gateway.directory.put("still", echo, [echo_card("still", provider="still")])
    house.server.person("bernd")
    page = visit(login="bernd")
    page.goto(f"{house.url}/?assistant={item}")
    ask(page, "eins", "still")
    answered(page)
    assert "Geheime" in echo.calls[0].messages[0].text
    call(lambda: library.share(who, item, "owner"))
    page.reload()
    page.wait_for_selector("#chat[data-live]")
    assert "Geheime" not in page.locator("main").inner_text()
    ask(page, "zwei")
    answered(page, 2)
    assert "Geheime" not in "".join(message.text for message in echo.calls[-1].messages)


def test_a_model_is_taken_away(house, visit, anna):
    """A question to a model that is gone is not lost, the reason is said, another one answers."""
    directory = house.server.house.gateway.directory
    directory.put("kurz", EchoProvider(name="kurz"), [echo_card("kurz", provider="kurz")])
    page = visit(login="anna")
    ask(page, "eins", "kurz")
    answered(page)
    directory.put("kurz", EchoProvider(name="kurz"), [])
    ask(page, "Mein langer Text")
    page.wait_for_selector("#problem .notice")
    assert "kurz" in page.locator("#problem").inner_text()
    assert page.input_value("#text") == "Mein langer Text"
    page.reload()
    page.wait_for_selector("#chat[data-live]")
    assert page.input_value("#text") == "Mein langer Text"
    assert page.input_value("#model") != "kurz"
    page.press("#text", "Enter")
    answered(page, 2)
    visit.complaints.clear()  # the browser notes the status 404


def test_columns_that_broke_off_go_on_one_by_one(house, visit, anna):
    """Of answers side by side that were interrupted, one is continued and then stands alone."""
    directory = house.server.house.gateway.directory
    other = EchoProvider(name="lahm", delay=0.05)
    directory.put("lahm", other, [echo_card("lahm", provider="lahm")])
    page = visit(login="anna")
    page.click(".against__open")
    page.check("[name=against][value=lahm]")
    ask(page, " ".join(f"Wort{n}" for n in range(300)), "slow")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.contest .turn__tail')]"
        ".filter((one) => one.textContent.includes('Wort5')).length === 2"
    )
    page.click("#stop")
    live = answered(page, 2)
    assert again(page, 2) == live
    other.delay, other.answer = 0, "und Schluss."
    page.select_option("#model", "lahm")
    page.locator(".contest [name=continue]").nth(1).click()
    page.wait_for_function(
        "() => document.querySelector('.prose')?.innerText.endsWith('und Schluss.')"
    )
    live = answered(page)
    assert again(page) == live
    assert len(texts(page)) == 2
    ask(page, "Danke")
    answered(page, 2)


def test_a_conversation_is_deleted_elsewhere(house, visit, anna, look):
    """The open page says so, while an answer comes and when one asks; the words stay in the field."""
    page = visit(login="anna")
    ask(page, "wort " * 200, "slow")
    page.wait_for_selector("[aria-busy] .turn__tail:not(:empty)")
    talk = page.url.rpartition("/")[2].partition("#")[0]
    bin_it = {"do": "delete", "conversation": talk, "back": "/"}
    assert house.server.session(anna).form("/conversations", bin_it).status == 303
    page.wait_for_selector("#problem .notice")
    assert page.locator("[aria-busy]").count() == 0
    look(page, "farewell-deleted")
    ask(page, "Und nun?")
    page.wait_for_function(
        "() => document.querySelector('#problem .notice')?.textContent === chat.dataset.gone"
    )
    assert page.input_value("#text") == "Und nun?"
    visit.complaints.clear()  # the browser notes the status 404
