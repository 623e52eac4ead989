# SPDX-License-Identifier: EUPL-1.2
"""Retention: what the preview counts is what the round deletes, for good, and nothing else."""

import asyncio
from pathlib import Path

import pytest
from everything import NOW, WORDS, add_everything
from sqlalchemy import func, select, update

from hausgeist.core.labels import DataClass
from hausgeist.errors import InvalidField
from hausgeist.people import HoldWish
from hausgeist.store import retention
from hausgeist.store.tables import (
    audit_payloads,
    conversations,
    file_contents,
    files,
    imported,
    messages,
    search_words,
    shares,
)

DAY = 86_400_000
NONE = dict.fromkeys(DataClass)
OF_TALKS = (conversations, messages, files, file_contents, search_words, shares)


def rows(held, *tables):
    return [
        held.store.read_now(
            lambda c, t=table: c.execute(select(func.count()).select_from(t)).scalar()
        )
        for table in tables
    ]


def change(held, table, which, **values):
    held.store.write_now(lambda c: c.execute(update(table).where(which).values(**values)))


def two(held):
    anna, bernd = held.person("anna"), held.person("bernd")
    held.store.write_now(lambda c: add_everything(c, anna, "Annas Worte"))
    held.store.write_now(lambda c: add_everything(c, bernd, "Bernds Worte"))
    return anna, bernd


def run(held, work):
    async def both():
        try:
            return await work()
        finally:
            await held.store.drain()

    return asyncio.run(both())


def test_the_preview_counts_what_the_round_deletes(held):
    """Conversations, files and people by class; then the round deletes them from every table."""
    two(held)
    held.now = NOW + 31 * DAY
    rules = {**NONE, DataClass.INTERNAL: 30}
    preview = run(held, lambda: held.retention.preview(rules))
    found = preview.by_class[DataClass.INTERNAL]
    assert (found.conversations, found.files, found.people, preview.people) == (2, 2, 2, 2)
    assert rows(held, *OF_TALKS) == [2] * 6
    run(held, lambda: held.retention.save(rules, "admin"))
    swept = run(held, held.retention.look)
    assert (swept.conversations, swept.files) == (2, 2)
    assert rows(held, *OF_TALKS) == [0] * 6


def test_a_class_without_days_is_kept(held):
    """Nothing is deleted before somebody says so, and only of the class they say it of."""
    two(held)
    held.now = NOW + 3000 * DAY
    assert not any(run(held, held.retention.sweep).facts().values())
    run(held, lambda: held.retention.save({**NONE, DataClass.PUBLIC: 1}, "admin"))
    assert not any(run(held, held.retention.sweep).facts().values())
    assert rows(held, *OF_TALKS) == [2] * 6


@pytest.mark.parametrize("table", [conversations, messages, files])
def test_the_highest_class_decides(held, table):
    """One message or file of a higher class, and the conversation is of that class."""
    anna, _ = two(held)
    talk = f"talk-{anna[:12]}"
    key = table.c.id if table is conversations else table.c.conversation_id
    change(held, table, key == talk, data_class="special")
    held.now = NOW + 31 * DAY
    rules = {**NONE, DataClass.INTERNAL: 30, DataClass.SPECIAL: 40}
    preview = run(held, lambda: held.retention.preview(rules))
    assert preview.conversations == 1
    run(held, lambda: held.retention.save(rules, "admin"))
    assert run(held, lambda: held.retention.kept_until(anna, talk)) == NOW + 40 * DAY
    assert run(held, held.retention.sweep).conversations == 1
    assert rows(held, conversations) == [1]


def test_people_see_what_goes_and_when(held):
    """Their own conversations that are due within two weeks, with the day; nobody else's."""
    anna, bernd = two(held)
    run(held, lambda: held.retention.save({**NONE, DataClass.INTERNAL: 30}, "admin"))
    held.now = NOW + 10 * DAY
    assert run(held, lambda: held.retention.soon(anna, 14)) == []
    held.now = NOW + 20 * DAY
    ((due, until),) = run(held, lambda: held.retention.soon(anna, 14))
    assert (due.title, until) == ("Annas Worte", NOW + 30 * DAY)
    assert run(held, lambda: held.retention.kept_until(bernd, due.id)) is None


def test_a_new_word_in_time_keeps_it(held):
    """The last use counts, not the beginning."""
    anna, _ = two(held)
    change(held, conversations, conversations.c.owner_id == anna, updated_at=NOW + 29 * DAY)
    run(held, lambda: held.retention.save({**NONE, DataClass.INTERNAL: 30}, "admin"))
    held.now = NOW + 31 * DAY
    assert run(held, held.retention.sweep).conversations == 1
    assert rows(held, conversations) == [1]


def test_what_was_brought_along_counts_from_its_arrival(held):
    """An imported conversation may be years old; it is kept as long as one that begins today."""
    anna, _ = two(held)
    change(held, imported, imported.c.owner_id == anna, at=NOW + 29 * DAY)
    run(held, lambda: held.retention.save({**NONE, DataClass.INTERNAL: 30}, "admin"))
    held.now = NOW + 31 * DAY
    assert run(held, held.retention.sweep).conversations == 1
    held.now = NOW + 60 * DAY
    assert run(held, held.retention.sweep).conversations == 1


def test_the_bin_and_unsent_files_go_after_a_day(held):
    """What was deleted can be taken back for a day; a file that was never sent waits as long."""
    anna, bernd = two(held)
    change(held, conversations, conversations.c.owner_id == anna, deleted_at=NOW)
    change(held, files, files.c.owner_id == bernd, conversation_id=None)
    held.now = NOW + DAY
    assert not any(run(held, held.retention.sweep).facts().values())
    held.now = NOW + DAY + 1
    swept = run(held, held.retention.sweep)
    assert (swept.binned, swept.unsent, swept.conversations) == (1, 1, 0)
    assert rows(held, conversations, files) == [1, 0]


@pytest.mark.parametrize("scope", ["person", "group", "member", "everyone"])
def test_nothing_that_is_held_is_deleted(held, scope):
    """A hold on the person, a group of theirs or everybody: bin and retention leave it; then it ends."""
    anna, bernd = two(held)
    change(held, conversations, conversations.c.owner_id == bernd, deleted_at=NOW)
    target = {"person": bernd, "group": "everyone", "member": f"team-{bernd[:12]}", "everyone": ""}
    wish = HoldWish("group" if scope == "member" else scope, target[scope], "Verfahren 4711")
    hold = run(held, lambda: held.holds.place(wish, "admin"))
    run(held, lambda: held.retention.save({**NONE, DataClass.INTERNAL: 30}, "admin"))
    held.now = NOW + 31 * DAY
    everybody = scope in {"group", "everyone"}
    assert run(held, held.retention.sweep).conversations == (0 if everybody else 1)
    assert rows(held, conversations) == [2 if everybody else 1]
    assert [one.reason for one in run(held, lambda: held.holds.on(bernd))] == ["Verfahren 4711"]
    assert bool(run(held, lambda: held.holds.on(anna))) is everybody
    run(held, lambda: held.holds.end(hold.id, "admin"))
    run(held, held.retention.sweep)
    assert rows(held, conversations) == [0]


def test_only_one_server_does_the_round(held):
    """While one has it no other begins; one that died leaves it; the next comes an hour later."""
    two(held)
    write = held.store.write_now
    assert write(lambda c: retention.claim(c, NOW, NOW + 900_000))
    held.now = NOW + 1
    assert run(held, held.retention.look) is None
    held.now = NOW + 900_000
    assert run(held, held.retention.look) is not None
    assert run(held, held.retention.look) is None
    held.now += 3_600_000
    assert run(held, held.retention.look) is not None


def test_rules_and_rounds_are_on_record(held):
    """The change with before and after, the round with its counts; no title and no name."""
    two(held)
    held.now = NOW + 31 * DAY
    run(held, lambda: held.retention.save({**NONE, DataClass.INTERNAL: 30}, "admin"))
    run(held, held.retention.look)
    query = select(audit_payloads.c.kind, audit_payloads.c.body).order_by(audit_payloads.c.seq)
    found = dict(held.store.read_now(lambda c: c.execute(query).all()))
    assert '"before.internal":null' in found["retention.changed"]
    assert '"after.internal":30' in found["retention.changed"]
    assert '"conversations":2' in found["retention.swept"]
    assert "Worte" not in "".join(found.values())


@pytest.mark.parametrize("days", [0, -1, 36_501])
def test_days_that_cannot_be_are_refused(held, days):
    """Zero days would delete what is being written."""
    with pytest.raises(InvalidField):
        run(held, lambda: held.retention.save({DataClass.PUBLIC: days}, "admin"))


def test_what_was_deleted_is_not_in_the_file_any_more(held):
    """After the round neither SQLite's file nor its log has the words, long or short."""
    if not held.store.is_sqlite:
        pytest.skip(
            "PostgreSQL's pages are its own; docs/operator/retention.md says what that means"
        )
    anna, bernd = held.person("anna"), held.person("bernd")
    for number, person in enumerate((anna, bernd)):
        held.store.write_now(
            lambda c, p=person, n=number: add_everything(c, p, WORDS * 2000, NOW + n * 20 * DAY)
        )
        for length in (
            10,
            300,
            5000,
        ):  # as while an answer grows: parts are written again and again
            change(
                held,
                messages,
                messages.c.conversation_id == f"talk-{person[:12]}",
                parts=f'[{{"type": "text", "text": "{WORDS * length}"}}]',
            )
    change(held, conversations, conversations.c.id != "", title="ohne")
    run(held, lambda: held.retention.save({**NONE, DataClass.INTERNAL: 30}, "admin"))
    held.now = NOW + 31 * DAY
    path = Path(held.store.name)
    everything = [path, path.with_name(path.name + "-wal")]
    assert any(WORDS.encode() in one.read_bytes() for one in everything)
    assert run(held, held.retention.sweep).conversations == 1
    held.now = NOW + 60 * DAY
    assert run(held, held.retention.sweep).conversations == 1
    for one in everything:
        content = one.read_bytes() if one.exists() else b""
        assert WORDS.encode() not in content, one.name
        assert WORDS.casefold().encode() not in content, one.name


def test_heavy_conversations_go_one_by_one(held, monkeypatch):
    """So many bytes of files at once and no more; the round still deletes all of them."""
    two(held)
    held.now = NOW + 31 * DAY
    run(held, lambda: held.retention.save({**NONE, DataClass.INTERNAL: 30}, "admin"))
    monkeypatch.setattr(retention, "BYTES_AT_ONCE", 1)
    cutoffs = {DataClass.INTERNAL: NOW + DAY}
    ids = held.store.read_now(lambda c: retention.due(c, cutoffs, held.now, 10))
    assert len(ids) == 2
    first = held.store.write_now(lambda c: retention.delete_due(c, ids, cutoffs, held.now))
    assert first.conversations == 1
    assert run(held, held.retention.sweep).conversations == 1
    assert rows(held, conversations, files) == [0, 0]
