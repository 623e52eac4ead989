# SPDX-License-Identifier: EUPL-1.2
"""Importing: a look, a task, nothing twice, nothing lost; through the limited child process."""

import asyncio
import json

import pytest
from foreign import BEGUN, chatgpt, webui, zipped
from sqlalchemy import delete
from talking import ANNA, BERND

from hausgeist.audit import Trail
from hausgeist.chat.exports import Exports, Format
from hausgeist.chat.imports import Imports
from hausgeist.chat.imports.imports import DEAD_AFTER_MS
from hausgeist.core.labels import DataClass
from hausgeist.errors import FileUnreadable, NotFound
from hausgeist.store import imports, trees
from hausgeist.store.tables import conversations


@pytest.fixture
def door(store, talk):
    def make():
        clock = lambda: talk.now[0]  # noqa: E731  short
        return Imports(store, Trail(store, b"k" * 32, clock), clock, DataClass.INTERNAL)

    return make


MANY = 60


async def _imported(door, content, who=ANNA, data_class=DataClass.INTERNAL):
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    import_id = await door.take(who, payload)
    await door.begin(who, import_id, data_class)
    await door.wait(import_id)
    return await door.newest(who)


def _all(store, who="anna"):
    def work(connection):
        return [trees.whole(connection, who, one) for one in trees.ids(connection, who)]

    return store.read_now(work)


def test_a_look_imports_nothing(store, talk, door):
    """What is in the file is told first; whoever does not want it forgets it."""

    async def run():
        imports_ = door()
        import_id = await imports_.take(ANNA, json.dumps([webui(), {"x": 1}]).encode())
        seen = await imports_.newest(ANNA)
        assert (seen.state, seen.found.conversations, seen.found.messages) == ("ready", 1, 4)
        assert seen.found.unreadable_count == 1
        assert _all(store) == []
        assert await imports_.newest(BERND) is None
        for verb in (
            imports_.stop(BERND, import_id),
            imports_.begin(BERND, import_id, DataClass.PUBLIC),
        ):
            with pytest.raises(NotFound):
                await verb
        await imports_.stop(ANNA, import_id)
        assert await imports_.newest(ANNA) is None

    asyncio.run(run())


def test_conversations_come_in_with_their_dates_and_can_go_on(store, talk, door):
    """Tree, titles, dates and models are kept; the chosen class holds; a next question is answered."""

    async def run():
        ended = await _imported(door(), [webui()], data_class=DataClass.PERSONAL)
        assert (ended.state, ended.added, ended.known) == ("done", 1, 0)
        (tree,) = _all(store)
        talk_ = tree.conversation
        assert (talk_.title, talk_.data_class) == ("Bauplan", "personal")
        assert (talk_.created_at, talk_.updated_at) == (BEGUN * 1000, (BEGUN + 100) * 1000)
        opened = await talk.chat.open(ANNA, talk_.id)
        assert [said.text for said in opened.branch] == [
            "Was ist ein Bauplan?",
            "Eine Satzung.",
            "Danke!",
        ]
        assert opened.branch[1].reasoning
        assert len(opened.siblings(opened.branch[1].id)) == 2
        turn = await talk.ask("Und jetzt?", conversation_id=talk_.id, parent_id=opened.branch[1].id)
        await turn.wait()
        assert turn.said.state == "done"

    asyncio.run(run())


def test_the_same_file_again_brings_nothing_and_overwrites_nothing(store, talk, door):
    """What is here is recognised; what was deleted comes again; what has grown comes beside it."""

    async def run():
        imports_ = door()
        await _imported(imports_, zipped(conversations__json=[chatgpt("A"), chatgpt("B")]))
        (first, _) = sorted(_all(store), key=lambda tree: tree.conversation.title)
        again = await _imported(imports_, [chatgpt("A"), chatgpt("B")])
        assert (again.added, again.known) == (0, 2)
        store.write_now(
            lambda c: c.execute(
                delete(conversations).where(conversations.c.id == first.conversation.id)
            )
        )
        third = await _imported(imports_, [chatgpt("A"), chatgpt("B")])
        assert (third.added, third.known) == (1, 1)
        other = await _imported(imports_, [chatgpt("A")], who=BERND)
        assert (other.added, other.known) == (1, 0)

    asyncio.run(run())


def test_what_was_exported_comes_back_whole(store, talk, door):
    """Our own JSON, exported and imported by another person: the same words, versions and origins."""

    async def run():
        turn = await talk.answered("eins $x^2$ \U0001f600")
        opened = await talk.chat.open(ANNA, turn.conversation_id)
        again = await talk.chat.again(
            ANNA,
            turn.conversation_id,
            opened.branch[-1].id,
            model="echo",
            data_class=DataClass.INTERNAL,
        )
        await again.wait()

        async def organisation():
            return ""

        exports = Exports(store, talk.chat._gateway.directory, organisation, lambda: talk.now[0])
        made = await exports.one(ANNA, turn.conversation_id, Format.JSON)
        ended = await _imported(door(), made.content, who=BERND)
        assert ended.found.sources == ["Hausgeist"]
        (mine,), (theirs,) = _all(store), _all(store, "bernd")
        assert theirs.conversation.title == mine.conversation.title
        places = {said.id: place for place, said in enumerate(mine.said)}
        others = {said.id: place for place, said in enumerate(theirs.said)}
        for one, other in zip(mine.said, theirs.said, strict=True):
            assert (one.text, one.role, one.created_at) == (
                other.text,
                other.role,
                other.created_at,
            )
            assert (one.model, one.zone, one.output_tokens) == (
                other.model,
                other.zone,
                other.output_tokens,
            )
            assert places.get(one.parent_id) == others.get(other.parent_id)
        assert places[mine.conversation.leaf_id] == others[theirs.conversation.leaf_id]
        assert theirs.said[1].about["imported"] == "Hausgeist"

    asyncio.run(run())


def test_an_import_that_died_goes_on_and_one_can_be_stopped(store, talk, door):
    """After a restart it goes on where it was; stopped, what is here stays."""
    many = [webui(f"Nr {number}") for number in range(MANY)]

    async def run():
        first = door()
        import_id = await first.take(ANNA, json.dumps(many).encode())
        await first.begin(ANNA, import_id, DataClass.INTERNAL)
        while (await first.newest(ANNA)).done == 0:  # noqa: ASYNC110  no event tells of a row
            await asyncio.sleep(0.005)  # its rows are the only sign
        await first.close()
        broken = await first.newest(ANNA)
        assert broken.state == "running"
        assert 0 < broken.done < broken.total

        talk.now[0] += DEAD_AFTER_MS + 1
        second = door()
        await second.recover()
        await second.wait(import_id)
        ended = await second.newest(ANNA)
        assert (ended.state, ended.added, ended.known) == ("done", MANY, 0)
        assert len(_all(store)) == MANY
        assert store.read_now(lambda c: imports.piece(c, "anna", import_id, 0)) is None

        import_id = await second.take(BERND, json.dumps(many).encode())
        await second.begin(BERND, import_id, DataClass.INTERNAL)
        await second.stop(BERND, import_id)
        await second.wait(import_id)
        stopped = await second.newest(BERND)
        assert stopped.state == "stopped"
        assert len(_all(store, "bernd")) == stopped.added < MANY

    asyncio.run(run())


def test_nothing_readable_is_an_error_and_keeps_what_waits(store, talk, door):
    """A text is no export; what was looked at before still waits."""

    async def run():
        imports_ = door()
        kept = await imports_.take(ANNA, json.dumps([webui()]).encode())
        with pytest.raises(FileUnreadable):
            await imports_.take(ANNA, b"Lieber Bernd, ...")
        assert (await imports_.newest(ANNA)).id == kept

    asyncio.run(run())
