# SPDX-License-Identifier: EUPL-1.2
"""Signed heads: when they are made, what they say, what the database and the house refuse."""

import asyncio
import base64

import pytest
from auditing import SECRET, checked, unlock
from sqlalchemy import delete, insert, select, text
from sqlalchemy.exc import DBAPIError

from hausgeist.audit import checkpoints as module
from hausgeist.audit import tree
from hausgeist.audit.notes import Notary, parsed
from hausgeist.core.hashing import tree_hash
from hausgeist.errors import NotFound, TrailBroken
from hausgeist.store.tables import (
    audit_checkpoints,
    audit_erased,
    audit_leaves,
    audit_nodes,
    audit_payloads,
)


def leaves_of(house):
    return [
        bytes(one)
        for one in house.store.read_now(
            lambda c: (
                c.execute(select(audit_leaves.c.hash).order_by(audit_leaves.c.seq)).scalars().all()
            )
        )
    ]


def test_a_head_says_what_all_leaves_say(house):
    """Grown in steps over more than two stored subtrees, the root is that of the definition."""
    assert house.make() is None
    for count in (1, 5, 250, 300, 1):
        house.happen(count)
        head = house.make()
        leaves = leaves_of(house)
        assert (head.size, head.root) == (len(leaves), tree_hash(leaves))
    assert house.store.read_now(lambda c: len(c.execute(select(audit_nodes)).all())) == 2
    assert house.make().size == 557  # nothing happened: the same again


def test_a_note_is_read_by_whoever_knows_the_format(house):
    """Origin, size, root, an empty line, a signature; only this house's key opens it, unchanged."""
    house.happen(3)
    head = house.make()
    lines = head.note.split("\n")
    assert lines[0].startswith("hausgeist/")
    assert (lines[1], lines[3]) == ("3", "")
    assert base64.b64decode(lines[2]) == head.root
    assert lines[4].startswith(f"\u2014 {lines[0]} ")
    notary = Notary(SECRET)
    assert notary.opened(head.note) == parsed(head.note)
    assert notary.opened(head.note.replace("\n3\n", "\n4\n")) is None
    assert Notary(b"x" * 32).opened(head.note) is None
    assert notary.opened("") is None


def test_the_round_makes_heads_by_number_and_by_time(house, monkeypatch):
    """After so many events at once, after ten minutes for fewer, and never for nothing."""
    monkeypatch.setattr(module, "EVERY_EVENTS", 10)

    def known():
        asyncio.run(house.heads.tend())
        head = asyncio.run(house.heads.newest())
        return 0 if head is None else head.size

    house.happen(1)
    assert known() == 1  # the first one at once: an empty trail proves nothing
    house.happen(9)
    assert known() == 1
    house.happen(1)
    assert known() == 11
    house.happen(1)
    assert known() == 11
    house.now += module.EVERY_MS
    assert known() == 12


def test_the_database_refuses_to_change_what_is_proven(house):
    """Heads, subtrees, leaves, payloads and erasures can be appended and nothing else."""
    house.happen(300)
    house.make()
    house.store.write_now(lambda c: c.execute(insert(audit_erased).values(seq=1, event=2)))
    for table in ("checkpoints", "nodes", "leaves", "erased"):
        for sql in (f"DELETE FROM audit_{table}", f"UPDATE audit_{table} SET {_column(table)}"):
            with pytest.raises(DBAPIError, match="append-only"):
                house.store.write_now(lambda c, sql=sql: c.execute(text(sql)))
    with pytest.raises(DBAPIError, match="append-only"):
        house.store.write_now(lambda c: c.execute(text("UPDATE audit_payloads SET at = at")))
    with pytest.raises(DBAPIError, match="erasure alone"):
        house.store.write_now(lambda c: c.execute(text("DELETE FROM audit_payloads")))
    for table in ("checkpoints", "nodes", "leaves", "erased", "payloads"):
        if house.store.is_sqlite:  # it deletes, too, where it replaces
            replace = f"REPLACE INTO audit_{table} SELECT * FROM audit_{table}"
            with pytest.raises(DBAPIError, match=r"append-only|erasure alone"):
                house.store.write_now(lambda c, sql=replace: c.execute(text(sql)))
        else:
            with pytest.raises(DBAPIError, match="append-only"):
                house.store.write_now(
                    lambda c, t=table: c.execute(text(f"TRUNCATE audit_{t} CASCADE"))
                )


def _column(table):
    name = {"checkpoints": "at", "nodes": "hash", "leaves": "hash", "erased": "event"}[table]
    return f"{name} = {name}"


def test_nothing_is_taken_out_without_an_event_that_says_so(house):
    """A payload whose erasure names an event that never comes stays where it is."""
    house.happen(3)

    def work(connection):
        connection.execute(insert(audit_erased).values(seq=1, event=99))
        connection.execute(delete(audit_payloads).where(audit_payloads.c.seq == 1))

    with pytest.raises(DBAPIError):
        house.store.write_now(work)
    left = house.store.read_now(lambda c: c.execute(select(audit_payloads.c.seq)).scalars().all())
    assert sorted(left) == [0, 1, 2]


def test_a_house_whose_past_has_changed_signs_nothing_more(house):
    """Where the newest head no longer holds, the next one is refused, and a look says so."""
    house.happen(5)
    house.make()
    unlock(house, "audit_leaves")
    house.store.write_now(
        lambda c: c.execute(
            text("UPDATE audit_leaves SET hash = :h WHERE seq = 2"), {"h": b"x" * 32}
        )
    )
    house.happen(1)
    with pytest.raises(TrailBroken):
        house.make()
    with pytest.raises(TrailBroken):
        asyncio.run(house.heads.look())
    assert asyncio.run(house.heads.newest()).size == 5


def test_a_look_compares_the_newest_payloads(house):
    """A changed word in a payload is found, though every hash of the tree is right."""
    house.happen(5)
    assert asyncio.run(house.heads.look()).events == 5
    unlock(house, "audit_payloads")
    sql = "UPDATE audit_payloads SET body = replace(body, 'name', 'nome') WHERE seq = 3"
    house.store.write_now(lambda c: c.execute(text(sql)))
    with pytest.raises(TrailBroken):
        asyncio.run(house.heads.look())


def test_a_proof_of_one_event_is_checked_alone(house, tmp_path):
    """The proof with the public key shows the event's words; changed, it shows nothing."""
    house.happen(300)
    house.make()
    key, proof = tmp_path / "key.txt", tmp_path / "event.tlog-proof"
    key.write_text(house.heads.notary.key)
    found = asyncio.run(house.heads.proof(270))
    proof.write_text(found.text, encoding="utf-8")
    code, said = checked("--proof", proof, "--key", key)
    assert (code, "subject-270" in said) == (0, True)
    proof.write_text(found.text.replace("index 270", "index 271"), encoding="utf-8")
    code, said = checked("--proof", proof, "--key", key)
    assert (code, "not in the tree" in said) == (1, True)
    with pytest.raises(NotFound):
        asyncio.run(house.heads.proof(300))


def test_heads_lead_from_one_to_the_next(house):
    """An older head is proven to be the beginning of a newer one, from what is stored."""
    house.happen(260)
    old = house.make()
    house.happen(300)
    new = house.make()

    def read(connection):
        def fetch(level, first, count):
            return module.checkpoints.hashes(connection, level, first, count)

        return tree.consistency(fetch, old.size, new.size)

    path = house.store.read_now(read)
    assert tree.consistent(old.size, new.size, path, old.root, new.root)


def test_two_servers_make_one_head(house):
    """Of two that sign at the same time one head is kept."""
    house.happen(3)

    async def both():
        other = module.Checkpoints(house.store, Notary(SECRET), house.clock)
        return await asyncio.gather(house.heads.make(), other.make())

    one, two = asyncio.run(both())
    assert one.root == two.root
    assert house.store.read_now(lambda c: len(c.execute(select(audit_checkpoints)).all())) == 1
