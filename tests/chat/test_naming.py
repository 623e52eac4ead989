# SPDX-License-Identifier: EUPL-1.2
"""Automatic titles: made in the house, in the background, or not at all."""

import asyncio

import pytest
from talking import ANNA

from hausgeist.chat.naming import heading
from hausgeist.chat.search import Search
from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.errors import Upstream
from hausgeist.gateway.directory import Note
from hausgeist.testing.echo import EchoProvider, echo_card

ABOUT = "Was ist ein Bebauungsplan und wie lange gilt er? Ein Bebauungsplan regelt die Nutzung."


class Titler(EchoProvider):
    """Answers questions as an echo, and makes the same title each time."""

    title = "„Geltung von Bebauungsplänen“"

    async def stream(self, call, card):
        titled = call.purpose is Purpose.TITLE
        self.answer = self.title if titled else None
        async for burst in EchoProvider.stream(self, call, card):
            yield burst


@pytest.fixture
def titler(talk):
    """A model in the house that makes titles; the only one."""
    made = Titler(name="house")
    directory = talk.directory
    directory.drop("echo")
    directory.put("house", made, [echo_card("house", provider="house")])
    return made


async def titled(talk, text=ABOUT, model="house", **more):
    """Ask, wait for the answer and for what becomes of the title."""
    turn = await talk.answered(text, model=model, **more)
    come = await talk.chat.title_coming(turn.conversation_id)
    return come, (await talk.chat.open(ANNA, turn.conversation_id)).conversation


def test_a_model_in_the_house_makes_the_title(talk, titler):
    """The first answer is followed by a short title, tidied, with who made it."""
    come, found = asyncio.run(titled(talk))
    assert come == found.title == "Geltung von Bebauungsplänen"
    assert found.title_by == "model"
    call = titler.calls[-1]
    assert (call.purpose, call.sampling.max_tokens) == (Purpose.TITLE, 24)


def test_a_title_by_a_person_stays(talk, titler):
    """Whoever renames while the model still thinks keeps the name."""

    async def work():
        titler.delay = 0.05
        turn = await talk.answered(ABOUT, model="house")
        await talk.chat.rename(ANNA, turn.conversation_id, "Mein Titel")
        come = await talk.chat.title_coming(turn.conversation_id)
        return come, (await talk.chat.open(ANNA, turn.conversation_id)).conversation

    come, found = asyncio.run(work())
    assert (come, found.title, found.title_by) == (None, "Mein Titel", "person")


def test_no_title_leaves_the_house(talk):
    """Where every model is outside, none is asked, whatever the data class would allow."""
    talk.directory.drop("echo")
    outside = Titler(name="out")
    card = echo_card("out", provider="out", zone=Zone.EU, cleared_for=DataClass.SPECIAL)
    talk.directory.put("out", outside, [card])

    async def work():
        return await titled(talk, model="out", data_class=DataClass.PUBLIC)

    come, found = asyncio.run(work())
    assert (come, found.title_by) == (None, "words")
    assert [call.purpose for call in outside.calls] == [Purpose.CHAT]


def test_an_answer_from_outside_is_titled_inside(talk, titler):
    """A model in the house makes the title for an answer that came from elsewhere."""
    outside = EchoProvider(name="out")
    card = echo_card("out", provider="out", zone=Zone.EU, cleared_for=DataClass.SPECIAL)
    talk.directory.put("out", outside, [card])

    async def work():
        return await titled(talk, model="out", data_class=DataClass.PUBLIC)

    come, _ = asyncio.run(work())
    assert come == "Geltung von Bebauungsplänen"
    assert [call.purpose for call in outside.calls] == [Purpose.CHAT]


def test_a_failure_is_silent(talk, titler, caplog):
    """A model that breaks, or answers with nothing of use, leaves the first words as the title."""

    async def work():
        titler.title = (
            "As an AI assistant I cannot make titles, but here is a long sentence instead."
        )
        poor = await titled(talk)
        await talk.ask("x", model="house")
        titler.title = "Bebauungsplan"
        broken = await talk.ask(ABOUT, model="house")
        await broken.wait()
        return poor

    come, found = asyncio.run(work())
    assert (come, found.title_by) == (None, "words")
    assert found.title.startswith("Was ist ein Bebauungsplan")
    assert caplog.text == ""


def test_an_answer_that_failed_is_not_named(talk, titler):
    """Without a complete first answer no title is asked for."""

    async def work():
        titler.failing = Upstream(provider="house", reason="auf Wunsch")
        return await titled(talk)

    come, found = asyncio.run(work())
    assert (come, found.title_by, len(titler.calls)) == (None, "words", 1)


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("Geltung des Bebauungsplans", "Geltung des Bebauungsplans"),
        ("**Titel:** „Der Bebauungsplan“.\nWeitere Worte", "Der Bebauungsplan"),
        ("# Bebauungspläne im Überblick", "Bebauungspläne im Überblick"),
        ("", None),
        ("\n \n", None),
        ("Bebauungsplan Bebauungsplan Bebauungsplan Bebauungsplan", None),
        ("Das Gespräch über einen Bebauungsplan", None),
        ("Der Bebauungsplan ist ein Plan, der sehr genau regelt, was wo gebaut werden darf", None),
        ("Die Katze im Garten", None),
        ("Bebauungsplan\u202e\x00", "Bebauungsplan"),
        ("…", None),
    ],
)
def test_poor_titles_are_none(raw, title):
    """Too long, empty, repeating, about itself or about something else: the words title stays."""
    assert heading(raw, ABOUT) == title


def test_what_the_chat_does_not_offer_makes_no_title(talk, titler):
    """A model that is taken out of the chat is not loaded for a title behind people's backs."""
    outside = EchoProvider(name="out")
    card = echo_card("out", provider="out", zone=Zone.EU, cleared_for=DataClass.SPECIAL)
    talk.directory.put("out", outside, [card])
    talk.directory.annotate({"house": Note(hidden=True)})

    async def work():
        return await titled(talk, model="out", data_class=DataClass.PUBLIC)

    come, found = asyncio.run(work())
    assert (come, found.title_by, titler.calls) == (None, "words", [])


def test_the_search_finds_a_title_by_a_model(store, talk, titler):
    """Its words are indexed, though nobody has said them."""
    asyncio.run(titled(talk))
    page = asyncio.run(Search(store, lambda: talk.now[0]).find(ANNA, "Geltung"))
    assert [one.conversation.title for one in page.found] == ["Geltung von Bebauungsplänen"]
