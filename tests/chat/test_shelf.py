# SPDX-License-Identifier: EUPL-1.2
"""Folders, pins, archive and bin, on both databases; nobody reaches what is another's."""

import asyncio

import pytest
from talking import ANNA, BERND

from hausgeist.chat.shelf import PAGE, Shelves
from hausgeist.errors import DataHeld, InvalidField, NotFound
from hausgeist.store import holds


@pytest.fixture
def shelves(store, talk):
    """The shelves over the talk's database."""

    def clock():
        talk.now[0] += 1
        return talk.now[0]

    return Shelves(store, clock, talk.chat.ended)


async def talks(talk, *texts, who=ANNA):
    """A conversation for each text; their ids."""
    return [(await talk.answered(text, who=who)).conversation_id for text in texts]


def ids(page):
    return [one.id for one in page.conversations]


def test_every_conversation_stands_in_one_place(talk, shelves):
    """Pinned on top, in a folder, or among the others; archived ones leave the list, and come back."""

    async def work():
        pinned, filed, other, archived = await talks(talk, "a", "b", "c", "d")
        folder = await shelves.make_folder(ANNA, " Bau\u202eamt ", [filed])
        await shelves.pin(ANNA, [pinned], on=True)
        await shelves.archive(ANNA, [archived])
        closed = await shelves.overview(ANNA)
        assert [(one.name, inside) for one, inside in closed.folders] == [("Bauamt", None)]
        view = await shelves.overview(ANNA, opened=[folder.id])
        assert [one.id for one in view.pinned] == [pinned]
        assert [ids(inside) for _, inside in view.folders] == [[filed]]
        assert ids(view.others) == [other]
        assert ids(await shelves.page(ANNA, "archive")) == [archived]
        assert ids(await shelves.page(ANNA, "all")) == [other, filed, pinned]
        await shelves.unarchive(ANNA, [archived])
        await shelves.pin(ANNA, [pinned], on=False)
        return ids((await shelves.overview(ANNA)).others), [archived, other, pinned]

    order, expected = asyncio.run(work())
    assert order == expected


def test_a_folder_goes_and_its_conversations_stay(talk, shelves):
    """Deleting a folder puts what was in it back among the others."""

    async def work():
        (one,) = await talks(talk, "a")
        folder = await shelves.make_folder(ANNA, "Bau", [one])
        await shelves.rename_folder(ANNA, folder.id, "Umbau")
        assert (await shelves.folder(ANNA, folder.id)).name == "Umbau"
        await shelves.remove_folder(ANNA, folder.id)
        view = await shelves.overview(ANNA)
        assert (view.folders, ids(view.others)) == ((), [one])
        for wrong in ("", " \u200b", "x" * 81):
            with pytest.raises(InvalidField):
                await shelves.make_folder(ANNA, wrong)

    asyncio.run(work())


def test_deleting_ends_the_answer_and_can_be_taken_back(talk, shelves):
    """Into the bin and out again, with what had arrived of the answer; by id, or by the moment."""

    async def work():
        talk.echo.hold = asyncio.Event()
        turn = await talk.ask("eins zwei")
        at = turn.conversation_id
        assert (await shelves.overview(ANNA)).answering == {at}
        moment = await shelves.delete(ANNA, [at])
        await turn.wait()
        with pytest.raises(NotFound):
            await talk.chat.open(ANNA, at)
        assert ids(await shelves.page(ANNA, "bin")) == [at]
        assert await shelves.undo(ANNA, archived=None, deleted=moment) == 1
        assert (await talk.chat.open(ANNA, at)).branch[-1].state == "stopped"
        await shelves.delete(ANNA, [at])
        await shelves.restore(ANNA, [at])
        return ids((await shelves.overview(ANNA)).others) == [at]

    assert asyncio.run(work())
    assert talk.echo.open == 0


def test_for_good_is_only_from_the_bin_and_not_what_is_held(talk, shelves, store):
    """Purging takes what lies in the bin; a legal hold keeps it there."""

    async def work():
        one, other = await talks(talk, "a", "b")
        with pytest.raises(NotFound):
            await shelves.purge(ANNA, [one])
        await shelves.delete(ANNA, [one, other])
        await shelves.purge(ANNA, [one])
        assert ids(await shelves.page(ANNA, "bin")) == [other]
        hold = holds.Hold(
            id="h",
            user_id=ANNA.id,
            group_id=None,
            reason="Klage",
            created_at=1,
            ended_at=None,
        )
        await store.write(lambda c: holds.add(c, hold))
        with pytest.raises(DataHeld):
            await shelves.purge(ANNA, [other])
        return ids(await shelves.page(ANNA, "bin")) == [other]

    assert asyncio.run(work())


def test_many_at_once_and_page_by_page(talk, shelves):
    """All of a page are moved, archived and brought back in one step; pages join without gaps."""

    async def work():
        made = await talks(talk, *(f"Frage {place}" for place in range(PAGE + 3)))
        first = await shelves.overview(ANNA)
        rest = await shelves.overview(ANNA, before=first.others.older)
        assert ids(first.others) + ids(rest.others) == made[::-1]
        assert ids((await shelves.overview(ANNA, PAGE + 10)).others) == made[::-1]
        moment = await shelves.archive(ANNA, made)
        assert ids((await shelves.overview(ANNA)).others) == []
        page = await shelves.page(ANNA, "archive")
        last = await shelves.page(ANNA, "archive", page.older)
        assert sorted(ids(page) + ids(last)) == sorted(made)
        assert await shelves.undo(ANNA, archived=moment, deleted=None) == PAGE + 3

    asyncio.run(work())


def test_nobody_orders_what_is_anothers(talk, shelves):
    """Every change of another's conversation or folder is not found, and changes nothing."""

    async def work():
        (at,) = await talks(talk, "geheim")
        folder = await shelves.make_folder(ANNA, "Bau", [at])
        (his,) = await talks(talk, "meins", who=BERND)
        moment = await shelves.delete(ANNA, (await talks(talk, "weg")))
        binned = ids(await shelves.page(ANNA, "bin"))
        before = await shelves.overview(ANNA)
        attempts = [
            lambda: shelves.pin(BERND, [at], on=True),
            lambda: shelves.move(BERND, [at], None),
            lambda: shelves.move(BERND, [his], folder.id),
            lambda: shelves.archive(BERND, [at]),
            lambda: shelves.unarchive(BERND, [at]),
            lambda: shelves.delete(BERND, [at]),
            lambda: shelves.restore(BERND, binned),
            lambda: shelves.purge(BERND, binned),
            lambda: shelves.folder(BERND, folder.id),
            lambda: shelves.rename_folder(BERND, folder.id, "x"),
            lambda: shelves.remove_folder(BERND, folder.id),
        ]
        for attempt in attempts:
            with pytest.raises(NotFound):
                await attempt()
        assert await shelves.undo(BERND, archived=None, deleted=moment) == 0
        stolen = await shelves.make_folder(BERND, "Meins", [at])
        assert ids(await shelves.page(BERND, "list", folder_id=stolen.id)) == []
        assert ids(await shelves.page(BERND, "list", folder_id=folder.id)) == []
        return before, await shelves.overview(ANNA)

    before, after = asyncio.run(work())
    assert after == before
