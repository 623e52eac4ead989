# SPDX-License-Identifier: EUPL-1.2
"""Texts on their way into a task: a file that was handed in, a look at it, then row by row into the items.

The file waits in the data directory. Rows come out of a limited child in batches; each batch, what could not
come in, and how far it is are kept in one transaction: broken off anywhere, it goes on at the next row, and
no row comes in twice. Nothing is passed over silently: every row that is not kept as it stands is listed
with its number and the reason.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import Any

import msgspec

from hausgeist.audit import Trail
from hausgeist.core.items import Item, fingerprint
from hausgeist.core.tasks import Partition, Task
from hausgeist.errors import N_, BadUpload, HausgeistError, NotFound
from hausgeist.identity.tokens import new_id
from hausgeist.jobs.work import Work
from hausgeist.store import intakes, items, tasks
from hausgeist.store.db import Store
from hausgeist.store.intakes import Intake, Refusal
from hausgeist.store.tasks import Member
from hausgeist.workbench.arriving import Plan, Prepared, keep_batch
from hausgeist.workbench.partitions import Partitions, Told
from hausgeist.workbench.reading import Found, Row, look_at, read_rows

FILE_MOST = 600 * 1024 * 1024
"""Bytes of a file."""
AT_ONCE_MOST = 1024 * 1024
"""Bytes of a file that is taken in at once, without a job."""
WAITS = 24 * 3600
"""Seconds that a file waits for the person who handed it in."""
WAITING_MOST = 5
"""Files of one person that wait; the oldest goes for a further one."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for the beginning of a formula."""
_RANDOM = SystemRandom()


class Waiting(msgspec.Struct, frozen=True):
    """A file that was handed in and waits to become a task, or part of one."""

    id: str
    user_id: str
    name: str
    size: int
    found: Found


class Intakes:
    """Files on their way in. ``folder`` is where they wait."""

    def __init__(
        self,
        store: Store,
        trail: Trail,
        partitions: Partitions,
        folder: Path,
        now_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._trail = trail
        self._partitions = partitions
        self._folder = folder
        self._now_ms = now_ms

    # -- handed in ----------------------------------------------------------------------------------

    def room(self) -> Path:
        """A path for a new file; what nobody came back for in a day is cleared away."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        due = time.time() - WAITS
        for path in self._folder.glob("*.waiting*"):
            with suppress(OSError):
                if path.stat().st_mtime < due:
                    path.unlink()
        return self._folder / f"{secrets.token_hex(16)}.waiting"

    async def hand_in(self, user_id: str, path: Path, name: str) -> Waiting:
        """Look at a file in a ``room``, and keep what it seems to be with it.

        Raises:
            BadUpload: it holds no texts; it is gone then.
            TookTooLong, TookTooMuch, WorkCrashed: it kept to no limit.
        """
        try:
            found = await _first_look(path, name)
        except BaseException:  # whatever ends it, a visitor that goes away too: nothing is left
            _gone(path)
            raise
        waiting = Waiting(path.stem, user_id, name[:200], _size(path), found)
        self._keep(waiting)
        await asyncio.to_thread(self._make_room, user_id)
        return waiting

    def _make_room(self, user_id: str) -> None:
        """Throw away what is too much of what a person handed in and never came back for."""
        theirs = []
        for path in self._folder.glob("*.waiting.json"):
            with suppress(OSError, msgspec.DecodeError):
                found = msgspec.json.decode(path.read_bytes(), type=Waiting)
                if found.user_id == user_id:
                    theirs.append((path.stat().st_mtime_ns, found))
        theirs.sort(key=lambda one: one[0])
        for _, found in theirs[:-WAITING_MOST]:
            self.forget(found)

    async def look_again(
        self, waiting: Waiting, chosen: Mapping[str, str], *, head: bool | None
    ) -> Waiting:
        """Look once more, with what a person chose: text, label, sign. Raises as ``hand_in``."""
        found = await look_at(self._path(waiting.id), waiting.name, chosen, head=head)
        again = msgspec.structs.replace(waiting, found=found)
        self._keep(again)
        return again

    def waiting(self, waiting_id: str, user_id: str) -> Waiting:
        """A file that a person handed in.

        Raises:
            NotFound: there is none, or it is somebody else's.
        """
        if not waiting_id.isalnum() or len(waiting_id) > 64:
            raise NotFound
        try:
            body = self._path(waiting_id, ".json").read_bytes()
            found = msgspec.json.decode(body, type=Waiting)
        except (OSError, msgspec.DecodeError):
            raise NotFound from None
        if found.user_id != user_id or not self._path(waiting_id).exists():
            raise NotFound
        return found

    def forget(self, waiting: Waiting) -> None:
        """Throw a file away that was handed in."""
        for path in (self._path(waiting.id), self._path(waiting.id, ".json")):
            path.unlink(missing_ok=True)

    def _keep(self, waiting: Waiting) -> None:
        self._path(waiting.id, ".json").write_bytes(msgspec.json.encode(waiting))

    def _path(self, waiting_id: str, ending: str = "") -> Path:
        return self._folder / f"{waiting_id}.waiting{ending}"

    # -- into a task --------------------------------------------------------------------------------

    async def begin(self, task: Task, member: Member, waiting: Waiting, plan: Plan) -> Intake:
        """Note that a file goes into a task; ``run`` does it."""
        intake_id = new_id()
        target = self._folder / f"{intake_id}.file"
        await asyncio.to_thread(self._path(waiting.id).rename, target)
        self._path(waiting.id, ".json").unlink(missing_ok=True)
        kept = msgspec.structs.replace(plan, path=target.name, name=waiting.name, size=waiting.size)
        return await self._begin(task.id, member.id, intake_id, kept)

    async def begin_file(self, task: Task, member: Member, path: Path, plan: Plan) -> Intake:
        """As ``begin``, for a file that stays where it is: the command line's."""
        kept = msgspec.structs.replace(
            plan,
            path=str(_whole(path)),
            name=path.name,
            size=_size(path),
        )
        return await self._begin(task.id, member.id, new_id(), kept)

    async def _begin(self, task_id: str, member_id: str, intake_id: str, plan: Plan) -> Intake:
        intake = Intake(
            id=intake_id,
            task_id=task_id,
            actor=member_id,
            body=msgspec.to_builtins(plan),
            created_at=self._now_ms(),
        )
        await self._store.write(partial(intakes.add, intake=intake))
        return intake

    async def get(self, task_id: str, intake_id: str) -> Intake:
        """One of a task.

        Raises:
            NotFound: there is none.
        """
        found = await self._store.read(
            lambda connection: intakes.get(connection, task_id, intake_id)
        )
        if found is None:
            raise NotFound
        return found

    async def of_task(self, task_id: str) -> list[Intake]:
        """All of a task, the newest first."""
        return await self._store.read(lambda connection: intakes.of_task(connection, task_id))

    async def refusals(self, task_id: str, intake_id: str) -> AsyncIterator[list[Refusal]]:
        """The rows of one that did not come in as they stand, some at a time.

        Raises:
            NotFound: the task has no such intake.
        """
        await self.get(task_id, intake_id)
        after = -1
        while found := await self._store.read(
            partial(intakes.refusals, intake_id=intake_id, after=after)
        ):
            yield found
            after = found[-1].row

    async def work(self, work: Work) -> Mapping[str, Any]:
        """The job ``intake``: its parameter ``intake`` names what is to be taken in."""
        size = [1]

        async def told(done: int, total: int) -> None:
            size[0] = max(size[0], total)
            await work.progress(min(done, size[0]), size[0])

        intake = await self.run(
            str(work.job.task_id), str(work.job.params["intake"]), str(work.job.by), told
        )
        return {"added": intake.added, "answers": intake.answers, "refused": intake.refused}

    async def run(
        self, task_id: str, intake_id: str, user_id: str, told: Told | None = None
    ) -> Intake:
        """Take a file in, from where it was broken off. Gives how it ended; a second time does nothing.

        Raises:
            HausgeistError: the file cannot be read any further; what came in stays, and it is noted.
        """
        intake = await self.get(task_id, intake_id)
        if intake.state == intakes.DONE:
            return intake
        plan = msgspec.convert(intake.body, type=Plan)
        path = Path(plan.path) if Path(plan.path).is_absolute() else self._folder / plan.path
        first = 0  # of one that was broken off, all is looked at once more
        if not intake.row:
            first = await self._store.read(lambda connection: items.last_seq(connection, task_id))
        if not intake.row:
            await self._store.write(
                partial(intakes.change, intake_id=intake_id, state=intakes.RUNNING)
            )
        try:
            await self._read(intake, plan, path, told)
        except HausgeistError as error:
            ended: dict[str, Any] = {
                "state": intakes.FAILED,
                "error": error.code,
                "ended_at": self._now_ms(),
            }
            await self._store.write(partial(intakes.change, intake_id=intake_id, **ended))
            raise
        await self._settle(task_id, user_id, plan, first, told)
        now = self._now_ms()

        def end(connection: Any) -> Mapping[str, Any]:
            intakes.change(connection, intake_id, state=intakes.DONE, ended_at=now)
            found = intakes.get(connection, task_id, intake_id)
            task = tasks.get(connection, task_id)
            assert found is not None
            if task is not None:
                tasks.put(connection, replace(task, updated_at=now))
            return {"items": found.added, "refused": sum(found.refused.values())}

        await self._trail.change("task.texts_added", end, actor=user_id, subject=task_id)
        if not Path(plan.path).is_absolute():
            path.unlink(missing_ok=True)
        return await self.get(task_id, intake_id)

    async def _read(self, intake: Intake, plan: Plan, path: Path, told: Told | None) -> None:
        if not await asyncio.to_thread(path.exists):
            raise BadUpload(reason=N_("it is not there any more"))
        asked = {
            name: getattr(plan, name)
            for name in ("text", "label", "outside", "meta", "kind", "sign")
        }
        async with aclosing(read_rows(path, plan.shape, asked, intake.row)) as batches:
            async for rows, at in batches:  # whatever breaks it off, the child ends now
                await self._take(intake, plan, rows)
                if told is not None:
                    await told(at, plan.size)

    async def _settle(
        self, task_id: str, user_id: str, plan: Plan, first: int, told: Told | None
    ) -> None:
        """After the last row: gold first, then development, then what resembles them is kept out."""
        task = await self._store.read(lambda connection: tasks.get(connection, task_id))
        said: dict[str, Any] = {} if told is None else {"told": partial(_swept, told, plan.size)}
        if plan.gold and task is not None and task.gold_version == 0:
            with suppress(HausgeistError):  # too few texts: the overview says so, and offers it
                await self._partitions.draw_gold(task_id, user_id, plan.gold, plan.strata, **said)
        elif task is not None and task.gold_version:
            await self._partitions.sweep(task_id, first, **said)
        task = await self._store.read(lambda connection: tasks.get(connection, task_id))
        if task is not None and task.gold_version:  # gold first: nothing is taken away from it
            await self._partitions.draw_dev(task_id, user_id, **said)

    async def _take(self, intake: Intake, plan: Plan, rows: list[Row]) -> None:
        made = await asyncio.to_thread(_prepared, rows, intake.task_id, self._now_ms())
        await self._store.write(
            partial(keep_batch, intake_id=intake.id, task_id=intake.task_id, plan=plan, made=made)
        )


async def _first_look(path: Path, name: str) -> Found:
    found = await look_at(path, name, {}, head=None)
    if not found.look.rows or not found.look.text:
        raise BadUpload(reason=N_("no row of it could be read as a text"))
    return found


def _whole(path: Path) -> Path:
    return path.absolute()


def _size(path: Path) -> int:
    return path.stat().st_size


def _gone(path: Path) -> None:
    path.unlink(missing_ok=True)


async def _swept(told: Told, size: int, done: int, total: int) -> None:
    del done, total
    await told(size, size)


def _prepared(rows: list[Row], task_id: str, now: int) -> list[Prepared]:
    """Each row with the item it would be."""
    return [(row, None if row.reason else _item(row, task_id, now)) for row in rows]


def _item(row: Row, task_id: str, now: int) -> Item:
    return Item(
        id=new_id(),
        task_id=task_id,
        seq=0,
        text=row.text,
        text_hash=fingerprint(row.text),
        source="",
        outside_id=row.outside,
        meta=row.meta,
        partition=Partition.POOL,
        rank=_RANDOM.random(),
        created_at=now,
    )


def report_line(one: Refusal, words: str) -> str:
    """A line of the report of rows that did not come in: row, reason, detail, as CSV."""
    detail = f"'{one.detail}" if one.detail.startswith(_FORMULA) else one.detail
    cells = (str(one.row), words, detail)
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\r\n"
