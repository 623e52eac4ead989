# SPDX-License-Identifier: EUPL-1.2
"""A conversation is a tree: edited questions, answers side by side, data classes that only rise."""

import asyncio

import pytest
from talking import ANNA, BERND, heard

from hausgeist.chat import Question
from hausgeist.core.labels import DataClass
from hausgeist.errors import BorderRefused, InvalidField, NotFound, TooMany

WISH = {"model": "echo", "data_class": DataClass.INTERNAL}


def question(text="Frage", models=("echo",), **more):
    """A question as the composer sends it."""
    return Question(
        text=text, models=models, data_class=more.pop("data_class", DataClass.INTERNAL), **more
    )


async def answered(talk, asked, who=ANNA):
    """Ask and wait for all answers."""
    turns = await talk.chat.ask(who, asked)
    for turn in turns:
        await turn.wait()
    return turns


def test_an_edited_question_is_a_version(talk):
    """Editing adds a sibling with an answer of its own; what followed the old one is still there."""

    async def work():
        first = await talk.answered("alt")
        at = first.conversation_id
        await talk.answered("danach", conversation_id=at, parent_id=first.id)
        old = (await talk.chat.open(ANNA, at)).branch[0]
        await answered(talk, question("neu", conversation_id=at, edit=old.id))
        opened = await talk.chat.open(ANNA, at)
        now = await talk.texts(at)
        depth = await talk.chat.show(ANNA, at, old.id)
        return opened, old, now, depth, await talk.texts(at)

    opened, old, now, depth, back = asyncio.run(work())
    assert now == ["neu", "neu"]
    assert opened.siblings(old.id) == [old.id, opened.branch[0].id]
    assert (depth, back) == (4, ["alt", "alt", "danach", "danach"])


def test_two_tabs_editing_the_same_question_make_two_versions(talk):
    """Both edits become versions with answers, beside the first; nothing is lost."""

    async def work():
        first = await talk.answered("alt")
        at = first.conversation_id
        old = (await talk.chat.open(ANNA, at)).branch[0]
        edits = [question(text, conversation_id=at, edit=old.id) for text in ("links", "rechts")]
        await asyncio.gather(*(answered(talk, one) for one in edits))
        opened = await talk.chat.open(ANNA, at)
        texts = []
        for version in opened.siblings(old.id):
            await talk.chat.show(ANNA, at, version)
            texts.append(await talk.texts(at))
        return texts

    texts = asyncio.run(work())
    assert texts[0] == ["alt", "alt"]
    assert sorted(texts[1:]) == [["links", "links"], ["rechts", "rechts"]]


def test_an_answer_cannot_be_edited(talk):
    """Only questions have an editor, and only one's own."""

    async def work():
        first = await talk.answered("alt")
        at = first.conversation_id
        asked = (await talk.chat.open(ANNA, at)).branch[0]
        with pytest.raises(NotFound):
            await talk.chat.ask(ANNA, question(conversation_id=at, edit=first.id))
        with pytest.raises(NotFound):
            await talk.chat.ask(BERND, question(conversation_id=at, edit=asked.id))

    asyncio.run(work())


def test_models_answer_side_by_side_until_one_is_kept(talk):
    """Each answers the same question in a column; keeping one shows it, and the other is a version."""

    async def work():
        turns = await answered(talk, question(models=("echo", "small", "echo")))
        at = turns[0].conversation_id
        beside = (await talk.chat.open(ANNA, at)).beside
        await talk.chat.keep(ANNA, at, turns[1].id)
        return turns, beside, await talk.chat.open(ANNA, at)

    turns, beside, opened = asyncio.run(work())
    assert [turn.said.model for turn in turns] == ["echo", "small"]
    assert [one.id for one in beside[turns[0].id]] == [turn.id for turn in turns]
    assert [one.id for one in opened.branch][1:] == [turns[1].id]
    assert (opened.beside, opened.branch[-1].preferred) == ({}, True)
    assert opened.siblings(turns[1].id) == [turn.id for turn in turns]


def test_going_on_from_a_column_keeps_it(talk):
    """Whoever asks after one of several answers has chosen it."""

    async def work():
        turns = await answered(talk, question(models=("echo", "small")))
        at = turns[0].conversation_id
        await talk.answered("weiter", conversation_id=at, parent_id=turns[0].id)
        opened = await talk.chat.open(ANNA, at)
        return opened, await talk.chat.said(ANNA, at, turns[1].id)

    opened, other = asyncio.run(work())
    assert (opened.beside, opened.branch[1].preferred, other.preferred) == ({}, True, False)


def test_keeping_one_early_ends_the_others(talk):
    """The other columns stop at once with what they have; a decision survives their end."""

    async def work():
        talk.echo.hold = asyncio.Event()
        turns = await talk.chat.ask(ANNA, question("eins zwei", models=("echo", "small")))
        for turn in turns:
            await heard(turn, "eins")
        at = turns[0].conversation_id
        await talk.chat.keep(ANNA, at, turns[0].id)
        await turns[1].wait()
        talk.echo.hold.set()
        await turns[0].wait()
        return [await talk.chat.said(ANNA, at, turn.id) for turn in turns]

    kept, other = asyncio.run(work())
    assert (kept.state, kept.preferred) == ("done", True)
    assert (other.state, other.text, other.preferred) == ("stopped", "eins", False)


def test_one_column_is_stopped_alone(talk):
    """Stopping an answer leaves the one beside it running."""

    async def work():
        talk.echo.hold = asyncio.Event()
        turns = await talk.chat.ask(ANNA, question("eins zwei", models=("echo", "small")))
        await talk.chat.stop(ANNA, turns[0].conversation_id, turns[0].id)
        running = turns[1].replay.over
        talk.echo.hold.set()
        await turns[1].wait()
        return running, [turn.said.state for turn in turns]

    assert asyncio.run(work()) == (False, ["stopped", "done"])


def test_several_models_answer_again(talk):
    """Another round with two models stands beside the first answer, undecided."""

    async def work():
        first = await talk.answered("Frage")
        at = first.conversation_id
        turn = await talk.chat.again(ANNA, at, first.id, against=("small",), **WISH)
        for one in talk.chat.beside(ANNA, turn):
            await one.wait()
        return first, turn, await talk.chat.open(ANNA, at)

    first, turn, opened = asyncio.run(work())
    assert len(opened.siblings(first.id)) == 3
    assert len(opened.beside[turn.id]) == 2


def test_a_contest_is_refused_as_a_whole(talk):
    """If one of the models may not have the question, none is asked and nothing is stored."""

    async def work():
        with pytest.raises(BorderRefused):
            await talk.chat.ask(
                ANNA, question(models=("echo", "abroad"), data_class=DataClass.SPECIAL)
            )
        with pytest.raises(InvalidField):
            await talk.chat.ask(ANNA, question(models=("echo", "small", "abroad", "a", "b")))
        return await talk.shelves.page(ANNA, "all")

    assert asyncio.run(work()).conversations == ()
    assert talk.echo.calls == []


def test_a_contest_counts_as_many_turns(talk):
    """Columns cannot be used to run more at once than anybody may."""

    async def work():
        talk.echo.hold = asyncio.Event()
        running = [
            t
            for _ in range(4)
            for t in await talk.chat.ask(ANNA, question(models=("echo", "small")))
        ]
        with pytest.raises(TooMany):
            await talk.chat.ask(ANNA, question())
        talk.echo.hold.set()
        for turn in running:
            await turn.wait()
        return len(running)

    assert asyncio.run(work()) == 8


def test_a_stale_tab_does_not_lower_the_data_class(talk):
    """Less than the conversation's class counts only from somebody who had that class before them."""

    async def work():
        first = await talk.answered(data_class=DataClass.PERSONAL)
        at = {"conversation_id": first.conversation_id}

        async def after(**more):
            await answered(talk, question(**at, **more))
            return (await talk.chat.open(ANNA, first.conversation_id)).conversation.data_class

        stale = await after(saw=DataClass.INTERNAL)
        unknown = await after()
        knowing = await after(saw=DataClass.PERSONAL)
        return stale, unknown, knowing, [call.declared for call in talk.echo.calls][-3:]

    stale, unknown, knowing, declared = asyncio.run(work())
    assert (stale, unknown, knowing) == ("personal", "personal", "internal")
    assert declared == [DataClass.PERSONAL, DataClass.PERSONAL, DataClass.INTERNAL]


def test_messages_above_one_are_read_a_page_at_a_time(talk):
    """What stands before a message comes in pieces that join without gaps, on that message's branch."""

    async def work():
        turn = await talk.answered("0")
        for text in "123":
            turn = await talk.answered(
                text, conversation_id=turn.conversation_id, parent_id=turn.id
            )
        at = turn.conversation_id
        shown = await talk.chat.open(ANNA, at, 2)
        above = await talk.chat.open(ANNA, at, 4, above=shown.branch[0].id)
        rest = await talk.chat.open(ANNA, at, 4, above=above.branch[0].id)
        with pytest.raises(NotFound):
            await talk.chat.open(BERND, at, 4, above=shown.branch[0].id)
        with pytest.raises(NotFound):
            await talk.chat.open(ANNA, at, 4, above="none")
        return [[said.text for said in one.branch] for one in (rest, above, shown)], above.hidden

    texts, hidden = asyncio.run(work())
    assert texts == [["0", "0"], ["1", "1", "2", "2"], ["3", "3"]]
    assert hidden == 2
