# SPDX-License-Identifier: EUPL-1.2
"""From a data set to students by the job, in a real child, over a real database."""

import asyncio
import os
import signal

import pytest
from sqlalchemy import delete, insert

from hausgeist.audit import Trail
from hausgeist.core.jobs import Job
from hausgeist.core.tasks import Label, Part, Partition, Task, TaskKind
from hausgeist.errors import Conflict, InvalidField, NotFound, TrainingFailed
from hausgeist.jobs.queue import Jobs
from hausgeist.jobs.work import JobCancelled, run_here
from hausgeist.store import datasets, evaluations, schema, students, tasks
from hausgeist.store.datasets import Content, Dataset, Line
from hausgeist.store.db import Store, sqlite_url
from hausgeist.store.tables import items
from hausgeist.store.tasks import Member
from hausgeist.training.lessons import learn
from hausgeist.training.students import Students
from hausgeist.training.train import train


class House:
    """A task of messages with a data set of 120 for the pool and 40 for dev."""

    def __init__(self, home, messages, kind=TaskKind.SINGLE):
        self.home = home
        self.store = Store(sqlite_url(home / "hausgeist.db"))
        schema.prepare(self.store)
        labels = tuple(Label(one, one.title()) for one in ("strasse", "muell", "ausweis"))
        self.task = Task(id="t1", name="anliegen", title="Anliegen", kind=kind, labels=labels)
        owner = Member("m1", "t1", None, Part.OWNER, {}, 0, None)
        self.store.write_now(lambda c: tasks.add(c, self.task, owner))
        self.examples = messages(160)
        content = Content()
        for at, one in enumerate(self.examples):
            partition = Partition.POOL if at < 120 else Partition.DEV
            self._item(at, one, partition)
            source = "teacher" if at % 3 == 0 and at < 120 else "person"
            weight = 0.3 if source == "teacher" else 1.0
            content.add(Line(one.item, partition, one.item, one.value, weight, source, ()))
        packed, sha256, counts = content.close()
        dataset = Dataset(
            id="d1",
            task_id="t1",
            number=0,
            hash=sha256,
            counts=counts,
            schema_version=1,
            created_at=1,
        )
        self.store.write_now(lambda c: datasets.add(c, dataset, packed))
        self.jobs = Jobs(self.store, lambda: 1000)
        trail = Trail(self.store, b"k" * 32, lambda: 1000)
        self.students = Students(self.store, trail, self.jobs, home)

    def _item(self, at, example, partition):
        row = {"id": example.item, "task_id": "t1", "seq": at, "text": example.text}
        row |= {"text_hash": example.item, "partition": partition.value, "meta": "{}"}
        for column in items.c:
            if not column.nullable:
                row.setdefault(column.name, column.type.python_type())
        self.store.write_now(lambda c: c.execute(insert(items).values(**row)))

    def run(self, *rungs, job_id="j1", keep=None):
        job = Job(
            id=job_id,
            kind="train",
            task_id="t1",
            params={"dataset": "d1", "rungs": list(rungs), "seed": 7},
        )
        function = train(self.store, self.home, lambda: 1000)
        more = () if keep is None else (keep,)
        return asyncio.run(run_here(job, function, None, *more))

    def listed(self):
        return asyncio.run(self.students.list(self.task))


@pytest.fixture
def house(tmp_path, messages):
    """A house with a task and a data set."""
    made = House(tmp_path, messages)
    yield made
    made.store.close()


def test_a_data_set_becomes_students(house):
    """Each rung has a row with its facts, a folder that answers, and an evaluation on dev."""
    told = []

    async def keep(done, total, note):
        told.append((done, total, note))
        return True

    result = house.run("majority", "words", keep=keep)
    words, majority = house.listed()
    assert result == {"students": [majority.id, words.id], "refused": [], "dataset": "d1"}
    assert (majority.rung, majority.number, words.rung, words.number) == ("majority", 1, "words", 2)
    assert words.dataset_id == "d1"
    assert words.facts["dev"]["quality"]["accuracy"] > 0.85
    assert majority.facts["dev"]["quality"]["accuracy"] < 0.6
    assert [one["share"] for one in words.facts["curve"]] == [0.1, 0.2, 0.5, 1.0]
    assert words.facts["examples"] == {"person": 80, "teacher": 40}
    assert words.facts["people_only"]["examples"] == 80
    assert words.facts["calibration"]["count"] == 40
    assert words.facts["ms_per_document"] > 0
    assert words.size > 0
    assert told[-1][:2] == (200, 200)
    found = house.store.read_now(lambda c: evaluations.newest(c, "t1", Partition.DEV))
    assert {one.subject for one in found} == {words.subject, majority.subject}
    results = house.store.read_now(lambda c: evaluations.results(c, "t1", found[0].id))
    assert {one.item for one in results} == {one.item for one in house.examples[120:]}


def test_what_was_held_out_is_kept_by_item(house):
    """The list of suspect labels finds what a model said of each item of the pool unseen."""
    house.run("words")
    (student,) = house.listed()

    async def ask():
        held_out = await house.students.held_out(student)
        dev = await house.students.dev(student)
        (guess,) = await house.students.predict(student, ["Die Biotonne am Markt stinkt"])
        await house.students.close()
        return held_out, dev, guess

    held_out, dev, guess = asyncio.run(ask())
    assert set(held_out) == {one.item for one in house.examples[:120]}
    assert set(dev) == {one.item for one in house.examples[120:]}
    assert guess.value.labels == ("muell",)


def test_the_same_data_set_and_recipe_give_the_same_student(house):
    """Two trainings, one hash."""
    house.run("words", job_id="j1")
    house.run("words", job_id="j2")
    one, two = house.listed()
    assert one.files_hash == two.files_hash
    assert one.id != two.id


def test_a_training_that_is_started_again_goes_on(house):
    """What is there already is not made again."""
    house.run("majority")
    house.run("majority", "words")
    assert [one.rung for one in house.listed()] == ["words", "majority"]


def test_a_cancelled_training_leaves_nothing_half_done(house, monkeypatch):
    """The child is gone and its folder with it."""
    monkeypatch.setattr(
        "hausgeist.jobs.work.EVERY", 0.0
    )  # asked at every step, however quick it is

    async def keep(done, total, note):
        return done == 0 and not note

    with pytest.raises(JobCancelled):
        house.run("words", keep=keep)
    assert house.listed() == []
    assert list((house.home / "students" / "t1").iterdir()) == []


def test_a_killed_child_ends_the_training_in_an_error(house, monkeypatch):
    """A crash is told, nothing is kept, and the next training works."""
    from hausgeist.training import train as module

    real = module.Child.start

    async def start(*arguments, **named):
        child = await real(*arguments, **named)
        os.kill(child.pid, signal.SIGKILL)
        return child

    monkeypatch.setattr(module.Child, "start", start)
    with pytest.raises(TrainingFailed):
        house.run("words")
    monkeypatch.undo()
    assert house.listed() == []
    house.run("majority")
    assert len(house.listed()) == 1


def test_a_rung_that_learns_nothing_is_told_and_others_are_kept(tmp_path, messages):
    """All one class: the baseline is there, the student is refused with a reason."""
    house = House(tmp_path, lambda count: messages(count, labels=("strasse",)))
    result = house.run("majority", "words")
    assert [one.rung for one in house.listed()] == ["majority"]
    (refused,) = result["refused"]
    assert (refused["rung"], refused["error"]) == ("words", "NothingToLearn")
    house.store.close()


def test_a_data_set_of_another_task_is_not_found(house):
    """Ids in a job are those of its task."""
    job = Job(id="j", kind="train", task_id="t1", params={"dataset": "d2", "rungs": ["words"]})
    with pytest.raises(NotFound):
        asyncio.run(run_here(job, train(house.store, house.home, lambda: 1), None))


def test_the_door_takes_rungs_of_this_kind_once_at_a_time(house):
    """Unknown rungs are refused; a second training waits for the first."""

    async def ask():
        with pytest.raises(InvalidField):
            await house.students.train(house.task, "u1", ["crf"], dataset="d1")
        job = await house.students.train(house.task, None, dataset="d1")
        with pytest.raises(Conflict):
            await house.students.train(house.task, None, dataset="d1")
        return job

    job = asyncio.run(ask())
    assert job.params["rungs"] == ["majority", "words", "meaning", "both"]


def test_a_deleted_student_is_gone_and_remembered(house):
    """Its files go, its row says that there was one, and the trail says who did it."""
    house.run("words")
    (student,) = house.listed()
    folder = house.students.folder(student)
    assert folder.is_dir()
    asyncio.run(house.students.delete(house.task, student.id, "u1"))
    assert not folder.exists()
    assert house.listed() == []
    kept = house.store.read_now(lambda c: students.get(c, "t1", student.id))
    assert kept.state == "deleted"
    with pytest.raises(NotFound):
        asyncio.run(house.students.delete(house.task, student.id, "u1"))


def test_what_is_deleted_while_a_student_learns_is_only_remembered_as_known(house):
    """No file and no evaluation has an answer to it; the student is one that knows a deleted text."""
    there = house.examples[130].item

    async def keep(done, total, note):
        house.store.write_now(lambda c: c.execute(delete(items).where(items.c.id == there)))
        return True

    house.run("words", keep=keep)
    (student,) = house.listed()
    assert student.facts["gone"] == {"count": 1}
    assert there not in asyncio.run(house.students.dev(student))
    assert len(asyncio.run(house.students.dev(student))) == 39
    (made,) = house.store.read_now(lambda c: evaluations.newest(c, "t1", Partition.DEV))
    said = house.store.read_now(lambda c: evaluations.results(c, "t1", made.id))
    assert there not in {one.item for one in said}


def test_a_lesson_without_dev_judges_by_what_was_held_out(tmp_path, messages, recipe):
    """Where nobody has set items aside, figures come from held-out ones and say so."""
    from hausgeist.core.tasks import Metric
    from hausgeist.training.lessons import Course

    (tmp_path / "s").mkdir()
    facts = learn(Course("words", recipe, Metric.ACCURACY), messages(150), (), tmp_path / "s")
    assert "dev" not in facts
    assert facts["calibration"]["on"] == "held_out"
    assert facts["curve"][-1]["share"] == 1.0
