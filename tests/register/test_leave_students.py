# SPDX-License-Identifier: EUPL-1.2
"""A task that comes back out of its archive with its students: what is believed of them, and what is not."""

import hashlib
import json
import zipfile

import pytest
from gate_house import Says, run
from leavemade import PARTS, housed, written
from taskmade import made_person

from hausgeist.core.tasks import Partition, TaskKind
from hausgeist.errors import StudentDown
from hausgeist.register import leave
from hausgeist.register.leaving import returning
from hausgeist.register.leaving.archive import LISTED
from hausgeist.store import evaluations, items, openings, students
from hausgeist.training.trainers import Recipe, files_hash, load


@pytest.fixture
def home(store, tmp_path):
    """Sixty gold texts, twenty of dev, and what was said of them."""
    return housed(store, tmp_path / "data")


@pytest.fixture
def recipe():
    """What a single-label student of the messages is to be."""
    return Recipe(TaskKind.SINGLE, tuple(PARTS))


@pytest.fixture
def messages():
    """The function that gives messages."""
    return written


def put(path, into, change):
    """A copy of an archive, each file as ``change`` gives it by name and content; None: left out."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(into, "w") as new:
        for name in old.namelist():
            body = change(name, old.read(name))
            if body is not None:
                new.writestr(name, body)
    return into


def summed(path, into):
    """A copy with a list of hashes that fits, as a hand would make it that changed a file."""
    sums = {}

    def note(name, body):
        sums[name] = hashlib.sha256(body).hexdigest()
        return body

    def renew(name, body):
        told = "".join(f"{one}  {at}\n" for at, one in sums.items() if at != "SHA256SUMS")
        return told.encode() if name == "SHA256SUMS" else body

    put(path, path.with_name("x.zip"), note)
    return put(path, into, renew)


def test_students_come_back_and_answer_as_before(home, messages, recipe, tmp_path):
    """Under their numbers, with their files by hash; development texts are measured here, anew."""
    house = home.house
    made_person(house.store)
    house.answered(80)
    home.trained("majority", messages(30), recipe, 1)
    folder = home.trained("words", messages(90), recipe, 2)
    house.store.write_now(lambda c: students.mark_deleted(c, "t1", "s1"))
    (folder / "dev.jsonl").write_text(json.dumps(["i60", '{"labels":["bau"]}', 1.0, [], 0.0]))
    held = ["i80", '{"labels":["bau"]}', 0.7, [["bau", 0.7]], 0.1]
    (folder / "held_out.jsonl").write_text(json.dumps(held) + "\n")
    path, _ = run(home.taken())
    copy = put(path, tmp_path / "copy.zip", lambda _, body: body)
    found = run(home.leave.restored(copy, "id-anna"))
    assert (found.students, found.left_out, found.card) == (1, 0, True)
    (one,) = house.store.read_now(lambda c: students.of_task(c, found.task.id))
    assert (one.number, one.rung, one.files_hash) == (2, "words", files_hash(folder))
    place = home.folder / "students" / found.task.id / one.id
    texts = [each.text for each in messages(20, seed=3)]
    assert load(place).predict(texts) == load(folder).predict(texts)
    (kept,) = house.store.read_now(lambda c: evaluations.newest(c, found.task.id, Partition.DEV))
    results = house.store.read_now(lambda c: evaluations.results(c, found.task.id, kept.id))
    assert len(results) == 20
    assert kept.facts["quality"]["accuracy"] < 1  # it was never told of these labels
    assert one.facts["elsewhere"] is True
    there = {item.id for item in house.store.read_now(lambda c: items.walk(c, found.task.id))}
    said = [json.loads(line)[0] for line in (place / "held_out.jsonl").read_text().splitlines()]
    assert len(said) == 1
    assert set(said) <= there
    assert run(home.leave.card(found.task))["elsewhere"]["task"]


@pytest.mark.parametrize(
    "hand",
    ["changed", "changed_with_sums", "manifest", "format", "kind", "more", "pickle", "no_sums"],
)
def test_a_student_that_is_not_what_it_says_stays_behind(home, messages, recipe, tmp_path, hand):
    """The task comes back without it, and how many stayed is told."""
    made_person(home.house.store)
    home.trained("words", messages(60), recipe)
    path, _ = run(home.taken())

    def change(name, body):
        manifest = name.endswith("v1/manifest.json")
        if hand.startswith("changed") and "students/v1/" in name and not manifest:
            return body + b" "
        if hand == "manifest" and manifest:
            return b"{}"
        if hand == "format" and manifest:
            return body.replace(b"hausgeist-student/1", b"hausgeist-student/9")
        if hand == "kind" and manifest:
            return body.replace(b'"kind": "single"', b'"kind": "spans"')
        if hand == "pickle" and manifest:
            return body.replace(b'"rung": "words"', b'"rung": "pickle"')
        return None if hand == "no_sums" and name == "SHA256SUMS" else body

    broken = put(path, tmp_path / "broken.zip", change)
    if hand == "more":
        with zipfile.ZipFile(broken, "a") as file:
            file.writestr("students/v1/run.py", "import os")
    if hand not in {"changed", "no_sums"}:
        broken = summed(broken, tmp_path / "summed.zip")
    found = run(home.leave.restored(broken, "id-anna"))
    assert (found.students, found.left_out) == (0, 1)
    folder = home.folder / "students" / found.task.id
    assert [one.name for one in folder.glob("*/")] == []


def test_names_in_an_archive_are_never_paths(home, messages, recipe, tmp_path):
    """What would lie elsewhere is not unpacked at all."""
    made_person(home.house.store)
    home.trained("majority", messages(30), recipe)
    path, _ = run(home.taken())
    copy = put(path, tmp_path / "copy.zip", lambda _, body: body)
    with zipfile.ZipFile(copy, "a") as file:
        for name in (
            "students/v1/../../out",
            "students/v1/a/b",
            "/students/v1/out",
            "students/v1/..",
        ):
            file.writestr(name, "out")
    found = run(home.leave.restored(copy, "id-anna"))
    assert (found.students, found.left_out) == (1, 0)
    assert not list(home.folder.rglob("out"))
    assert not list(tmp_path.rglob("out"))


def test_what_unpacks_to_more_than_it_may_stays_behind(
    home, messages, recipe, tmp_path, monkeypatch
):
    """Sizes are counted as they come, whatever the archive says of them."""
    made_person(home.house.store)
    home.trained("words", messages(60), recipe)
    path, _ = run(home.taken())
    copy = put(path, tmp_path / "copy.zip", lambda _, body: body)
    monkeypatch.setattr(returning, "FILE_MOST", 100)
    found = run(home.leave.restored(copy, "id-anna"))
    assert (found.students, found.left_out) == (0, 1)


def test_a_verdict_of_another_house_decides_nothing_here(home, tmp_path):
    """It stands in the card that came along; the gold set of this house has no opening."""
    house = home.house
    made_person(house.store)
    house.ready()
    run(house.opened(Says(house, wrong=range(2)), Says(house, wrong=range(4))))
    path, _ = run(home.taken())
    copy = put(path, tmp_path / "copy.zip", lambda _, body: body)
    found = run(home.leave.restored(copy, "id-anna"))
    assert house.store.read_now(lambda c: openings.of_task(c, found.task.id)) == []
    before = run(home.leave.card(found.task))["elsewhere"]
    assert before["gold"]["openings"][0]["verdict"]


@pytest.mark.parametrize("name", ["facts.json", "held_out.jsonl"])
def test_what_is_read_in_the_house_itself_is_small(home, recipe, tmp_path, monkeypatch, name):
    """Facts and what was said of held-out texts are read here, not in a child: bombs are left out."""
    made_person(home.house.store)
    folder = home.trained("majority", written(30), recipe)
    (folder / name).write_text(" " * 2_000)
    path, _ = run(home.taken())
    copy = put(path, tmp_path / "copy.zip", lambda _, body: body)
    monkeypatch.setitem(returning.SAID_MOST, name, 1_000)
    found = run(home.leave.restored(copy, "id-anna"))
    assert (found.students, found.left_out) == (0, 1)


@pytest.mark.parametrize("moment", ["1e999", "123456789012345678901234567890", "-5"])
def test_a_moment_that_cannot_be_breaks_nothing_off(home, messages, recipe, tmp_path, moment):
    """The others come back, whatever the archive tells of one."""
    made_person(home.house.store)
    home.trained("majority", messages(30), recipe, 1)
    home.trained("majority", messages(40), recipe, 2)
    path, _ = run(home.taken())

    def change(name, body):
        if name != LISTED:
            return body
        first, second = json.loads(body)
        first["created_at"] = "MOMENT"
        return json.dumps([first, second]).replace('"MOMENT"', moment).encode()

    broken = summed(put(path, tmp_path / "broken.zip", change), tmp_path / "summed.zip")
    found = run(home.leave.restored(broken, "id-anna"))
    assert found.students + found.left_out == 2
    assert found.students >= 1


def test_two_students_that_claim_one_id_are_two(home, messages, recipe, tmp_path):
    """The second does not take the first one's folder with it."""
    made_person(home.house.store)
    home.trained("majority", messages(30), recipe, 1)
    home.trained("majority", messages(40), recipe, 2)
    path, _ = run(home.taken())

    def change(name, body):
        return body.replace(b'"id": "s2"', b'"id": "s1"').replace(b'"id":"s2"', b'"id":"s1"')

    broken = summed(put(path, tmp_path / "broken.zip", change), tmp_path / "summed.zip")
    found = run(home.leave.restored(broken, "id-anna"))
    assert (found.students, found.left_out) == (2, 0)


def test_students_that_never_answer_hold_nobody_up_for_hours(home, recipe, tmp_path, monkeypatch):
    """After a few of them the others stay behind unasked."""
    made_person(home.house.store)
    for number in range(1, 6):
        home.trained("majority", written(30), recipe, number)
    path, _ = run(home.taken())
    copy = put(path, tmp_path / "copy.zip", lambda _, body: body)
    asked = []

    async def silent(self, folder, texts):
        asked.append(folder)
        raise StudentDown

    monkeypatch.setattr(leave.Predictor, "predict", silent)
    found = run(home.leave.restored(copy, "id-anna"))
    assert (found.students, found.left_out, len(asked)) == (0, 5, leave.SILENT_MOST)
    folder = home.folder / "students" / found.task.id
    assert [one.name for one in folder.glob("*/")] == []
