# SPDX-License-Identifier: EUPL-1.2
"""Going into service and out of it, on both databases: numbers, steps, rows, what people are to answer."""

import asyncio
import time

import pytest
from river import ANNA, NOW
from service_house import EXCEPTION, row
from sqlalchemy import insert, select

from hausgeist.audit import Trail
from hausgeist.core.answers import Guess, Value
from hausgeist.core.labels import DataClass
from hausgeist.core.service import Chain, Stage
from hausgeist.core.tasks import Label, Mode, Part, Partition, Task, TaskKind
from hausgeist.errors import NotFound, NotReadyToServe, StudentServes
from hausgeist.gateway import Directory, Gateway, Routes
from hausgeist.ledger import Book
from hausgeist.register.bench import Ground, open_bench
from hausgeist.register.promote import Wish
from hausgeist.settings import Settings
from hausgeist.store import deployments, students, task_answers, tasks
from hausgeist.store.deployments import Served
from hausgeist.store.students import Student
from hausgeist.store.tables import audit_payloads, items
from hausgeist.store.task_answers import Answer
from hausgeist.store.tasks import Member
from hausgeist.training.guesses import DEV, write_guesses

DEVS = 150


class Bench:
    """The doors over a store, with a student that was right on all development texts but some."""

    def __init__(self, store, home, wrong=2):
        self.store = store
        trail = Trail(store, b"k" * 32, lambda: NOW)
        directory = Directory()
        gateway = Gateway(
            directory=directory,
            routes=Routes(directory, time.monotonic),
            book=Book(store, lambda: NOW),
            trail=trail,
            now_ms=lambda: NOW,
        )
        self.bench = open_bench(
            Ground(
                settings=Settings(home=home),
                store=store,
                trail=trail,
                secret=b"k" * 32,
                gateway=gateway,
                now_ms=lambda: NOW,
            )
        )
        labels = (Label("a", "A"), Label("b", "B"))
        self.task = Task(
            id="t1", name="anliegen", title="Anliegen", kind=TaskKind.SINGLE, labels=labels
        )
        self.member = Member("m1", "t1", None, Part.OWNER, {}, 0, None)
        store.write_now(self._filled)
        for name in ("s1", "s2"):
            self._student(home, name, wrong)

    def _filled(self, connection):
        tasks.add(connection, self.task, self.member)
        rows = [row(number, f"Text {number}", Partition.DEV) for number in range(DEVS)]
        rows.append(row(DEVS, "Der goldene Text", Partition.GOLD))
        connection.execute(insert(items), rows)
        for number in range(DEVS):
            self.answer(connection, f"a{number}", f"i{number}", "ab"[number % 2])

    @staticmethod
    def answer(connection, name, item, key):
        made = Answer(
            id=name,
            task_id="t1",
            item_id=item,
            actor="m1",
            mode=Mode.BLIND,
            value=Value((key,)),
            drawn="random",
            at=5,
        )
        task_answers.add(connection, made)

    def _student(self, home, name, wrong):
        made = Student(
            id=name,
            task_id="t1",
            number=0,
            rung="words",
            recipe={},
            dataset_id=None,
            job_id="",
            state="ready",
            facts={},
            size=1,
            files_hash=name,
            created_at=NOW,
        )
        self.store.write_now(lambda c: students.add(c, made))
        folder = home / "students" / "t1" / name
        folder.mkdir(parents=True)
        said = []
        for number in range(DEVS):
            right = "ab"[number % 2]
            other = "ba"[number % 2]
            unsure = number < wrong
            guess = Guess(Value((other if unsure else right,)), 0.6 if unsure else 0.99)
            said.append((f"i{number}", guess))
        write_guesses(folder / DEV, said)

    async def promote(self, student="s1", **changes):
        wanted = {"student_id": student, "exception": EXCEPTION, "share": 1.0, "wrong_most": 0.05}
        wish = Wish(**(wanted | changes))
        return await self.bench.promote.promote(self.task, self.member, wish)

    async def close(self):
        await self.bench.fallback.close()
        await self.bench.serving.close()
        await self.bench.students.close()
        await self.store.drain()

    def states(self):
        found = self.store.read_now(lambda c: deployments.of_task(c, "t1"))
        return [(one.number, one.state.value) for one in reversed(found)]

    def trail(self):
        rows = self.store.read_now(lambda c: c.execute(select(audit_payloads.c.body)).scalars())
        return " ".join(rows) if isinstance(rows, list) else " ".join(list(rows))


@pytest.fixture
def place(store, tmp_path):
    """The doors over each of the databases."""
    return Bench(store, tmp_path)


def run(place, work):
    async def all_of_it():
        try:
            return await work
        finally:
            await place.close()

    return asyncio.run(all_of_it())


def test_the_list_has_the_threshold_that_development_texts_bound(place):
    """Two wrong at low scores: the threshold leaves them out; calibration and the rest are said."""

    async def go():
        return await place.bench.promote.check(place.task, Wish(student_id="s1", wrong_most=0.03))

    found = run(place, go())
    assert found.open == ("verdict", "slices")
    assert (found.chosen.threshold, found.chosen.wrong) == (0.99, 0)
    assert found.chosen.coverage == pytest.approx(148 / 150)
    assert found.chosen.bound <= 0.03


def test_steps_forward_and_back_are_counted_and_in_the_trail(place):
    """Live, on trial, everything, back to the first, back to none, and nothing to go back from."""

    async def go():
        promote, task, member = place.bench.promote, place.task, place.member
        await place.promote()
        assert place.states() == [(1, "live")]
        await place.promote("s2", share=0.05)
        with pytest.raises(NotReadyToServe):
            await place.promote("s2", share=0.05)
        assert place.states() == [(1, "live"), (2, "canary")]
        await promote.full(task, member)
        assert place.states() == [(1, "ended"), (2, "live")]
        await promote.roll_back(task, member)
        assert place.states() == [(1, "live"), (2, "ended")]
        await promote.roll_back(task, member)
        assert place.states() == [(1, "ended"), (2, "ended")]
        with pytest.raises(NotFound):
            await promote.roll_back(task, member)

    run(place, go())
    told = place.trail()
    for kind in ("service.promoted", "service.full", "service.rolled_back"):
        assert kind in told
    assert EXCEPTION in told


def test_a_student_in_service_is_not_deleted_and_a_deleted_one_does_not_come_back(place):
    """Its service ends first; a step back goes past the student that is gone."""

    async def go():
        promote, task, member = place.bench.promote, place.task, place.member
        await place.promote()
        with pytest.raises(StudentServes):
            await place.bench.students.delete(task, "s1", "u1")
        await place.promote("s2")
        assert place.states() == [(1, "ended"), (2, "live")]
        await place.bench.students.delete(task, "s1", "u1")
        await promote.roll_back(task, member)
        assert place.states() == [(1, "ended"), (2, "ended")]

    run(place, go())


def test_what_is_in_service_stands_in_the_directory_and_goes_with_it(place):
    """Nothing is put there before; the card has version, size and digest; archived tasks are left out."""

    async def go():
        directory = place.bench.ground.gateway.directory
        await place.bench.serving.refresh()
        assert not directory.has("students")
        await place.promote()
        (card,) = directory.candidates("task/anliegen", ANNA)
        assert (card.digest, card.size_bytes, dict(card.details)["student.version"]) == ("s1", 1, 1)
        assert directory.offered(ANNA) == []
        await place.bench.promote.end(place.task, place.member)
        assert not directory.has("students")

    run(place, go())


def test_a_text_of_the_gold_set_is_neither_queued_nor_answered_from_it(place):
    """It waits for ever, and nothing tells that it is sealed."""

    async def go():
        await place.promote()
        fallback = place.bench.fallback
        post = fallback.post("anliegen", ANNA)
        (told,) = await fallback.ask(post, ANNA, ["Der goldene Text"], call_id="c1", declared=None)
        assert (told.value, told.by) == (None, "queue")
        place.store.write_now(lambda c: place.answer(c, "gold", f"i{DEVS}", "a"))
        again = await fallback.waiting(post, ANNA, told.ticket)
        assert again.value is None

    run(place, go())


def test_a_text_more_delicate_than_the_task_is_not_queued_as_it_is(place):
    """Without anybody who makes pseudonyms it stays out of the queue."""

    async def go():
        await place.promote()
        fallback = place.bench.fallback
        post = fallback.post("anliegen", ANNA)
        words = ["Frau Meier hat Diabetes"]
        await fallback.ask(post, ANNA, words, call_id="c1", declared=DataClass.SPECIAL)
        texts = place.store.read_now(lambda c: c.execute(select(items.c.text)).scalars().all())
        assert words[0] not in texts

    run(place, go())


def test_rows_of_answers_are_read_by_window_day_and_age(place):
    """First and latest, per day with what was left, and old ones go."""

    async def go():
        return await place.promote()

    made = run(place, go())
    day = 86_400_000
    rows = [
        Served(
            id=f"r{number}",
            deployment_id=made.id,
            task_id="t1",
            at=NOW - day + number,
            by="teacher" if number % 4 == 0 else "student",
            value=Value(("a",)),
            score=0.5,
            length=3,
        )
        for number in range(8)
    ]

    def look(connection):
        deployments.record(connection, [rows])
        first = deployments.window(connection, made.id, 2, newest=False)
        latest = deployments.window(connection, made.id, 2, newest=True)
        days = deployments.by_day(connection, made.id, NOW)
        gone = deployments.forget_before(connection, NOW - day + 4)
        return first, latest, days, gone, deployments.count(connection, made.id)

    first, latest, days, gone, left = place.store.write_now(look)
    assert [one.id for one in first] == ["r0", "r1"]
    assert [one.id for one in latest] == ["r7", "r6"]
    assert [(answers, other, mean) for _, answers, other, mean in days] == [(8, 2, 0.5)]
    assert (gone, left) == (4, 4)


def test_a_deployment_reads_as_it_was_written(place):
    """Chain, checks and state come back equal."""

    async def go():
        return await place.promote(chain=Chain(teachers=("x",), groups=("g",)), share=0.1)

    made = run(place, go())
    assert made.state is Stage.CANARY
    assert made.chain == Chain(teachers=("x",), groups=("g",))
    assert made.checks["exception"]["open"] == ["verdict", "slices"]
