# SPDX-License-Identifier: EUPL-1.2
"""The job ``train``: a data set goes into a child process, students come out.

In: ids of a task and a data set, and which rungs. Out: folders, rows of students, an evaluation on dev for
each. A job that is started again goes on behind the rungs that are there already.
"""

import asyncio
import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hausgeist.core.answers import Example, Guess
from hausgeist.core.tasks import Partition, Task
from hausgeist.errors import HausgeistError, NotFound, TrainingFailed
from hausgeist.identity.tokens import new_id
from hausgeist.jobs.frames import Gone
from hausgeist.jobs.work import JobFunction, Work
from hausgeist.store import datasets, evaluations, students, tasks
from hausgeist.store.db import Store
from hausgeist.store.evaluations import Evaluation, Result
from hausgeist.store.students import READY, Student
from hausgeist.training.bases.shelf import FOLDER as BASES
from hausgeist.training.child import Child
from hausgeist.training.frames import Learned, Lesson, Line, Row, Rows
from hausgeist.training.guesses import DEV, FACTS, forget_guesses, read_guesses
from hausgeist.training.rungs import BASE, DEFAULT
from hausgeist.training.students import FOLDER, threads
from hausgeist.training.trainers import Recipe, checked, files_hash

MEGABYTES = 12_288
"""Of address space; ten thousand texts take about one."""
SILENT_MOST = 1_800.0
"""Seconds without a word after which a training is given up."""
SENT_AT_ONCE = 500
STEPS = 100
"""Of progress, a rung."""
FACTS_MOST = 16 * 1024 * 1024


def train(store: Store, home: Path, now_ms: Callable[[], int]) -> JobFunction:
    """The job's function. ``home`` is the house's data directory."""

    async def run(work: Work) -> Mapping[str, Any]:
        return await _Training(store, home, now_ms, work).run()

    return run


class _Training:
    """One run of a job."""

    def __init__(self, store: Store, home: Path, now_ms: Callable[[], int], work: Work) -> None:
        self._store, self._now_ms, self._work = store, now_ms, work
        self._task_id = work.job.task_id or ""
        self._home = home / FOLDER / self._task_id
        self._shelf = home / BASES
        self._dataset = str(work.job.params["dataset"])
        self._learnt: set[str] = set()
        self._curves: dict[str, Any] = {}
        self._done: list[Student] = []
        self._refused: list[dict[str, Any]] = []

    async def run(self) -> Mapping[str, Any]:
        """Train what is missing."""
        task, pool, dev = await self._store.read(self._load)
        self._learnt = {one.item for some in (pool, dev) for one in some}
        params = self._work.job.params
        rungs = list(params.get("rungs") or DEFAULT[task.kind])
        self._done = await self._store.read(
            lambda connection: students.of_job(connection, self._work.job.id)
        )
        there = {one.rung for one in self._done}
        missing = [rung for rung in rungs if rung not in there]
        total = STEPS * len(rungs)
        await self._work.progress(STEPS * len(there), total)
        if missing:
            recipe = Recipe(
                kind=task.kind,
                labels=tuple(one.key for one in task.labels),
                fields=task.fields,
                language=task.language,
                seed=int(params.get("seed", 7)),
            )
            lesson = Lesson(
                missing, recipe.plain(), params.get("options", {}), task.metric.value, threads()
            )
            await self._in_child(task, lesson, pool, dev, total)
        await self._work.progress(total, total, curves=self._curves)
        return {
            "students": [one.id for one in self._done],
            "refused": self._refused,
            "dataset": self._dataset,
        }

    def _load(self, connection: Any) -> tuple[Task, list[Example], list[Example]]:
        task = tasks.get(connection, self._task_id)
        if task is None or datasets.get(connection, task.id, self._dataset) is None:
            raise NotFound
        pool = datasets.load(connection, self._dataset, Partition.POOL)
        return task, pool, datasets.load(connection, self._dataset, Partition.DEV)

    async def _in_child(
        self,
        task: Task,
        lesson: Lesson,
        pool: Sequence[Example],
        dev: Sequence[Example],
        total: int,
    ) -> None:
        shelf = [str(self._shelf)] if BASE in lesson.rungs else []
        try:
            child = await Child.start("train", MEGABYTES, *shelf, beneath=self._home)
        except Gone:
            raise TrainingFailed from None
        feeding = asyncio.create_task(_feed(child, lesson, pool, dev))
        try:
            left = len(lesson.rungs)
            while left:
                async with asyncio.timeout(SILENT_MOST):
                    reply = await child.reply()
                if isinstance(reply, Line):
                    await self._tell(reply, total)
                elif isinstance(reply, Learned):
                    left -= 1
                    await self._keep(task, reply, child.folder / reply.rung)
                else:
                    raise TrainingFailed
        except (Gone, TimeoutError):
            raise TrainingFailed from None
        finally:
            feeding.cancel()
            await asyncio.wait([feeding])
            await child.stop()

    async def _tell(self, line: Line, total: int) -> None:
        self._curves[line.rung] = line.values.get("curve", [])
        over = len(self._done) + len(self._refused)
        done = STEPS * over + min(STEPS - 1, int(STEPS * float(line.values.get("done", 0))))
        await self._work.progress(
            done, total, rung=line.rung, left=line.values.get("left"), curves=self._curves
        )

    async def _keep(self, task: Task, learned: Learned, folder: Path) -> None:
        """Take a trained student over: its folder, its row, what it said of dev."""
        if learned.error:
            self._refused.append(
                {"rung": learned.rung, "error": learned.error, "values": learned.values}
            )
            return
        student_id = new_id()
        taken = await asyncio.to_thread(_adopt, folder, self._home / student_id)
        if taken is None:
            raise TrainingFailed
        manifest, facts, size, whole = taken
        self._curves[learned.rung] = facts.get("curve", [])
        student = Student(
            id=student_id,
            task_id=task.id,
            number=0,
            rung=learned.rung,
            recipe=manifest["recipe"],
            dataset_id=self._dataset,
            job_id=self._work.job.id,
            state=READY,
            facts=facts,
            size=size,
            files_hash=whole,
            created_at=self._now_ms(),
        )
        dev = await asyncio.to_thread(read_guesses, self._home / student_id / DEV, learned.rung)

        gone: set[str] = set()

        def keep(connection: Any) -> Student:
            gone.update(self._learnt.intersection(datasets.missing(connection, self._dataset)))
            known = facts | {"gone": {"count": len(gone)}} if gone else facts
            kept = students.add(connection, replace(student, facts=known))
            there = {item: guess for item, guess in dev.items() if item not in gone}
            if there:
                evaluations.put(connection, _evaluation(kept), _results(there, facts))
            return kept

        self._done.append(await self._store.write(keep))
        if gone:  # deleted while it learnt: what it said of them is not kept, that it knows them is
            await asyncio.to_thread(forget_guesses, self._home / student_id, gone)


async def _feed(
    child: Child, lesson: Lesson, pool: Sequence[Example], dev: Sequence[Example]
) -> None:
    try:
        child.send(lesson)
        for rows in _batches(pool, dev):
            child.send(Rows(rows))
            await child.drained()
        child.send(Rows([]))
        await child.drained()
    except (Gone, BrokenPipeError, ConnectionResetError):
        return  # it has ended; whoever reads its replies hears of it


def _batches(pool: Sequence[Example], dev: Sequence[Example]) -> Iterable[list[Row]]:
    for examples, is_dev in ((pool, False), (dev, True)):
        some: list[Row] = []
        size = 0
        for one in examples:
            some.append(Row(one.item, one.text, one.value.encode(), one.weight, one.source, is_dev))
            size += len(one.text)
            if len(some) >= SENT_AT_ONCE or size > 4_000_000:
                yield some
                some, size = [], 0
        if some:
            yield some


def _adopt(folder: Path, place: Path) -> tuple[dict[str, Any], dict[str, Any], int, str] | None:
    """Move a student's folder to its place if it is whole: manifest, facts, bytes, hash."""
    try:
        manifest = checked(folder)
        with (folder / FACTS).open("rb") as file:
            facts = json.loads(file.read(FACTS_MOST))
        size = sum((folder / name).stat().st_size for name in manifest["files"])
        whole = files_hash(folder)
        shutil.move(folder, place)
    except (HausgeistError, OSError, ValueError):
        return None
    return manifest, facts, size, whole


def _evaluation(student: Student) -> Evaluation:
    facts = {
        "quality": student.facts.get("dev", {}).get("quality", {}),
        "ms_per_document": student.facts.get("ms_per_document"),
        "complete": True,
    }
    return Evaluation(
        id=new_id(),
        task_id=student.task_id,
        subject=student.subject,
        partition=Partition.DEV,
        facts=facts,
        at=student.created_at,
    )


def _results(dev: Mapping[str, Guess], facts: Mapping[str, Any]) -> list[Result]:
    took = facts.get("ms_per_document")
    return [Result(item, guess.value, guess.score, took, 0) for item, guess in dev.items()]
