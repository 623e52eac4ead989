# SPDX-License-Identifier: EUPL-1.2
"""Conversations: a tree, listed, renamed, deleted, and nobody else's."""

import asyncio

import pytest
from talking import ANNA, BERND, heard

from hausgeist.chat.shelf import PAGE
from hausgeist.chat.titles import MOST, title_of
from hausgeist.core.labels import DataClass
from hausgeist.errors import InvalidField, NotFound, UnknownModel

WISH = {"model": "echo", "data_class": DataClass.INTERNAL}


def test_asking_again_adds_a_version_and_overwrites_nothing(talk):
    """A second answer stands beside the first; either can be shown, with what follows it."""

    async def work():
        first = await talk.answered("Frage")
        at = first.conversation_id
        await talk.answered("danach", conversation_id=at, parent_id=first.id)
        second = await talk.chat.again(ANNA, at, first.id, **WISH)
        await second.wait()
        after_again = await talk.chat.open(ANNA, at)
        await talk.chat.show(ANNA, at, first.id)
        back = await talk.texts(at)
        return first, second, after_again, back

    first, second, opened, back = asyncio.run(work())
    assert opened.siblings(second.id) == [first.id, second.id]
    assert [said.id for said in opened.branch][1:] == [second.id]
    assert back == ["Frage", "Frage", "danach", "danach"]


def test_a_question_without_a_parent_goes_to_the_end(talk):
    """Whoever names no parent asks after the last message that is shown."""

    async def work():
        first = await talk.answered("eins")
        await talk.answered("zwei", conversation_id=first.conversation_id)
        return await talk.texts(first.conversation_id)

    assert asyncio.run(work()) == ["eins", "eins", "zwei", "zwei"]


def test_two_tabs_make_two_branches(talk):
    """Two questions after the same answer are siblings; neither is lost."""

    async def work():
        first = await talk.answered("eins")
        at = {"conversation_id": first.conversation_id, "parent_id": first.id}
        await talk.answered("links", **at)
        await talk.answered("rechts", **at)
        return await talk.chat.open(ANNA, first.conversation_id)

    opened = asyncio.run(work())
    assert [said.text for said in opened.branch][2:] == ["rechts", "rechts"]
    assert len(opened.siblings(opened.branch[2].id)) == 2


def test_the_list_is_paged_and_the_last_used_comes_first(talk):
    """Pages join without gaps or doubles, and asking moves a conversation to the front."""

    async def work():
        turns = [await talk.answered(f"Frage {place}") for place in range(32)]
        await talk.answered("nochmal", conversation_id=turns[0].conversation_id)
        first = await talk.shelves.page(ANNA, "all")
        rest = await talk.shelves.page(ANNA, "all", first.older)
        return first, rest

    first, rest = asyncio.run(work())
    titles = [one.title for one in first.conversations + rest.conversations]
    assert titles[0] == "Frage 0"
    assert len(titles) == len(set(titles)) == 32
    assert (len(first.conversations), rest.older) == (PAGE, None)


def test_a_page_may_leave_out_the_beginning(talk):
    """Only so many messages are read as a page shows; how many stand before is known."""

    async def work():
        turn = await talk.answered("eins")
        for text in ("zwei", "drei"):
            turn = await talk.answered(
                text, conversation_id=turn.conversation_id, parent_id=turn.id
            )
        return await talk.chat.open(ANNA, turn.conversation_id, 2)

    opened = asyncio.run(work())
    assert ([said.text for said in opened.branch], opened.hidden) == (["drei", "drei"], 4)


def test_deleting_takes_the_messages_and_ends_the_turns(talk):
    """A deleted conversation is gone at once, also while an answer is being written."""

    async def work():
        talk.echo.hold = asyncio.Event()
        turn = await talk.ask()
        await heard(turn, "eins")
        await talk.shelves.delete(ANNA, [turn.conversation_id])
        await turn.wait()
        with pytest.raises(NotFound):
            await talk.chat.open(ANNA, turn.conversation_id)
        return await talk.shelves.page(ANNA, "all")

    assert asyncio.run(work()).conversations == ()
    assert talk.echo.open == 0


def test_a_title_can_be_changed_but_not_emptied(talk):
    """A new title is kept on one line; an empty or endless one is refused."""

    async def work():
        turn = await talk.answered()
        at = turn.conversation_id
        await talk.chat.rename(ANNA, at, "  Neuer\n Titel\u202e ")
        for wrong in ("", " \u200b ", "x" * 201):
            with pytest.raises(InvalidField):
                await talk.chat.rename(ANNA, at, wrong)
        return (await talk.chat.open(ANNA, at)).conversation.title

    assert asyncio.run(work()) == "Neuer Titel"


def test_nobody_reaches_what_is_anothers(talk):
    """Reading, asking, stopping, following, renaming, deleting: another's conversation is not found."""

    async def work():
        talk.echo.hold = asyncio.Event()
        turn = await talk.ask("geheim")
        at = turn.conversation_id
        mine = await talk.ask("meins", who=BERND)
        chat = talk.chat
        attempts = [
            lambda: chat.open(BERND, at),
            lambda: chat.turn(BERND, "x", conversation_id=at, **WISH),
            lambda: chat.turn(
                BERND, "x", conversation_id=mine.conversation_id, parent_id=turn.id, **WISH
            ),
            lambda: chat.again(BERND, at, turn.id, **WISH),
            lambda: chat.again(BERND, mine.conversation_id, turn.id, **WISH),
            lambda: chat.show(BERND, at, turn.id),
            lambda: chat.stop(BERND, at, turn.id),
            lambda: chat.stop(BERND, mine.conversation_id, turn.id),
            lambda: chat.follow(BERND, at, turn.id),
            lambda: chat.follow(BERND, mine.conversation_id, turn.id),
            lambda: chat.rename(BERND, at, "x"),
            lambda: talk.shelves.delete(BERND, [at]),
        ]
        for attempt in attempts:
            with pytest.raises(NotFound):
                await attempt()
        assert chat.running(BERND, turn.id) is None
        titles = [one.title for one in (await talk.shelves.page(BERND, "all")).conversations]
        talk.echo.hold.set()
        await turn.wait()
        await mine.wait()
        return titles, turn.said, await talk.texts(at)

    titles, said, texts = asyncio.run(work())
    assert titles == ["meins"]
    assert (said.state, texts) == ("done", ["geheim", "geheim"])


def test_a_question_needs_words_and_a_model(talk):
    """Empty questions and unknown models are refused before anything is stored."""

    async def work():
        with pytest.raises(InvalidField):
            await talk.ask(" \n ")
        with pytest.raises(UnknownModel):
            await talk.ask(model="no-such")
        return await talk.shelves.page(ANNA, "all")

    assert asyncio.run(work()).conversations == ()


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Was ist ein Bebauungsplan?", "Was ist ein Bebauungsplan?"),
        ("## Der Plan\n\nEin **Plan** ist", "Der Plan Ein Plan ist"),
        ("```\nx = 1\n```", "x = 1"),
        ("…" * 3, "………"),
        ("- [ ] a\u202eb", "[ ] ab"),
    ],
)
def test_a_first_title_is_the_first_words(text, title):
    """Titles are plain words on one line."""
    assert title_of(text) == title


def test_a_long_first_title_ends_between_words():
    """A title is short, and cut where a word ends."""
    title = title_of("Donaudampfschifffahrt " * 20)
    assert title == "Donaudampfschifffahrt Donaudampfschifffahrt …"
    assert len(title_of("x" * 500)) <= MOST + 2
