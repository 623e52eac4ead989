# SPDX-License-Identifier: EUPL-1.2
"""Files of questions on both databases: taken in, taken along, claimed, and gone with their conversation."""

import asyncio

import made
import pytest
from sqlalchemy import delete
from talking import ANNA, BERND

from hausgeist.chat.files import PER_QUESTION, Files
from hausgeist.chat.uploads import Uploads
from hausgeist.core.labels import DataClass
from hausgeist.errors import FileNotReady, FileTooLarge, NotFound, TooManyFiles
from hausgeist.store import chats, files
from hausgeist.store.chats import Conversation
from hausgeist.store.files import PIECE
from hausgeist.store.tables import conversations


@pytest.fixture
def desk(talk, store):
    """Files and uploads over the store of the talk, in which Anna and Bernd are."""

    def clock():
        talk.now[0] += 1
        return talk.now[0]

    uploads = Uploads(store, clock, largest=4 * PIECE, unsent=5, total=20 * PIECE)
    return Files(store, clock), uploads


async def pieces(content, size=70_000):
    """A content as a network brings it."""
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def attached(desk, content, who=ANNA, name="brief.txt", data_class=DataClass.INTERNAL):
    """Take a content in and wait until it is read; gives its id."""
    held = await desk[1].take_in(who, name, data_class, pieces(content))
    await desk[1].wait(held.id, 60)
    return held.id


def begin(store, talk_id, who=ANNA):
    """An empty conversation."""
    fresh = Conversation(
        id=talk_id, title="x", model="echo", data_class="internal", leaf_id=None,
        created_at=1, updated_at=1,
    )  # fmt: skip
    store.write_now(lambda c: chats.create(c, who.id, fresh))


def test_a_content_is_kept_in_pieces_and_read(desk, store):
    """Two and a half megabytes lie in three pieces, whole; the text is there for the model."""
    content = ("Ein Satz mit Umlauten: äöü.\n" * 95_000).encode()

    async def work():
        file_id = await attached(desk, content)
        kept = [piece async for piece in desk[0].pieces(ANNA.id, file_id)]
        (taken,) = await desk[0].take(ANNA, [file_id])
        return kept, taken, await desk[0].contents(ANNA.id, [file_id])

    kept, taken, texts = asyncio.run(work())
    assert [len(piece) for piece in kept[:-1]] == [PIECE, PIECE]
    assert b"".join(kept) == content
    assert (taken.name, taken.media, taken.size) == ("brief.txt", "text/plain", len(content))
    assert taken.chars == len(texts[taken.file_id])


def test_a_picture_is_given_as_data(desk):
    """A picture goes to the model as a data URI of what was encoded anew."""

    async def work():
        file_id = await attached(desk, made.photo(), name="foto.jpg")
        (taken,) = await desk[0].take(ANNA, [file_id])
        return taken, (await desk[0].contents(ANNA.id, [file_id]))[file_id]

    taken, uri = asyncio.run(work())
    assert (taken.media, taken.chars) == ("image/jpeg", 0)
    assert uri.startswith("data:image/jpeg;base64,")


def test_what_is_anothers_is_not_there(desk, store):
    """Neither taken, nor claimed, nor read, nor removed."""
    begin(store, "talk", BERND)

    async def work():
        file_id = await attached(desk, b"geheim")
        with pytest.raises(NotFound):
            await desk[0].take(BERND, [file_id])
        with pytest.raises(NotFound):
            await desk[0].remove(BERND, file_id)
        assert await desk[0].contents(BERND.id, [file_id]) == {}
        assert [one async for one in desk[0].pieces(BERND.id, file_id)] == []
        return file_id

    file_id = asyncio.run(work())
    with pytest.raises(NotFound):
        store.write_now(lambda c: desk[0].claim(c, BERND.id, "talk", [file_id]))


def test_a_file_belongs_to_one_conversation_and_goes_with_it(desk, store):
    """Claimed twice by the same one, never by another; deleted with it, content and all."""
    begin(store, "talk")
    begin(store, "other")
    file_id = asyncio.run(attached(desk, b"Ein Text"))
    for _ in range(2):
        store.write_now(lambda c: desk[0].claim(c, ANNA.id, "talk", [file_id, file_id]))
    with pytest.raises(NotFound):
        store.write_now(lambda c: desk[0].claim(c, ANNA.id, "other", [file_id]))
    with pytest.raises(NotFound):
        asyncio.run(desk[0].remove(ANNA, file_id))
    store.write_now(lambda c: c.execute(delete(conversations).where(conversations.c.id == "talk")))
    assert store.read_now(lambda c: files.find(c, ANNA.id, [file_id])) == {}
    assert store.read_now(lambda c: files.piece(c, ANNA.id, file_id, 0)) is None


def test_what_could_not_be_read_or_is_not_ready_cannot_be_sent(desk, store):
    """A failed file is not found, one that is being read says so; both errors are kept for the page."""

    async def work():
        failed = await attached(desk, made.locked_pdf(), name="geheim.pdf")
        held = await desk[0].find(ANNA, failed)
        assert (held.state, held.error) == ("failed", "file_locked")
        with pytest.raises(NotFound):
            await desk[0].take(ANNA, [failed])
        late = await desk[1].take_in(ANNA, "x.txt", DataClass.PUBLIC, pieces(b"Ein Text"))
        with pytest.raises(FileNotReady):
            await desk[0].take(ANNA, [late.id])
        await desk[1].wait(late.id, 60)
        assert len(await desk[0].take(ANNA, [late.id, late.id])) == 1

    asyncio.run(work())


def test_limits_hold_whatever_was_said(desk, store):
    """Size, number and sum are limited; what was refused leaves nothing behind."""

    async def work():
        with pytest.raises(FileTooLarge):
            await desk[1].take_in(ANNA, "x", DataClass.PUBLIC, pieces(b""), 5 * PIECE)
        with pytest.raises(FileTooLarge):
            await desk[1].take_in(ANNA, "x", DataClass.PUBLIC, pieces(b"x" * 5 * PIECE), 10)
        assert await desk[0].unsent(ANNA) == []
        for _ in range(5):
            await attached(desk, b"Ein Text")
        with pytest.raises(TooManyFiles):
            await attached(desk, b"Ein Text")
        with pytest.raises(TooManyFiles):
            await desk[0].take(ANNA, [f"{number}" for number in range(PER_QUESTION + 1)])
        assert await attached(desk, b"Ein Text", BERND)

    asyncio.run(work())


def test_a_file_removed_while_it_is_read_stays_removed(desk, store):
    """The reading ends in nothing, and nobody stumbles."""

    async def work():
        held = await desk[1].take_in(ANNA, "x.jpg", DataClass.PUBLIC, pieces(made.photo()))
        await desk[0].remove(ANNA, held.id)
        await desk[1].wait(held.id, 60)
        return held.id

    file_id = asyncio.run(work())
    assert store.read_now(lambda c: files.find(c, ANNA.id, [file_id])) == {}


def test_only_a_file_that_was_not_sent_changes_its_class(desk, store):
    """Afterwards the conversation has it."""
    begin(store, "talk")

    async def work():
        file_id = await attached(desk, b"Ein Text", data_class=DataClass.SPECIAL)
        await desk[0].label(ANNA, file_id, "public")
        (taken,) = await desk[0].take(ANNA, [file_id])
        assert taken.data_class == "public"
        return file_id

    file_id = asyncio.run(work())
    store.write_now(lambda c: desk[0].claim(c, ANNA.id, "talk", [file_id]))
    with pytest.raises(NotFound):
        asyncio.run(desk[0].label(ANNA, file_id, "personal"))
