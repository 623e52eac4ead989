# SPDX-License-Identifier: EUPL-1.2
"""Sharing: who may read what, for how long, and what goes along."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import delete, select, update
from talking import ANNA, BERND

from hausgeist.audit import Trail
from hausgeist.chat.shares import DAY_MS, Kind, Shares
from hausgeist.core.labels import DataClass
from hausgeist.core.people import Principal, Role
from hausgeist.errors import (
    AnswerStillRuns,
    InvalidField,
    NotFound,
    SharingOff,
    TooDelicateToShare,
)
from hausgeist.store import accounts, chats, files
from hausgeist.store.chats import Attached
from hausgeist.store.files import Held
from hausgeist.store.tables import audit_payloads, conversations, messages, users

BAUAMT = frozenset({"everyone", "bauamt"})
ANNA_THERE = replace(ANNA, groups=BAUAMT)
BERND_THERE = replace(BERND, groups=BAUAMT)


@pytest.fixture
def shares(store, talk):
    def groups(connection):
        accounts.add_group(connection, "bauamt", "Bauamt", 0)

    store.write_now(groups)
    return Shares(store, Trail(store, b"k" * 32, lambda: talk.now[0]), lambda: talk.now[0])


async def _begin(talk, **more):
    turn = await talk.answered("eins zwei", **more)
    return turn.conversation_id


async def _texts(shares, who, share_id):
    read = await shares.read(who, share_id)
    return [said.text for said in read.opened.branch]


async def _closed(shares, who, share_id):
    with pytest.raises(NotFound):
        await shares.read(who, share_id)
    with pytest.raises(NotFound):
        await shares.copy(who, share_id)


def test_a_snapshot_stays_as_it_was_and_a_live_share_goes_on(store, talk, shares):
    """Who has the link sees the branch of that day; the group sees what is shown now."""

    async def run():
        talk_id = await _begin(talk)
        link = await shares.create(ANNA_THERE, talk_id, Kind.LINK)
        live = await shares.create(ANNA_THERE, talk_id, Kind.LIVE, "bauamt")
        opened = await talk.chat.open(ANNA, talk_id)
        more = await talk.ask("drei", conversation_id=talk_id, parent_id=opened.branch[-1].id)
        await more.wait()
        assert len(await _texts(shares, BERND, link)) == 2
        assert len(await _texts(shares, BERND_THERE, live)) == 4
        await _closed(shares, BERND, live)
        assert [one.id for one in await shares.with_me(BERND_THERE)] == [live]
        assert await shares.with_me(BERND) == []

    asyncio.run(run())


def test_no_other_branch_is_ever_shown(store, talk, shares):
    """A second version of the answer is neither in the branch nor in the tree that readers get."""

    async def run():
        talk_id = await _begin(talk)
        opened = await talk.chat.open(ANNA, talk_id)
        link = await shares.create(ANNA, talk_id, Kind.LINK)
        again = await talk.chat.again(
            ANNA, talk_id, opened.branch[-1].id, model="echo", data_class=DataClass.INTERNAL
        )
        await again.wait()
        read = await shares.read(BERND, link)
        assert [said.id for said in read.opened.branch] == [said.id for said in opened.branch]
        assert read.opened.nodes == ()
        assert not read.opened.beside

    asyncio.run(run())


def test_what_an_answer_cost_is_not_shared(store, talk, shares):
    """Readers get model and zone, and no figures of the owner's use."""

    async def run():
        link = await shares.create(ANNA, await _begin(talk), Kind.LINK)
        answer = (await shares.read(BERND, link)).opened.branch[-1]
        assert (answer.model, answer.zone) == ("echo", "house")
        figures = (answer.input_tokens, answer.output_tokens, answer.micro_eur, answer.duration_ms)
        assert figures == (None, None, None, None)
        assert not {"first_token_ms", "estimated_tokens", "price", "estimated"} & set(answer.about)

    asyncio.run(run())


def test_revoked_deleted_binned_deactivated_and_over(store, talk, shares):
    """Each of the ways in which a share ends closes it at once."""

    async def run():
        talk_id = await _begin(talk)
        revoked = await shares.create(ANNA, talk_id, Kind.LINK)
        await shares.revoke(ANNA, revoked)
        await _closed(shares, BERND, revoked)
        with pytest.raises(NotFound):
            await shares.revoke(ANNA, revoked)

        short = await shares.create(ANNA, talk_id, Kind.LINK, days=1)
        assert await _texts(shares, BERND, short)
        talk.now[0] += DAY_MS + 10
        await _closed(shares, BERND, short)

        link = await shares.create(ANNA, talk_id, Kind.LINK)
        change = store.write_now
        change(lambda c: c.execute(update(users).where(users.c.id == "anna").values(active=False)))
        await _closed(shares, BERND, link)
        change(lambda c: c.execute(update(users).values(active=True)))
        assert await _texts(shares, BERND, link)
        change(lambda c: chats.change(c, "anna", talk_id, deleted_at=talk.now[0]))
        await _closed(shares, BERND, link)
        change(lambda c: c.execute(update(conversations).values(deleted_at=None)))
        assert await _texts(shares, BERND, link)
        change(lambda c: c.execute(delete(conversations).where(conversations.c.id == talk_id)))
        await _closed(shares, BERND, link)
        assert await shares.mine(ANNA) == []

    asyncio.run(run())


def test_only_the_owner_shares_lists_and_revokes(store, talk, shares):
    """Another's conversation cannot be shared, and another's share not taken back or listed."""

    async def run():
        talk_id = await _begin(talk)
        with pytest.raises(NotFound):
            await shares.create(BERND, talk_id, Kind.LINK)
        link = await shares.create(ANNA, talk_id, Kind.LINK)
        with pytest.raises(NotFound):
            await shares.revoke(BERND, link)
        assert await shares.mine(BERND) == []
        assert await _texts(shares, BERND, link)

    asyncio.run(run())


def test_a_group_that_is_not_mine_is_refused(store, talk, shares):
    """Whoever is not in a group shares nothing with it."""

    async def run():
        talk_id = await _begin(talk)
        for group in ("bauamt", "", None, "no-such"):
            with pytest.raises(InvalidField):
                await shares.create(ANNA, talk_id, Kind.GROUP, group)

    asyncio.run(run())


def test_specially_protected_data_is_for_groups_only(store, talk, shares):
    """No link for everybody; one that was made before is paused, and the group's goes on."""

    async def run():
        talk_id = await _begin(talk)
        before = await shares.create(ANNA_THERE, talk_id, Kind.LINK)
        store.write_now(lambda c: chats.change(c, "anna", talk_id, data_class="special"))
        with pytest.raises(TooDelicateToShare):
            await shares.create(ANNA_THERE, talk_id, Kind.LINK)
        group = await shares.create(ANNA_THERE, talk_id, Kind.GROUP, "bauamt")
        await _closed(shares, BERND_THERE, before)
        assert await _texts(shares, BERND_THERE, group)
        paused = {one.id: one.is_paused for one in await shares.mine(ANNA)}
        assert paused == {before: True, group: False}

    asyncio.run(run())


def test_the_house_can_switch_it_off(store, talk, shares):
    """Off: nothing is shared and nothing is read; on: as before. The trail has before and after."""

    async def run():
        talk_id = await _begin(talk)
        link = await shares.create(ANNA, talk_id, Kind.LINK)
        admin = Principal(id="anna", name="Anna", role=Role.ADMIN)
        await shares.allow(admin, allowed=False)
        await _closed(shares, BERND, link)
        with pytest.raises(SharingOff):
            await shares.create(ANNA, talk_id, Kind.LINK)
        await shares.allow(admin, allowed=True)
        assert await _texts(shares, BERND, link)

    asyncio.run(run())


def test_the_trail_learns_of_it_and_not_the_link(store, talk, shares):
    """Created and revoked are events, without the link and without the title."""

    async def run():
        talk_id = await _begin(talk)
        link = await shares.create(ANNA, talk_id, Kind.LINK)
        await shares.revoke(ANNA, link)
        return link

    link = asyncio.run(run())
    leaves = store.read_now(
        lambda c: [str(dict(row)) for row in c.execute(select(audit_payloads)).mappings()]
    )
    written = "\n".join(leaves)
    assert "share.created" in written
    assert "share.revoked" in written
    assert link not in written
    assert "eins" not in written


def test_an_answer_under_way_is_not_frozen(store, talk, shares):
    """A snapshot waits for the end of the answer."""

    async def run():
        talk.echo.delay = 0.2
        turn = await talk.ask("eins zwei drei")
        with pytest.raises(AnswerStillRuns):
            await shares.create(ANNA, turn.conversation_id, Kind.LINK)
        turn.end("stopped")
        await turn.wait()
        assert await shares.create(ANNA, turn.conversation_id, Kind.LINK)

    asyncio.run(run())


def _with_file(store, talk_id):
    held = Held(
        id="f" * 32,
        conversation_id=None,
        name="Plan.txt",
        media="text/plain",
        size=4,
        digest="0" * 64,
        data_class="internal",
        state="ready",
        created_at=1,
    )

    def work(connection):
        files.begin(connection, "anna", held)
        files.add_piece(connection, held.id, 0, b"Plan")
        files.claim(connection, "anna", talk_id, [held.id])
        opened = chats.opened(connection, "anna", talk_id)
        first = opened.branch[0]
        attached = Attached(
            file_id=held.id, name=held.name, media=held.media, size=4, data_class="internal"
        )
        row = chats._row(replace(first, parts=(*first.parts, attached)))
        connection.execute(
            update(messages).where(messages.c.id == first.id).values(parts=row["parts"])
        )
        other = files.find(connection, "anna", [held.id])[held.id]
        files.begin(connection, "anna", replace(other, id="e" * 32, name="Geheim.txt"))
        files.add_piece(connection, "e" * 32, 0, b"Geheim")

    store.write_now(work)
    return held.id


def test_files_of_the_branch_are_read_through_the_share_only(store, talk, shares):
    """The branch's file is found, another of the owner's is not; a copy has a copy of its own."""

    async def run():
        talk_id = await _begin(talk)
        file_id = _with_file(store, talk_id)
        link = await shares.create(ANNA, talk_id, Kind.LINK)
        owner, found = await shares.file(BERND, link, file_id)
        assert [piece async for piece in shares.pieces(owner, found.file_id)] == [b"Plan"]
        with pytest.raises(NotFound):
            await shares.file(BERND, link, "e" * 32)

        copied = await shares.copy(BERND, link)
        opened = await talk.chat.open(BERND, copied)
        assert [said.text for said in opened.branch] == await _texts(shares, BERND, link)
        (mine,) = opened.branch[0].files
        assert mine.file_id != file_id
        assert [piece async for piece in shares.pieces("bernd", mine.file_id)] == [b"Plan"]
        store.write_now(
            lambda c: c.execute(delete(conversations).where(conversations.c.id == talk_id))
        )
        assert [piece async for piece in shares.pieces("bernd", mine.file_id)] == [b"Plan"]
        with pytest.raises(NotFound):
            await shares.file(BERND, link, file_id)

    asyncio.run(run())
