# SPDX-License-Identifier: EUPL-1.2
"""The doors of students: have some trained, list them, ask them, find their folders, delete one.

A student's folder is ``<home>/students/<task>/<student>``. The work itself is the job ``train`` (``train``).
"""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.answers import Guess
from hausgeist.core.jobs import Job
from hausgeist.core.tasks import Task
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, InvalidField, NotFound, StudentServes
from hausgeist.jobs.queue import Jobs
from hausgeist.store import deployments, items, students
from hausgeist.store.db import Store
from hausgeist.store.students import READY, Student
from hausgeist.training.bases.minutes import Earlier, minutes
from hausgeist.training.bases.shelf import Base, Bases
from hausgeist.training.guesses import DEV, HELD_OUT, read_guesses
from hausgeist.training.process import Predictor
from hausgeist.training.rungs import BASE, DEFAULT, RUNGS

FOLDER = "students"
JOB = "train"
THREADS_MOST = 4

Take = Callable[[Task], Awaitable[str]]
"""Keeps what counts for a task's items now, and gives the data set's id."""
RULES = "rules"
Ruled = Callable[[Task], Awaitable[Mapping[str, Any]]]
"""Gives the options of the rung of rules: those that are in force now."""


class Students:
    """The students of a house. ``home`` is its data directory."""

    def __init__(
        self,
        store: Store,
        trail: Trail,
        jobs: Jobs,
        home: Path,
        *,
        take: Take | None = None,
        ruled: Ruled | None = None,
    ) -> None:
        self._store = store
        self._trail = trail
        self._jobs = jobs
        self._home = home / FOLDER
        self._take = take
        self._ruled = ruled
        self.bases = Bases(home)
        self.predictor = Predictor(self._home)

    async def train(
        self,
        task: Task,
        by: str,
        rungs: Sequence[str] = (),
        *,
        dataset: str = "",
        options: Mapping[str, Mapping[str, Any]] | None = None,
        seed: int = 7,
        base: str = "",
    ) -> Job:
        """Have students trained, one a rung; none named: the default ladder of the task's kind.

        ``dataset``: an earlier data set; empty: what counts now. ``options``: plain values by rung.
        ``base``: which of the house's, for that rung; empty: the first.

        Raises:
            InvalidField: a rung is unknown or not for this kind of task, or there is no base on the shelf.
            UnknownBase: there is none of this name.
            Conflict: one of this task's trainings is under way.
        """
        wanted = list(dict.fromkeys(rungs)) or list(DEFAULT[task.kind])
        for rung in wanted:
            if rung not in RUNGS or task.kind not in RUNGS[rung].kinds:
                raise InvalidField(
                    param="rungs",
                    field="rungs",
                    reason=N_("There is no such kind of student for this kind of task."),
                )
        told = {name: dict(one) for name, one in (options or {}).items()}
        if BASE in wanted:
            told[BASE] = told.get(BASE, {}) | await asyncio.to_thread(self._based, base)
        if not dataset:
            assert self._take is not None
            dataset = await self._take(task)
        if RULES in wanted and RULES not in told and self._ruled is not None:
            told[RULES] = dict(await self._ruled(task))
        return await self._jobs.submit(
            JOB,
            task_id=task.id,
            by=by,
            params={
                "dataset": dataset,
                "rungs": wanted,
                "options": told,
                "seed": seed,
            },
            alone=True,
        )

    async def minutes(self, task: Task, texts: int) -> dict[str, float]:
        """For each base of the house: how long it would train with so many texts, at most."""
        there = await asyncio.to_thread(self.bases.all)
        if not there:
            return {}
        length = await self._store.read(lambda connection: items.letters(connection, task.id))
        before = await self.list(task)
        cores = threads()
        return {
            one.name: minutes(one, texts, length, threads=cores, earlier=_earlier(before, one))
            for one in there
        }

    def _based(self, name: str) -> dict[str, Any]:
        """The base that is meant now, for the job: were it another one later, nothing is trained."""
        there = self.bases.all()
        if not name and not there:
            raise InvalidField(
                param="rungs",
                field="rungs",
                reason=N_(
                    "There is no base on the house's shelf. `hausgeist base add` puts one there."
                ),
            )
        return {"base": (self.bases.get(name) if name else there[0]).chosen()}

    async def list(self, task: Task) -> list[Student]:
        """A task's students that are there, the newest first."""
        return await self._store.read(lambda connection: students.of_task(connection, task.id))

    async def get(self, task: Task, student_id: str) -> Student:
        """One of a task's students.

        Raises:
            NotFound: the task has none of this id, or it was deleted.
        """
        found = await self._store.read(
            lambda connection: students.get(connection, task.id, student_id)
        )
        if found is None or found.state != READY:
            raise NotFound
        return found

    def folder(self, student: Student) -> Path:
        """Where its files lie."""
        return self._home / student.task_id / student.id

    async def predict(self, student: Student, texts: Sequence[str]) -> Sequence[Guess]:
        """What it says of texts, in their order.

        Raises:
            StudentBroken, StudentDown: see ``Predictor.predict``.
        """
        return await self.predictor.predict(self.folder(student), texts)

    async def held_out(self, student: Student) -> dict[str, Guess]:
        """By item of the pool: what a model said that had not seen it. ``ranked`` has its own label too."""
        return await self._guesses(student, HELD_OUT)

    async def dev(self, student: Student) -> dict[str, Guess]:
        """By item of dev: what it said there."""
        return await self._guesses(student, DEV)

    async def _guesses(self, student: Student, name: str) -> dict[str, Guess]:
        path = self.folder(student) / name
        return await asyncio.to_thread(read_guesses, path, student.rung)

    async def delete(self, task: Task, student_id: str, by: str) -> None:
        """Delete a student's files; that it was there is kept.

        Raises:
            NotFound: the task has none of this id.
            StudentServes: it is in service.
        """
        found = await self.get(task, student_id)

        def keep(connection: Any) -> Mapping[str, Fact] | None:
            if deployments.serves(connection, task.id, student_id):
                raise StudentServes
            if not students.mark_deleted(connection, task.id, student_id):
                return None
            return {"student": student_id, "number": found.number, "rung": found.rung}

        await self._trail.change("student.deleted", keep, actor=by, subject=task.id)
        await asyncio.to_thread(shutil.rmtree, self.folder(found), ignore_errors=True)

    async def close(self) -> None:
        """End the process that students answer in."""
        await self.predictor.close()


def threads() -> int:
    """How many a training may use."""
    return max(1, min(THREADS_MOST, len(os.sched_getaffinity(0))))


def _earlier(before: Sequence[Student], base: Base) -> Earlier | None:
    """The newest student that was made of this base, by what it took."""
    for one in before:
        chosen = one.recipe.get("options", {}).get("base")
        if isinstance(chosen, Mapping) and chosen.get("sha256") == base.sha256:
            count = sum(one.facts.get("examples", {}).values())
            return Earlier(float(one.facts.get("seconds", 0)), count, base.trained)
    return None
