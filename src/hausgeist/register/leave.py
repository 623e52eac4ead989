# SPDX-License-Identifier: EUPL-1.2
"""The doors of taking a task along: ask for it, do it as a job, find the file.

The file lies in the data directory for a week, until ``people.archives`` sweeps, the newest of a task alone.
Gold goes along only if its owner says so: then this version of the gold set is spent, and that is in the
history of its openings.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.jobs import Job, JobState
from hausgeist.core.tasks import Part, Task
from hausgeist.core.trail import Fact
from hausgeist.errors import NotFound
from hausgeist.identity.tokens import new_id
from hausgeist.jobs.queue import Jobs
from hausgeist.jobs.work import JobCancelled, Work
from hausgeist.people.archives import FOLDER
from hausgeist.register.card import card
from hausgeist.register.leaving.archive import Packed, Packing, Wish, pack
from hausgeist.register.leaving.restore import Taken, is_archive
from hausgeist.store import openings, tasks
from hausgeist.store.db import Store
from hausgeist.store.openings import Opening
from hausgeist.store.tasks import Member
from hausgeist.training.students import FOLDER as STUDENTS

JOB = "export"
_CHUNK = 1 << 20


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
        """Make a new task, owned by somebody, of an archive; nothing of it is left where it breaks off.

        Raises:
            BadUpload: it is no archive of a task, or broken.
        """
        taken = await asyncio.to_thread(Taken, path, new_id())
        try:
            return await self._restored(taken, user_id)
        finally:
            taken.close()

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
        """The card as it stands, as JSON values."""
        now = self._now_ms()
        return await self._store.read(lambda connection: card(connection, task, now))


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
