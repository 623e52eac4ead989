# SPDX-License-Identifier: EUPL-1.2
"""What a question takes along: files and an assistant's instructions, with what they do to its data class."""

import asyncio

import made
import pytest
from talking import ANNA, BERND

from hausgeist.audit import Trail
from hausgeist.chat import Chat, Question
from hausgeist.chat.files import Files
from hausgeist.chat.library import AssistantBody, Library
from hausgeist.chat.uploads import Uploads
from hausgeist.core.calls import Sampling
from hausgeist.core.labels import DataClass
from hausgeist.core.models import Capability
from hausgeist.errors import BorderRefused, InvalidField, NotFound, Unsupported
from hausgeist.testing.echo import EchoProvider, echo_card

LONG = "Die Frist für den Einspruch beträgt einen Monat. " * 400


@pytest.fixture
def desk(talk, store):
    """The talk's chat with files and a library; and uploads that bring files in."""

    def clock():
        talk.now[0] += 1
        return talk.now[0]

    blind = EchoProvider(name="blind")
    card = echo_card("blind", provider="blind", capabilities=frozenset({Capability.COMPLETION}))
    talk.directory.put("blind", blind, [card])
    files = Files(store, clock)
    library = Library(store, Trail(store, b"k" * 32, clock), clock)
    talk.chat = Chat(store, talk.gateway, clock, files=files, library=library)
    return Uploads(store, clock, largest=10**6, unsent=5, total=10**7), library


async def attached(uploads, content, name="frist.txt", data_class=DataClass.INTERNAL, who=ANNA):
    """Take a content in and wait until it is read; gives its id."""

    async def pieces():
        yield content

    held = await uploads.take_in(who, name, data_class, pieces())
    await uploads.wait(held.id, 60)
    return held.id


async def answered(talk, text="Welche Frist gilt?", models=("echo",), **more):
    """Ask and wait; gives the turns."""
    asked = Question(
        text=text, models=models, data_class=more.pop("data_class", DataClass.INTERNAL), **more
    )
    turns = await talk.chat.ask(ANNA, asked)
    for turn in turns:
        await turn.wait()
    return turns


def test_a_file_goes_along_framed_and_stays_with_the_question(talk, desk):
    """The model reads the text in its frame before the question; the next question sends it again."""

    async def work():
        file_id = await attached(desk[0], b"Die Frist betraegt einen Monat.")
        (turn,) = await answered(talk, files=(file_id,))
        at = turn.conversation_id
        await answered(talk, "Sicher?", conversation_id=at)
        opened = await talk.chat.open(ANNA, at)
        return turn, opened.branch[0], [call for call in talk.echo.calls if call.purpose == "chat"]

    turn, question, calls = asyncio.run(work())
    assert [file.name for file in question.files] == ["frist.txt"]
    assert question.text == "Welche Frist gilt?"
    sent = calls[0].messages[-1].text
    assert sent.startswith('<file name="frist.txt">\nDie Frist betraegt einen Monat.')
    assert sent.endswith("Welche Frist gilt?")
    assert "einen Monat" in calls[1].messages[0].text
    (told,) = turn.said.about["files"]
    assert (told["name"], told["kept"]) == ("frist.txt", told["of"])


def test_a_file_that_does_not_fit_is_cut_and_that_is_said(talk, desk):
    """Of a long file the beginning goes, and how much stands with the answer."""

    async def work():
        file_id = await attached(desk[0], LONG.encode())
        (turn,) = await answered(talk, models=("medium",), files=(file_id,))
        return turn.said

    talk.directory.put("medium", talk.echo, [echo_card("medium", provider="medium", context=2000)])
    said = asyncio.run(work())
    (told,) = said.about["files"]
    assert 1_000 < told["kept"] < told["of"]
    assert said.state == "done"


def test_a_file_raises_the_data_class_for_good(talk, desk):
    """A file of a higher class raises call and conversation; a later question cannot lower it by silence."""

    async def work():
        file_id = await attached(desk[0], b"Akte", data_class=DataClass.PERSONAL)
        with pytest.raises(BorderRefused):
            await answered(talk, models=("abroad",), files=(file_id,), data_class=DataClass.PUBLIC)
        (turn,) = await answered(talk, files=(file_id,))
        at = turn.conversation_id
        await answered(talk, "Und?", conversation_id=at)
        opened = await talk.chat.open(ANNA, at)
        return turn.said, opened, talk.echo.calls[-1]

    said, opened, call = asyncio.run(work())
    assert said.data_class == opened.conversation.data_class == "personal"
    assert (call.declared, call.attached) == (DataClass.PERSONAL, DataClass.PERSONAL)


def test_pictures_need_a_model_that_sees(talk, desk):
    """A blind model is refused before anything is stored; one that sees gets the picture."""

    async def work():
        file_id = await attached(desk[0], made.photo(), name="foto.jpg")
        with pytest.raises(Unsupported):
            await answered(talk, models=("blind",), files=(file_id,))
        empty = (await talk.shelves.page(ANNA, "all")).conversations
        (turn,) = await answered(talk, files=(file_id,))
        first = next(call for call in talk.echo.calls if call.purpose == "chat")
        return empty, turn.said, first

    empty, said, call = asyncio.run(work())
    assert empty == ()
    assert call.messages[-1].images[0].url.startswith("data:image/")
    assert said.about["files"][0]["kept"] == 1


def test_a_file_of_another_is_not_found(talk, desk):
    """Neither somebody else's file nor one of another conversation can be taken along."""

    async def work():
        theirs = await attached(desk[0], b"geheim", who=BERND)
        with pytest.raises(NotFound):
            await answered(talk, files=(theirs,))
        mine = await attached(desk[0], b"meins")
        await answered(talk, files=(mine,))
        with pytest.raises(NotFound):
            await answered(talk, "nochmal", files=(mine,))
        return len((await talk.shelves.page(ANNA, "all")).conversations)

    assert asyncio.run(work()) == 1


def test_an_edited_question_keeps_its_files(talk, desk):
    """The files of the old version can stay with the new one, or be left away."""

    async def work():
        file_id = await attached(desk[0], b"Inhalt")
        (turn,) = await answered(talk, files=(file_id,))
        at = turn.conversation_id
        old = (await talk.chat.open(ANNA, at)).branch[0]
        await answered(talk, "neu", conversation_id=at, edit=old.id, files=(file_id,))
        kept = (await talk.chat.open(ANNA, at)).branch[0]
        await answered(talk, "ohne", conversation_id=at, edit=old.id)
        return kept, (await talk.chat.open(ANNA, at)).branch[0]

    kept, without = asyncio.run(work())
    assert [file.name for file in kept.files] == ["frist.txt"]
    assert without.files == ()


def test_a_file_alone_is_a_question(talk, desk):
    """Without words a file is enough, and gives the conversation its title; nothing at all is not."""

    async def work():
        with pytest.raises(InvalidField):
            await answered(talk, " ")
        file_id = await attached(desk[0], b"Inhalt")
        (turn,) = await answered(talk, "", files=(file_id,))
        return (await talk.chat.open(ANNA, turn.conversation_id)).conversation.title

    assert asyncio.run(work()) == "frist.txt"


def test_an_assistant_speaks_first_and_stays(talk, desk):
    """Its instructions lead every call of the conversation, with its sampling and data class."""
    body = AssistantBody(
        name="Fristenhelfer",
        instructions="Antworte in einem Satz.",
        sampling=Sampling(temperature=0.1, max_tokens=50),
        data_class=DataClass.PERSONAL,
    )

    async def work():
        (helper,) = await desk[1].create(ANNA, [body])
        (turn,) = await answered(talk, assistant=helper)
        at = turn.conversation_id
        await answered(talk, "Und?", conversation_id=at)
        opened = await talk.chat.open(ANNA, at)
        calls = [call for call in talk.echo.calls if call.purpose == "chat"]
        with pytest.raises(NotFound):
            await answered(talk, assistant="none-such")
        return turn.said, opened.conversation, calls, helper

    said, conversation, calls, helper = asyncio.run(work())
    for call in calls:
        assert (call.messages[0].role, call.messages[0].text) == (
            "system",
            "Antworte in einem Satz.",
        )
        assert call.sampling.max_tokens == 50
    assert (conversation.assistant_id, conversation.data_class) == (helper, "personal")
    assert said.about["assistant"]["name"] == "Fristenhelfer"
    assert said.data_class == "personal"
