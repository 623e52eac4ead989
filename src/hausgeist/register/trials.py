# SPDX-License-Identifier: EUPL-1.2
"""The work of the gate, in a worker: everybody answers the same items, and the verdict is kept.

Results are kept every few items, so that a worker that was killed goes on where it was: no answered call to
the teacher is asked again. The jobs are "gate" (an opening) and "evaluate" (development and the meter).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.gate import Plan
from hausgeist.core.items import Item
from hausgeist.core.rules import RuleState
from hausgeist.core.tasks import Partition, Task
from hausgeist.errors import NotFound
from hausgeist.identity.tokens import new_id
from hausgeist.jobs.work import Work
from hausgeist.register.contestants import (
    Contestant,
    Majority,
    Predicts,
    Rules,
    Student,
    Teacher,
    run,
)
from hausgeist.register.evidence import weigh
from hausgeist.register.judging import choose, hash_of, judged_now, sealed_results
from hausgeist.register.standings import wanted
from hausgeist.store import datasets, evaluations, items, openings, students, suggestions, tasks
from hausgeist.store import rules as rule_rows
from hausgeist.store.db import Store
from hausgeist.store.evaluations import Evaluation, Result
from hausgeist.store.openings import GoldItem, Kept, Opening
from hausgeist.workbench.teacher import Prompt


class Trials:
    """The functions of both jobs. ``home`` is the folder of all students.

    ``predictor`` makes who runs students, one for each job.
    """

    def __init__(
        self,
        store: Store,
        trail: Trail,
        home: Path,
        predictor: Callable[[], Predicts],
        now_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._trail = trail
        self._home = home
        self._predictor = predictor
        self._now_ms = now_ms

    # -- an opening -------------------------------------------------------------------------------

    async def gate(self, work: Work) -> Mapping[str, Any]:
        """Do an opening that was counted: all answer, the verdict is kept; gives the verdict.

        Where people judge only where student and teacher differ, it first ends with how many texts these
        are, and decides when it is started again after these are judged.

        Raises:
            NotFound: the opening or its student is gone.
            HausgeistError: the teacher does not answer; what was answered is kept.
        """
        task = await self._task(work)
        opening = await self._store.read(
            partial(_opening, task_id=task.id, opening_id=str(work.job.params["opening"]))
        )
        sealed = await self._store.read(lambda connection: openings.sealed(connection, opening))
        predictor = self._predictor()
        try:
            return await self._open(task, opening, sealed, work, predictor)
        finally:
            await predictor.close()

    async def _open(
        self,
        task: Task,
        opening: Opening,
        sealed: Sequence[GoldItem],
        work: Work,
        predictor: Predicts,
    ) -> Mapping[str, Any]:
        contestants = await self._contestants(task, opening, work, predictor)
        ids = [one.item for one in sealed]
        before = {
            one.subject: one
            for one in await self._store.read(
                lambda connection: evaluations.of_opening(
                    connection, task.id, opening.gold_version, opening.number
                )
            )
        }
        total, base = len(ids) * len(contestants), 0
        for one in contestants:
            made = before.get(one.subject) or Evaluation(
                id=new_id(),
                task_id=task.id,
                subject=one.subject,
                partition=Partition.GOLD,
                gold_version=opening.gold_version,
                opening=opening.number,
                at=self._now_ms(),
            )
            await self._answered(task, one, made, ids, work, base=base, total=total)
            base += len(ids)
        if Plan.of(opening.plan).differing:
            told = await self._store.write(
                partial(_judging, task=task, opening=opening, at=self._now_ms())
            )
            if told is not None:
                return {"opening": opening.id, **told}
        return await self._decided(task, opening, contestants)

    async def _contestants(
        self, task: Task, opening: Opening, work: Work, predictor: Predicts
    ) -> list[Contestant]:
        """Majority, rules, student and teacher, in this order: what costs nothing first."""
        learnt, rules, row, texts = await self._store.read(
            partial(_material, task=task, opening=opening)
        )
        prompt = None if row is None else Prompt.of_body(row.body, texts)
        if row is None or prompt is None:
            raise NotFound
        consented = bool(opening.plan.get("consented"))
        whole = not Plan.of(opening.plan).differing  # else nobody could be judged but the two
        found: list[Contestant] = [Majority.of(task.kind, learnt)] if whole else []
        if rules and whole:
            found.append(Rules.of(task, rules))
        folder = self._folder(task, opening.student_id)
        found.append(Student.of(opening.student_id, folder, predictor))
        by = work.job.by or ""
        found.append(Teacher.of(task, row.version, prompt, work.asker, by, consented=consented))
        return found

    async def _decided(
        self, task: Task, opening: Opening, contestants: Sequence[Contestant]
    ) -> Mapping[str, Any]:
        sealed, results = await self._store.read(partial(sealed_results, opening=opening))
        student, teacher = contestants[-2].subject, contestants[-1].subject
        differing = Plan.of(opening.plan).differing
        sha256 = hash_of(sealed, results) if differing else opening.gold_hash
        decision, evidence = await asyncio.to_thread(
            partial(
                weigh,
                Plan.of(opening.plan),
                sealed,
                results,
                student=student,
                teacher=teacher,
                sha256=sha256,
            )
        )
        verdict = decision.verdict.value
        kept = Kept(
            id=new_id(),
            opening_id=opening.id,
            subject=student,
            against=teacher,
            verdict=verdict,
            evidence=evidence,
            at=self._now_ms(),
        )

        def keep(connection: Any) -> Mapping[str, Any] | None:
            if opening.id in openings.verdicts_of(connection, task.id):
                return None
            openings.keep_verdict(connection, task.id, kept)
            return {
                "version": opening.gold_version,
                "number": opening.number,
                "student": opening.student_id,
                "verdict": verdict,
                **({"hash": sha256} if differing else {}),
            }

        by = opening.actor or ""
        await self._trail.change("gold.decided", keep, actor=by, subject=task.id)
        return {"opening": opening.id, "verdict": verdict}

    # -- development and the meter ----------------------------------------------------------------

    async def evaluate(self, work: Work) -> Mapping[str, Any]:
        """Have students, rules and majority answer what people have answered in the open.

        The teacher is not asked: it counts by what it suggested.
        """
        task = await self._task(work)
        predictor = self._predictor()
        try:
            return await self._measure(task, work, predictor)
        finally:
            await predictor.close()

    async def _measure(self, task: Task, work: Work, predictor: Predicts) -> Mapping[str, Any]:
        only = str(work.job.params.get("student", ""))
        parts, learnt, rules, there = await self._store.read(
            partial(_open_material, task=task, only=only)
        )
        contestants: list[Contestant] = [
            Student.of(one.id, self._folder(task, one.id), predictor) for one in there
        ]
        contestants.append(Majority.of(task.kind, learnt))
        if rules:
            contestants.append(Rules.of(task, rules))
        total = sum(map(len, parts.values())) * len(contestants)
        base = 0
        for partition, ids in parts.items():
            for one in contestants:
                made = Evaluation(
                    id=new_id(),
                    task_id=task.id,
                    subject=one.subject,
                    partition=partition,
                    at=self._now_ms(),
                )
                if ids:
                    await self._answered(task, one, made, ids, work, base=base, total=total)
                    await self._store.write(partial(_replace_older, made=made))
                base += len(ids)
        return {"subjects": len(contestants), "items": sum(map(len, parts.values()))}

    # -- both -------------------------------------------------------------------------------------

    async def _answered(
        self,
        task: Task,
        one: Contestant,
        made: Evaluation,
        ids: Sequence[str],
        work: Work,
        *,
        base: int,
        total: int,
    ) -> None:
        """Have one contestant answer what it has not answered yet, and keep it."""

        async def texts(some: Sequence[str]) -> dict[str, Item]:
            return await self._store.read(
                lambda connection: items.several(connection, task.id, some)
            )

        async def keep(results: list[Result], complete: bool) -> None:  # noqa: FBT001  a callback
            full = Evaluation(
                id=made.id,
                task_id=task.id,
                subject=made.subject,
                partition=made.partition,
                gold_version=made.gold_version,
                opening=made.opening,
                facts={"complete": complete, "items": len(results)},
                at=made.at,
            )
            await self._store.write(lambda connection: evaluations.put(connection, full, results))
            await work.progress(base + len(results), total, subject=one.subject.split(":")[0])

        done = await self._store.read(
            lambda connection: evaluations.results(connection, task.id, made.id)
        )
        await work.progress(base + len(done), total, subject=one.subject.split(":")[0])
        await run(one, ids, texts, keep, done)

    async def _task(self, work: Work) -> Task:
        found = await self._store.read(
            lambda connection: tasks.get(connection, work.job.task_id or "")
        )
        if found is None:
            raise NotFound
        return found

    def _folder(self, task: Task, student_id: str) -> Path:
        return self._home / task.id / student_id


def _opening(connection: Any, task_id: str, opening_id: str) -> Opening:
    found = openings.get(connection, task_id, opening_id)
    if found is None:
        raise NotFound
    return found


def _judging(connection: Any, task: Task, opening: Opening, at: int) -> Mapping[str, Any] | None:
    """Have people judge the items on which both differ; None: they have, and it is sealed.

    What is given, in the job's result too, are counts alone: which items these are nobody sees.
    """
    if opening.id in openings.verdicts_of(connection, task.id):
        return None
    sealed, results = sealed_results(connection, opening)
    if openings.asked(connection, opening) is None:
        student, teacher = results.values()
        chosen = choose(student, teacher)
        openings.keep_asked(connection, opening, new_id(), chosen.ids, chosen.differ, at)
    asked = openings.asked(connection, opening)
    assert asked is not None
    now = openings.gold(connection, task, opening.gold_version)
    left = sum(one.item in asked.ids and one.state != "done" for one in now)
    if left:
        counts = {"differ": asked.differ, "asked": len(asked.ids), "open": left}
        return {"phase": "sealed", **counts}
    openings.seal_again(connection, opening, judged_now(now, sealed, asked.ids))
    return None


def _learnt(connection: Any, dataset_id: str | None) -> list[tuple[Any, float]]:
    if dataset_id is None:
        return []
    lines = datasets.lines(connection, dataset_id)
    return [
        (one.value, one.weight)
        for one in lines
        if one.value is not None and one.partition is Partition.POOL
    ]


def _rules(connection: Any, task_id: str) -> list[Any]:
    return [one for one in rule_rows.of_task(connection, task_id) if one.state is RuleState.ACTIVE]


def _material(connection: Any, task: Task, opening: Opening) -> tuple[Any, ...]:
    student = students.get(connection, task.id, opening.student_id)
    if student is None:
        raise NotFound
    row = suggestions.prompt(connection, task.id, str(opening.plan.get("teacher", "")))
    shots = Prompt.items_of(row.body) if row else []
    texts = {key: one.text for key, one in items.several(connection, task.id, shots).items()}
    learnt = _learnt(connection, student.dataset_id)
    return learnt, _rules(connection, task.id), row, texts


def _open_material(connection: Any, task: Task, only: str) -> tuple[Any, ...]:
    dev = datasets.gathered(connection, task, (Partition.DEV,), answered=True)
    parts = {Partition.DEV: [one.item for one in dev if one.resolved is not None]}
    known = set(parts[Partition.DEV])
    parts[Partition.POOL] = [one for one in wanted(connection, task) if one not in known]
    there = [one for one in students.of_task(connection, task.id) if only in {"", one.id}]
    learnt = _learnt(connection, there[0].dataset_id) if there else []
    return parts, learnt, _rules(connection, task.id), there


def _replace_older(connection: Any, made: Evaluation) -> None:
    evaluations.forget_before(connection, made.task_id, made.partition, made.subject, made.id)
