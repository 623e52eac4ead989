# SPDX-License-Identifier: EUPL-1.2
"""The job ``worth``: a student looks at texts and says which of them people should look at next.

In: a student and the task's texts. Out: what an answer to each open text of the pool is worth, the student's
suggestions where teacher and student differ, answers that are probably wrong, whether the students agree
with each other on the same texts, and whether the order earns anything against drawing at random. It runs
behind each training, in batches, and can be started again: it begins anew and overwrites. Of the gold set
nothing is looked at.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from hausgeist.core.agreement import kappa
from hausgeist.core.answers import Guess, Value
from hausgeist.core.jobs import Job
from hausgeist.core.statistics.interval import wilson
from hausgeist.core.suspects import Seen, Standing, Suspect, standing, suspects
from hausgeist.core.tasks import Partition, Task
from hausgeist.core.worth import Strategy, worth
from hausgeist.errors import N_, HausgeistError, InvalidField, NotFound
from hausgeist.identity.tokens import new_id
from hausgeist.jobs.queue import Jobs
from hausgeist.jobs.work import JobFunction, Work
from hausgeist.register.contestants import Predicts
from hausgeist.store import datasets, students, tasks
from hausgeist.store import worth as rows
from hausgeist.store.db import Store
from hausgeist.store.students import Student
from hausgeist.store.suggestions import Suggestion
from hausgeist.training.guesses import HELD_OUT, read_guesses

JOB = "worth"
LOOKED_MOST = 20_000
"""Open texts that a student looks at, in the order of chance; the others are drawn at random anyway."""
AT_ONCE = 200
STOP_SET = 1_000
"""Texts on which consecutive students are compared, always the same."""
STOP = "stop.json"
MAJORITY = "majority"


@dataclass(frozen=True, slots=True)
class Marks:
    """What the last run has found. ``arms`` are counts of held-out errors: drawn at random, by an order."""

    student: str = ""
    strategy: str = Strategy.MIXED.value
    looked: int = 0
    open: int = 0
    suspects: int = 0
    arms: Mapping[str, tuple[int, int]] | None = None
    weak: Standing | None = None
    """The student is too weak to hold anything against people's answers."""


class Ordering:
    """The verbs. ``predictor`` makes what students answer in; ``home`` is the folder of all students."""

    def __init__(
        self,
        store: Store,
        jobs: Jobs,
        home: Path,
        predictor: Callable[[], Predicts],
        now_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._home = home
        self._predictor = predictor
        self._now_ms = now_ms

    async def submit(
        self, task: Task, by: str, strategy: Strategy = Strategy.MIXED, student_id: str = ""
    ) -> Job:
        """Hand the job in; without a student the best one looks.

        Raises:
            InvalidField: there is no student yet.
            Conflict: it is under way already.
        """
        there = await self._store.read(lambda connection: students.of_task(connection, task.id))
        if best_of(there, task) is None:
            raise InvalidField(
                field="strategy", reason=N_("there is no student yet"), param="strategy"
            )
        params = {"student": student_id, "strategy": strategy.value}
        return await self._jobs.submit(JOB, task_id=task.id, by=by, params=params, alone=True)

    async def marks(self, task: Task) -> Marks:
        """What the last run has found."""
        there = await self._store.read(lambda connection: students.of_task(connection, task.id))
        looked = [one for one in there if one.facts.get("worth")]
        if not looked:
            return Marks()
        last = max(looked, key=lambda one: one.facts["worth"]["at"])
        found = last.facts["worth"]
        weak = found.get("weak")
        arms = {name: (int(one[0]), int(one[1])) for name, one in found["arms"].items()}
        return Marks(
            last.id,
            found["strategy"],
            found["looked"],
            found["open"],
            found["suspects"],
            arms,
            Standing(int(weak[0]), int(weak[1]), int(weak[2]), task.kind) if weak else None,
        )

    async def work(self, work: Work) -> Mapping[str, Any]:
        """The job's function."""
        params = work.job.params
        strategy = Strategy(params.get("strategy") or Strategy.MIXED.value)
        return await self._look(work, str(params.get("student", "")), strategy)

    def behind(self, training: JobFunction) -> JobFunction:
        """A training, and after it the order of the open texts by the best of the new students."""

        async def both(work: Work) -> Mapping[str, Any]:
            result = dict(await training(work))
            if result.get("students"):
                try:
                    result["worth"] = await self._look(work, "", Strategy.MIXED, result["students"])
                except HausgeistError as error:  # the students are there whatever becomes of this
                    result["worth"] = {"error": error.code}
            return result

        return both

    async def _look(
        self, work: Work, student_id: str, strategy: Strategy, among: Sequence[str] = ()
    ) -> Mapping[str, Any]:
        task, student = await self._store.read(
            partial(_subject, task_id=work.job.task_id or "", wanted=student_id, among=among)
        )
        folder = self._home / task.id / student.id
        await self._store.write(partial(rows.forget_students, task_id=task.id))
        predictor = self._predictor()
        try:
            found, arms, stands = await self._doubts(task, student, folder)
            looked, open_ = await self._score(work, task, student, predictor, folder, strategy)
            stop = await self._stop(task, student, predictor, folder)
        finally:
            await predictor.close()
        said = [_suggested(task, student, one, self._now_ms()) for one in found]
        facts = {
            "worth": {
                "at": self._now_ms(),
                "strategy": strategy.value,
                "looked": looked,
                "open": open_,
                "suspects": len(said),
                "arms": arms,
                "weak": [stands.right, stands.majority, stands.of]
                if stands is not None and stands.weak
                else None,
            },
            "stop": stop,
        }

        def keep(connection: Any) -> None:
            rows.keep(connection, task.id, {}, said)
            students.note(connection, task.id, student.id, facts)

        await self._store.write(keep)
        return {"student": student.id, "looked": looked, "suspects": len(said)}

    async def _score(  # noqa: PLR0917  what the run is made of
        self,
        work: Work,
        task: Task,
        student: Student,
        predictor: Predicts,
        folder: Path,
        strategy: Strategy,
    ) -> tuple[int, int]:
        """Say what open texts are worth, batch by batch."""
        open_ = await self._store.read(lambda connection: rows.count_open(connection, task.id))
        after: tuple[float, str] | None = None
        looked = 0
        total = min(open_, LOOKED_MOST)
        while looked < total:
            some = await self._store.read(
                partial(rows.open_texts, task_id=task.id, after=after, most=AT_ONCE)
            )
            if not some:
                break
            after = some[-1][1], some[-1][0]
            guesses = await predictor.predict(folder, [text for _, _, text in some])
            ids = [item for item, _, _ in some]
            taught = await self._store.read(partial(rows.taught, task_id=task.id, ids=ids))
            numbers = {}
            said = []
            for item, guess in zip(ids, guesses, strict=True):
                teacher = taught.get(item)
                numbers[item] = worth(strategy, guess, teacher)
                if teacher is not None and teacher != guess.value:
                    said.append(_differing(task, student, item, guess, self._now_ms()))
            await self._store.write(partial(rows.keep, task_id=task.id, worths=numbers, said=said))
            looked += len(some)
            if work.job.kind == JOB:  # behind a training its own progress stays as it is
                await work.progress(looked, total)
        return looked, open_

    async def _doubts(
        self, task: Task, student: Student, folder: Path
    ) -> tuple[list[Suspect], dict[str, list[int]], Standing | None]:
        """Answers that are probably wrong, held-out errors by how texts were drawn, and how it stands."""
        held = read_guesses(folder / HELD_OUT, student.rung)
        if not held:
            return [], {}, None
        truths, how = await self._store.read(
            lambda connection: (_people(connection, task), rows.drawn(connection, task.id))
        )
        seen = [Seen(item, truths[item], guess) for item, guess in held.items() if item in truths]
        arms: dict[str, list[int]] = {}
        for one in seen:
            if one.item in how:
                arm = arms.setdefault("random" if how[one.item] == "random" else "order", [0, 0])
                arm[0] += one.guess.value != one.given
                arm[1] += 1
        settled = await self._store.read(lambda connection: rows.settled(connection, task.id))
        found = [one for one in suspects(task.kind, seen) if one.item not in settled]
        return found, arms, standing(task.kind, seen) if seen else None

    async def _stop(
        self, task: Task, student: Student, predictor: Predicts, folder: Path
    ) -> dict[str, Any]:
        """How far this student agrees with the one of its rung before it, on the same texts."""
        some = await self._store.read(
            lambda connection: rows.first_of_pool(connection, task.id, STOP_SET)
        )
        mine: dict[str, str] = {}
        for start in range(0, len(some), AT_ONCE):
            part = some[start : start + AT_ONCE]
            guesses = await predictor.predict(folder, [text for _, text in part])
            mine |= {item: _mark(task, one) for (item, _), one in zip(part, guesses, strict=True)}
        await asyncio.to_thread((folder / STOP).write_text, json.dumps(mine), "utf-8")
        there = await self._store.read(lambda connection: students.of_task(connection, task.id))
        before = next(
            (one for one in there if one.rung == student.rung and one.number < student.number),
            None,
        )
        if before is None:
            return {"items": len(mine), "kappa": None}
        theirs = await asyncio.to_thread(_marks, self._home / task.id / before.id / STOP)
        both = [item for item in mine if item in theirs]
        pairs = [(mine[item], theirs[item]) for item in both]
        return {"items": len(both), "kappa": kappa(pairs), "before": before.number}


def _mark(task: Task, guess: Guess) -> str:
    """What tells one answer from another and keeps none of it: fields are passages of texts."""
    return hashlib.sha256(f"{task.id} {guess.value.encode()}".encode()).hexdigest()[:12]


def _marks(path: Path) -> dict[str, str]:
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def best_of(there: Sequence[Student], task: Task) -> Student | None:
    """The best of some students by development texts, else the newest; none that was not trained."""
    trained = [one for one in there if one.rung not in {MAJORITY, "rules"}]

    def figure(one: Student) -> tuple[float, int]:
        dev = one.facts.get("dev") or one.facts.get("held_out") or {}
        return float(dev.get("quality", {}).get(task.metric.value, 0.0)), one.number

    newest: dict[str, Student] = {}
    for one in trained:  # the newest first
        newest.setdefault(one.rung, one)
    return max(newest.values(), key=figure, default=None)


def earns(arms: Mapping[str, tuple[int, int]] | None) -> str:
    """Whether the order finds more of what the student gets wrong than chance: few, more, same."""
    chance, order = (arms or {}).get("random"), (arms or {}).get("order")
    if chance is None or order is None or min(chance[1], order[1]) < 30:
        return "few"
    one, two = wilson(*order), wilson(*chance)
    assert one is not None
    assert two is not None
    return "more" if one.low > two.high else "same"


def _subject(
    connection: Any, task_id: str, wanted: str, among: Sequence[str]
) -> tuple[Task, Student]:
    task = tasks.get(connection, task_id)
    if task is None:
        raise NotFound
    there = students.of_task(connection, task_id)
    if wanted:
        there = [one for one in there if one.id == wanted]
    elif among:
        there = [one for one in there if one.id in among]
    found = best_of(there, task)
    if found is None:
        raise NotFound
    return task, found


def _people(connection: Any, task: Task) -> dict[str, Value]:
    """What people say of texts of the pool, where it counts."""
    found = datasets.gathered(connection, task, (Partition.POOL,), answered=True)
    return {one.item: one.resolved.value for one in found if one.resolved is not None}


def _differing(task: Task, student: Student, item: str, guess: Guess, at: int) -> Suggestion:
    return _row(task, student, item, guess.value, guess.score, rows.DIFFERS, at)


def _suggested(task: Task, student: Student, one: Suspect, at: int) -> Suggestion:
    return _row(task, student, one.item, one.rather, one.score, rows.SUSPECT, at)


def _row(  # noqa: PLR0917  the row's columns
    task: Task, student: Student, item: str, value: Value, score: float, code: str, at: int
) -> Suggestion:
    return Suggestion(
        id=new_id(),
        task_id=task.id,
        item_id=item,
        job=student.job_id,
        producer="student",
        model=f"v{student.number}",
        version=student.id,
        state="ok",
        value=value,
        score=score,
        code=code,
        terms="yes",
        at=at,
    )
