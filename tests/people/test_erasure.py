# SPDX-License-Identifier: EUPL-1.2
"""Erasure: nothing of the person is left, everything else is; and the receipt says so, signed."""

import asyncio
import json
from pathlib import Path

import pytest
from everything import WORDS, add_everything
from sqlalchemy import func, select

from hausgeist.errors import BadUpload, DataHeld, InvalidField, LastAdmin, NotFound
from hausgeist.people import STORES, Asked, HoldWish, Signer, as_text
from hausgeist.store.tables import (
    audit_leaves,
    audit_payloads,
    library_items,
    library_versions,
    metadata,
)

ASKED = Asked("admin-id", "administrator", "Musterstadt")


def run(held, work):
    async def both():
        try:
            return await work()
        finally:
            await held.store.drain()

    return asyncio.run(both())


def everything_in(held) -> str:
    """Every row of every table, as text."""

    def read(connection):
        return "\n".join(
            repr(tuple(row))
            for table in metadata.tables.values()
            for row in connection.execute(select(table))
        )

    return held.store.read_now(read)


def test_nothing_names_the_person_any_more(held):
    """No row of any table has the id, the login, the pseudonym or the words; the others are whole."""
    anna, bernd = held.person("anna"), held.person("bernd")
    held.store.write_now(lambda c: add_everything(c, anna, "Annas Worte"))
    held.store.write_now(lambda c: add_everything(c, bernd))

    async def lived():
        await held.trail.record("session.opened", actor=bernd, subject=bernd)
        await held.trail.record("call.finished", actor=bernd, subject="call-1", tokens=3)
        await held.trail.record("user.changed", actor="admin", subject=bernd)
        await held.trail.record("key.created", actor=bernd, subject="key-1")
        await held.trail.record("call.finished", actor=anna, subject="call-2", tokens=7)

    run(held, lived)
    leaves = held.store.read_now(
        lambda c: c.execute(select(func.count()).select_from(audit_leaves)).scalar()
    )
    before = {s.name: held.store.read_now(lambda c, s=s: s.export(c, anna)) for s in STORES}
    receipt = run(held, lambda: held.erasure.erase(bernd, ASKED))
    left = everything_in(held)
    for word in (
        bernd,
        held.trail.pseudonym(bernd),
        WORDS,
        "Bernd",
        "'bernd'",
    ):
        assert word not in left, word
    assert before == {s.name: held.store.read_now(lambda c, s=s: s.export(c, anna)) for s in STORES}
    assert receipt["erased"]["events"] == 4
    now = held.store.read_now(
        lambda c: c.execute(select(func.count()).select_from(audit_leaves)).scalar()
    )
    assert now == leaves + 1  # the leaves stay, and the erasure has one
    assert '"tokens":7' in left
    assert '"tokens":3' not in left
    assert held.ended == [bernd, bernd]


def test_what_others_use_stays_without_its_author(held):
    """A shared assistant keeps working and names nobody; a private prompt is gone."""
    bernd = held.person("bernd")
    held.store.write_now(lambda c: add_everything(c, bernd))
    receipt = run(held, lambda: held.erasure.erase(bernd, ASKED))
    items = held.store.read_now(lambda c: c.execute(select(library_items)).mappings().all())
    versions = held.store.read_now(lambda c: c.execute(select(library_versions)).mappings().all())
    assert [(one["kind"], one["owner_id"]) for one in items] == [("assistant", None)]
    assert [one["author_id"] for one in versions] == [None]
    assert [one["count"] for one in receipt["kept"] if one["what"] == "library"] == [1]


def test_what_an_administrator_changed_of_the_house_stays_on_record(held):
    """It names the pseudonym only, and nobody can make it again without the erased id."""
    held.person("anna", "admin")
    bernd = held.person("bernd", "admin")

    async def lived():
        await held.trail.record("provider.added", actor=bernd, subject="p-1")
        await held.trail.record("session.opened", actor=bernd, subject=bernd)

    run(held, lived)
    run(held, lambda: held.erasure.erase(bernd, ASKED))
    kinds = held.store.read_now(
        lambda c: (
            c.execute(select(audit_payloads.c.kind).order_by(audit_payloads.c.seq)).scalars().all()
        )
    )
    assert kinds == ["provider.added", "user.erased"]
    assert bernd not in everything_in(held)


def test_the_words_are_not_in_the_file_any_more(held):
    """After an erasure neither SQLite's file nor its log has them, whoever asked for it."""
    if not held.store.is_sqlite:
        pytest.skip(
            "PostgreSQL's pages are its own; docs/operator/retention.md says what that means"
        )
    bernd = held.person("bernd")
    held.store.write_now(lambda c: add_everything(c, bernd, WORDS * 500))
    run(held, lambda: held.erasure.erase(bernd, ASKED))
    path = Path(held.store.name)
    for one in (path, path.with_name(path.name + "-wal")):
        content = one.read_bytes() if one.exists() else b""
        assert WORDS.encode() not in content
        assert WORDS.casefold().encode() not in content
        assert bernd.encode() not in content


def test_a_hold_of_an_unknown_reach_is_not_placed(held):
    """What holds nobody must not look as if it held everybody."""
    bernd = held.person("bernd")
    with pytest.raises(InvalidField, match="target"):
        run(held, lambda: held.holds.place(HoldWish("user", bernd, "Verfahren 4711"), "admin"))


def test_a_hold_refuses_with_its_reason_and_changes_nothing(held):
    """Art. 17(3): while it lasts nothing is erased, and the answer says why."""
    bernd = held.person("bernd")
    held.store.write_now(lambda c: add_everything(c, bernd))
    run(held, lambda: held.holds.place(HoldWish("person", bernd, "Verfahren 4711"), "admin"))
    before = everything_in(held)
    with pytest.raises(DataHeld, match="Verfahren 4711"):
        run(held, lambda: held.erasure.erase(bernd, ASKED))
    assert everything_in(held) == before
    assert held.ended == []


def test_the_last_administrator_and_nobody_cannot_be_erased(held):
    """Somebody must be left to look after the house."""
    anna = held.person("anna", "admin")
    with pytest.raises(LastAdmin):
        run(held, lambda: held.erasure.erase(anna, ASKED))
    with pytest.raises(NotFound):
        run(held, lambda: held.erasure.erase("nobody", ASKED))


def test_the_receipt_is_the_houses_and_shows_every_change(held):
    """It verifies as it was given out; one changed number, another house or nonsense does not."""
    bernd = held.person("bernd")
    held.store.write_now(lambda c: add_everything(c, bernd))
    receipt = run(held, lambda: held.erasure.erase(bernd, ASKED))
    assert held.signer.verified(as_text(receipt))["account"] == "bernd"
    counts = {**receipt["erased"], "conversations": 0}
    for broken in (
        as_text({**receipt, "erased": counts}),
        as_text({**receipt, "signature": ""}),
        as_text({**receipt, "signature": "x"}),
        "[]",
        "no",
        "[" * 100_000,
        json.dumps({"format": "hausgeist-erasure-receipt/1"}),
    ):
        with pytest.raises(BadUpload):
            held.signer.verified(broken)
    with pytest.raises(BadUpload):
        Signer(b"another house's secret, 32 bytes").verified(as_text(receipt))
    kinds = [one["what"] for one in receipt["kept"]]
    assert kinds == ["ledger", "trail", "library", "copies", "backups"]
