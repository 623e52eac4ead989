# SPDX-License-Identifier: EUPL-1.2
"""The stand-alone check: what an auditor finds with an export and a checkpoint kept outside."""

import asyncio
import json
import shutil
import zipfile

import pytest
from auditing import House, checked, unlock
from sqlalchemy import delete, insert, text

from hausgeist.core.hashing import leaf_hash
from hausgeist.errors import TrailBroken
from hausgeist.store import erasure, schema
from hausgeist.store.db import Store, sqlite_url
from hausgeist.store.tables import audit_changes, audit_leaves, audit_payloads
from hausgeist.store.transfer import move


def kept(house, tmp_path):
    """A checkpoint on somebody's stick."""
    path = tmp_path / "kept.txt"
    path.write_text(house.make().note, encoding="utf-8")
    return path


def rewritten(path, change):
    """The archive with its lines of events changed."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def on_lines(change, member="events.jsonl"):
    def work(members):
        lines = members[member].decode().splitlines()
        changed = change(lines) or lines
        members[member] = ("\n".join(changed) + "\n").encode()

    return work


@pytest.mark.parametrize("plain", [False, True])
def test_an_untouched_trail_holds(house, tmp_path, plain):
    """Without Hausgeist, and without any package, the export and a kept checkpoint are found in order."""
    house.happen(20)
    outside = kept(house, tmp_path)
    house.happen(290)
    archive = house.export(tmp_path / "trail.zip")
    code, said = checked(archive, "--against", outside, plain=plain)
    assert code == 0, said
    assert json.loads(said.splitlines()[0]) == {
        "events": 310,
        "erased": 0,
        "checkpoints": 2,
        "against": 20,
    }
    with zipfile.ZipFile(archive) as inside:
        assert {"LIESMICH.txt", "README.txt", "verify.py", "key.txt", "checkpoint.txt"} <= set(
            inside.namelist()
        )


def _forgotten(house, numbers):
    """Take out what some events say, as an erasure does."""

    async def work():
        def both(connection):
            return {"events": erasure.forget_events(connection, numbers)}

        await house.trail.change("user.erased", both, actor="house", subject="receipt")

    asyncio.run(work())


def test_an_erasure_leaves_every_proof_valid(house, tmp_path):
    """What is erased can be read no more, what stays is proven as before, also against an old checkpoint."""
    house.happen(300)
    outside = kept(house, tmp_path)
    _forgotten(house, [3, 4, 299])
    house.happen(1)
    archive = house.export(tmp_path / "trail.zip")
    code, said = checked(archive, "--against", outside)
    assert code == 0, said
    assert json.loads(said.splitlines()[0])["erased"] == 3
    with zipfile.ZipFile(archive) as inside:
        lines = inside.read("events.jsonl").decode().splitlines()
    assert set(json.loads(lines[3])) == {"seq", "leaf", "erased_by"}
    assert 'subject-5\\"' in "".join(lines)
    assert 'subject-4\\"' not in "".join(lines)
    assert asyncio.run(house.heads.proof(3)).body is None
    assert asyncio.run(house.heads.look()).erased == 3


def _word(lines):
    lines[7] = lines[7].replace("subject-7", "subject-8")


def _leaf(lines):
    found = json.loads(lines[7])
    found["leaf"] = ("0" if found["leaf"][0] != "0" else "1") + found["leaf"][1:]
    lines[7] = json.dumps(found)


def _number(lines):
    lines[7] = lines[7].replace('"seq":7', '"seq":8')


def _swap(lines):
    lines[7], lines[8] = lines[8], lines[7]


def _swap_with_numbers(lines):
    one, two = json.loads(lines[7]), json.loads(lines[8])
    one["seq"], two["seq"] = 8, 7
    lines[7], lines[8] = json.dumps(two), json.dumps(one)


def _drop(lines):
    del lines[7]


def _cut(lines):
    del lines[-1]


def _hide(lines):
    found = json.loads(lines[7])
    lines[7] = json.dumps({"seq": 7, "leaf": found["leaf"], "erased_by": 9})


def _add(lines):
    found = json.loads(lines[-1])
    lines.append(json.dumps(found | {"seq": found["seq"] + 1}))


@pytest.mark.parametrize(
    "change", [_word, _leaf, _number, _swap, _swap_with_numbers, _drop, _cut, _hide, _add]
)
def test_a_changed_archive_is_found(store, tmp_path, change):
    """A byte of a payload, a leaf or a number, an order, a gap, an end: each is found by itself."""
    if not store.is_sqlite:
        pytest.skip("the archive is the same")
    house = House(store)
    house.happen(12)
    archive = rewritten(house.export(tmp_path / "trail.zip"), on_lines(change))
    code, said = checked(archive)
    assert code == 1
    assert "BROKEN" in said


def _sql(sql, **values):
    def work(house):
        house.store.write_now(lambda c: c.execute(text(sql), values))

    return work


def _reorder(house):
    for table, columns in (("leaves", "hash"), ("payloads", "salt at kind body")):
        for one, two in ((7, -7), (8, 7), (-7, 8)):
            house.store.write_now(
                lambda c, t=table, a=one, b=two: c.execute(
                    text(f"UPDATE audit_{t} SET seq = :b WHERE seq = :a"), {"a": a, "b": b}
                )
            )
        assert columns


def _rehash(house):
    """Change a payload and its leaf together, as somebody does who knows how leaves are made."""

    def work(connection):
        body = connection.execute(text("SELECT body FROM audit_payloads WHERE seq = 7")).scalar()
        salt = connection.execute(text("SELECT salt FROM audit_payloads WHERE seq = 7")).scalar()
        body = body.replace("subject-7", "subject-X")
        connection.execute(text("UPDATE audit_payloads SET body = :b WHERE seq = 7"), {"b": body})
        connection.execute(
            text("UPDATE audit_leaves SET hash = :h WHERE seq = 7"),
            {"h": leaf_hash(bytes(salt), body.encode())},
        )

    house.store.write_now(work)


def _no_heads(house):
    """Throw away all heads and subtrees, so that the house signs whatever there is now."""
    for table in ("checkpoints", "nodes"):
        unlock(house, f"audit_{table}")
        house.store.write_now(lambda c, t=table: c.execute(text(f"DELETE FROM audit_{t}")))


def _cut_off(house):
    for table in (audit_changes, audit_payloads, audit_leaves):
        house.store.write_now(lambda c, t=table: c.execute(delete(t).where(t.c.seq >= 15)))


def _cut_and_grown(house):
    _cut_off(house)
    house.happen(20)


ATTACKS = {
    "the end cut off": (_cut_off, "more events than the trail"),
    "the end cut off and other events since": (_cut_and_grown, "another root"),
    "a payload with its leaf": (_rehash, "another root"),
    "the order": (_reorder, "another root"),
    "a leaf": (
        _sql("UPDATE audit_leaves SET hash = :h WHERE seq = 7", h=b"x" * 32),
        "not what was hashed",
    ),
    "a byte of a payload": (
        _sql("UPDATE audit_payloads SET body = replace(body, 'subject-7', 'subject-8')"),
        "not what was hashed",
    ),
    "a payload taken out in silence": (
        _sql("DELETE FROM audit_payloads WHERE seq = 7"),
        "without an erasure",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_who_owns_the_database_is_found_by_a_checkpoint_outside(house, tmp_path, attack):
    """Triggers off, heads thrown away, all signed anew with the house's own key: it is found all the same."""
    house.happen(20)
    outside = kept(house, tmp_path)
    work, words = ATTACKS[attack]
    for table in ("audit_leaves", "audit_payloads"):
        unlock(house, table)
    _no_heads(house)
    work(house)
    code, said = checked(house.export(tmp_path / "trail.zip"), "--against", outside)
    assert code == 1
    assert words in said


def test_an_old_backup_is_found(house, tmp_path):
    """A database from before, with events since, does not hold against what was kept in between."""
    house.happen(10)
    backup = Store(sqlite_url(tmp_path / "backup.db"))
    schema.prepare(backup)
    move(house.store, backup)
    house.happen(10)
    outside = kept(house, tmp_path)
    restored = House(backup)
    restored.happen(3)
    code, said = checked(restored.export(tmp_path / "a.zip"), "--against", outside)
    assert (code, "more events than the trail" in said) == (1, True)
    restored.happen(30)
    code, said = checked(restored.export(tmp_path / "b.zip"), "--against", outside)
    assert (code, "another root" in said) == (1, True)
    backup.close()


def test_another_key_is_found(store, tmp_path):
    """A trail that was written anew and signed with another key holds by itself, and not against ours."""
    house = House(store)
    house.happen(10)
    outside = kept(house, tmp_path)
    other = Store(sqlite_url(tmp_path / "other.db"))
    schema.prepare(other)
    forger = House(other, secret=b"f" * 32)
    forger.happen(10)
    archive = forger.export(tmp_path / "forged.zip")
    assert checked(archive)[0] == 0
    code, said = checked(archive, "--against", outside)
    assert (code, "not signed with this key" in said) == (1, True)
    other.close()


def test_a_swapped_checkpoint_is_found(store, tmp_path):
    """Checkpoints of an archive in another order, with another's signature or another number are refused."""
    if not store.is_sqlite:
        pytest.skip("the archive is the same")
    house = House(store)
    house.happen(10)
    house.make()
    house.happen(10)
    second = house.make()

    def swap(lines):
        return lines[::-1]

    def mix(lines):
        one, two = json.loads(lines[0]), json.loads(lines[1])
        one["note"] = one["note"].partition("\n\n")[0] + "\n\n" + two["note"].partition("\n\n")[2]
        return [json.dumps(one), lines[1]]

    def renumber(lines):
        return [lines[0].replace("\\n10\\n", "\\n11\\n"), lines[1]]

    plain = house.export(tmp_path / "trail.zip")
    for number, change in enumerate((swap, mix, renumber)):
        copy = shutil.copy(plain, tmp_path / f"{number}.zip")
        code, said = checked(rewritten(copy, on_lines(change, "checkpoints.jsonl")))
        assert (code, "BROKEN" in said) == (1, True)
    bad = tmp_path / "bad.txt"
    bad.write_text(second.note.replace("\n20\n", "\n10\n"), encoding="utf-8")
    assert checked(plain, "--against", bad)[0] == 1


def test_what_is_no_archive_is_said(tmp_path):
    """A text instead of an archive ends with a sentence, not with a traceback."""
    path = tmp_path / "no.zip"
    path.write_text("no", encoding="utf-8")
    code, said = checked(path)
    assert code == 1
    assert "Traceback" not in said
    assert "NICHT IN ORDNUNG: die Datei ist nicht lesbar" in checked(path, "--deutsch")[1]


def test_a_leaf_without_payload_and_erasure_cannot_be_made(house):
    """Not even an insert with a later number hides that numbers are missing."""
    house.happen(2)
    house.store.write_now(lambda c: c.execute(insert(audit_leaves).values(seq=9, hash=b"x" * 32)))
    with pytest.raises(TrailBroken):
        asyncio.run(house.heads.look())
