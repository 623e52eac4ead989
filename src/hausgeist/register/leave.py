# SPDX-License-Identifier: EUPL-1.2
"""The doors of taking a task along: ask for it, do it as a job, find the file.

The file lies in the data directory for a week, until ``people.archives`` sweeps, the newest of a task alone.
Gold goes along only if its owner says so: then this version of the gold set is spent, and that is in the
history of its openings.
"""

import asyncio
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.answers import Value
from hausgeist.core.jobs import Job, JobState
from hausgeist.core.tasks import Part, Partition, Task
from hausgeist.core.trail import Fact
from hausgeist.errors import NotFound, StudentBroken, StudentDown
from hausgeist.identity.tokens import new_id
from hausgeist.jobs.queue import Jobs
from hausgeist.jobs.work import JobCancelled, Work
from hausgeist.people.archives import FOLDER
from hausgeist.register.card import card
from hausgeist.register.leaving.archive import Packed, Packing, Wish, pack
from hausgeist.register.leaving.restore import Taken, is_archive
from hausgeist.register.leaving.returning import Returned, Returning, measured
from hausgeist.store import datasets, evaluations, openings, students, tasks
from hausgeist.store.db import Store
from hausgeist.store.evaluations import Evaluation, Result
from hausgeist.store.openings import Opening
from hausgeist.store.tasks import Member
from hausgeist.training.guesses import DEV, write_guesses
from hausgeist.training.process import Predictor
from hausgeist.training.students import FOLDER as STUDENTS

JOB = "export"
CARD = "elsewhere.json"
"""The card of the house that a task came from, beside its students."""
SILENT_MOST = 3
"""So many students of an archive may take all the time there is; then the others are not asked."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: so many students and evaluations; ``left_out``: students that are not what they say."""

    task: Task
    students: int
    left_out: int
    evaluations: int
    card: bool


class Leave:
    """The verbs. ``home`` is the house's data directory, ``now_ms`` gives milliseconds since the epoch."""

    def __init__(
        self, store: Store, trail: Trail, jobs: Jobs, home: Path, now_ms: Callable[[], int]
    ) -> None:
        self._store, self._trail, self._jobs = store, trail, jobs
        self._home, self._now_ms = home, now_ms

    async def begin(self, task: Task, member: Member, *, gold: bool = False) -> Job:
        """Hand in the job that packs a task. ``gold``: with the gold set and its answers.

        Raises:
            NotFound: the member is no owner.
            Conflict: one is under way.
        """
        if not member.may(Part.OWNER):
            raise NotFound
        job = await self._jobs.submit(
            JOB, task_id=task.id, by=member.user_id, params={"gold": gold}, alone=True
        )
        gone = gold and task.gold_version > 0

        def keep(connection: Any) -> Mapping[str, Fact]:
            current = tasks.get(connection, task.id) or task
            if gone and not openings.spent(connection, current):
                openings.spend(connection, self._spent(current, member))
            return {"gold": gone, "version": current.gold_version}

        await self._trail.change(
            "task.taken_along", keep, actor=member.user_id or "", subject=task.id
        )
        return job

    async def work(self, work: Work) -> Mapping[str, Any]:
        """The job ``export``: started again it begins anew."""
        job = work.job
        folder = self._home / FOLDER / str(job.task_id)
        await asyncio.to_thread(partial(folder.mkdir, parents=True, exist_ok=True, mode=0o700))
        draft, path = folder / f"{job.id}.part", folder / f"{job.id}.zip"
        wish = Wish(
            task_id=str(job.task_id),
            home=self._home / STUDENTS,
            at=self._now_ms(),
            gold=bool(job.params.get("gold")),
        )
        packing = await asyncio.to_thread(pack, self._store, wish, draft)
        try:
            packed = await self._packed(packing, work)
        except JobCancelled:
            await asyncio.to_thread(_gone, draft)
            raise
        size, sha256 = await asyncio.to_thread(_settled, draft, path, folder)
        return {
            "items": packed.items,
            "students": packed.students,
            "left_out": len(packed.left_out),
            "gold": wish.gold,
            "size": size,
            "sha256": sha256,
        }

    async def _packed(self, packing: Packing, work: Work) -> Packed:
        whole = packing.total + 1
        await work.progress(0, whole)
        while await asyncio.to_thread(packing.some_items):
            await work.progress(min(packing.items, packing.total), whole)
        return await asyncio.to_thread(packing.rest)

    async def of(self, task: Task) -> list[Job]:
        """The jobs that packed the task, the newest first."""
        return [one for one in await self._jobs.of_task(task.id) if one.kind == JOB]

    def path(self, job: Job) -> Path | None:
        """The file that a job made, while it lies there."""
        path = self._home / FOLDER / str(job.task_id) / f"{job.id}.zip"
        return path if job.state is JobState.DONE and path.is_file() else None

    async def file(self, task: Task, job_id: str) -> Path:
        """The file of one of the task's jobs.

        Raises:
            NotFound: there is none, or it does not lie there any more.
        """
        job = await self._jobs.get(job_id)
        if job.task_id != task.id or job.kind != JOB:
            raise NotFound
        found = await asyncio.to_thread(self.path, job)
        if found is None:
            raise NotFound
        return found

    async def is_archive(self, path: Path) -> bool:
        """Whether a file is a task that was taken along, by the names of what is in it."""
        return await asyncio.to_thread(is_archive, path)

    async def restore(self, path: Path, user_id: str) -> Task:
        """Make a new task, owned by somebody, of an archive; see ``restored``."""
        return (await self.restored(path, user_id)).task

    async def restored(self, path: Path, user_id: str) -> Restored:
        """Make a new task, owned by somebody, of an archive, with its students.

        Nothing of it is left where it breaks off. A student that is not what it says stays behind; the
        others are asked about the development texts here. Verdicts come along in the card alone.

        Raises:
            BadUpload: it is no archive of a task, or broken.
        """
        taken = await asyncio.to_thread(Taken, path, new_id())
        folder = self._home / STUDENTS / taken.new
        try:
            task = await self._restored(taken, user_id)
            try:
                return await self._with_students(task, taken, folder)
            except BaseException:  # half a task is none
                await self._store.write(lambda connection: tasks.remove(connection, task.id))
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
                raise
        finally:
            taken.close()

    async def _with_students(self, task: Task, taken: Taken, folder: Path) -> Restored:
        """Its students, what was measured of others, and the card that came along."""
        returning = Returning(taken.zip, lambda old: str(taken.id_of(old)), folder, task)
        found = await asyncio.to_thread(returning.all, self._now_ms())
        told = await asyncio.to_thread(taken.evaluations)
        left_out, silent = returning.left_out, 0
        predictor = Predictor(self._home / STUDENTS)
        try:
            for one in found:
                try:
                    kept_one = silent < SILENT_MOST and await self._measured(task, one, predictor)
                except StudentDown:
                    kept_one, silent = False, silent + 1
                if not kept_one:
                    left_out += 1
                    await asyncio.to_thread(shutil.rmtree, one.folder, ignore_errors=True)
        finally:
            await predictor.close()

        def keep(connection: Any) -> None:
            for one, results in told:
                evaluations.put(connection, one, results)

        await self._store.write(keep)
        card_there = await asyncio.to_thread(_card_kept, taken, folder)
        kept = await self._store.read(lambda connection: students.of_task(connection, task.id))
        return Restored(task, len(kept), left_out, len(told) + len(kept), card=card_there)

    async def _measured(self, task: Task, one: Returned, predictor: Predictor) -> bool:
        """Ask a student about the development texts, and keep it with what it said; False: it is broken.

        Raises:
            StudentDown: it dies of it, or does not answer in time.
        """

        def look(connection: Any) -> list[tuple[str, str, Value]]:
            truths = datasets.resolved(connection, task, Partition.DEV)
            return [(each.item, each.text, each.value) for each in truths]

        dev = await self._store.read(look)
        try:
            said = await predictor.predict(one.folder, [text for _, text, _ in dev] or ["-"])
        except StudentBroken:
            return False
        pairs = list(zip(dev, said, strict=False))
        facts = measured(task, one.student, [(truth, guess) for (_, _, truth), guess in pairs])
        guesses = [(item, guess) for (item, _, _), guess in pairs]
        await asyncio.to_thread(write_guesses, one.folder / DEV, guesses)
        now = self._now_ms()

        def keep(connection: Any) -> None:
            made = students.add(connection, replace(one.student, facts=facts))
            if guesses:
                found = Evaluation(
                    id=new_id(),
                    task_id=task.id,
                    subject=made.subject,
                    partition=Partition.DEV,
                    facts={"quality": facts["dev"]["quality"], "complete": True},
                    at=now,
                )
                results = [Result(item, guess.value, guess.score) for item, guess in guesses]
                evaluations.put(connection, found, results)

        await self._store.write(keep)
        return True

    async def _restored(self, taken: Taken, user_id: str) -> Task:
        now = self._now_ms()
        owner = Member(new_id(), taken.new, user_id, Part.OWNER, {}, now, None)
        people = taken.members()
        made: list[Task] = []

        def begin(connection: Any) -> None:
            wanted = str(taken.about["task"].get("name", ""))[:58] or "task"
            free = (wanted if not n else f"{wanted}-{n + 1}" for n in range(10_000))
            name = next(one for one in free if tasks.by_name(connection, one) is None)
            task = taken.task(name, now)
            tasks.add(connection, replace(task, archived_at=now), owner)
            for one in people:
                tasks.add_member(connection, one)
            taken.keep_about(connection)
            made.append(task)

        await self._store.write(begin)
        task = made[0]
        try:
            pages = taken.items()
            while some := await asyncio.to_thread(next, pages, None):
                await self._store.write(partial(taken.keep, some=some))
        except BaseException:  # half a task is none
            await self._store.write(lambda connection: tasks.remove(connection, task.id))
            raise

        def end(connection: Any) -> Mapping[str, Fact]:
            tasks.put(connection, task)
            if task.gold_version:
                openings.spend(connection, self._spent(task, owner))
            return {"task_kind": task.kind.value, "class": task.data_class.word}

        await self._trail.change("task.restored_from_archive", end, actor=user_id, subject=task.id)
        return task

    def _spent(self, task: Task, member: Member) -> Opening:
        return Opening(
            id=new_id(),
            task_id=task.id,
            gold_version=task.gold_version,
            number=0,
            gold_hash="",
            student_id="",
            plan={},
            reason="",
            actor=member.id,
            at=self._now_ms(),
        )

    async def card(self, task: Task) -> dict[str, Any]:
        """The card as it stands, as JSON values; ``elsewhere`` has that of the house it came from."""
        now = self._now_ms()
        found = await self._store.read(lambda connection: card(connection, task, now))
        path = self._home / STUDENTS / task.id / CARD
        before = await asyncio.to_thread(_plain, path)
        return found if before is None else {**found, "elsewhere": before}


def _card_kept(taken: Taken, folder: Path) -> bool:
    """Keep the card that came along, as history; whether there was one."""
    found = taken.card()
    if found is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CARD).write_text(json.dumps(found, ensure_ascii=False), "utf-8", "replace")
    return found is not None


def _plain(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def _gone(path: Path) -> None:
    path.unlink(missing_ok=True)


def _settled(draft: Path, path: Path, folder: Path) -> tuple[int, str]:
    """The draft becomes the file, older ones go; size and SHA-256."""
    with draft.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    size = draft.stat().st_size
    draft.replace(path)
    for other in folder.iterdir():
        if other != path:
            _gone(other)
    return size, sha256
