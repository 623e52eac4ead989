# SPDX-License-Identifier: EUPL-1.2
"""A worker: takes jobs that wait, does them, says that it lives, and gives back what it cannot end.

In: the table of kinds and what makes an asker of a job. Out: jobs that are done, failed or given back. Jobs
run in the event loop of ``run``; a thread of its own says every two seconds that the worker lives, also
while a job keeps the loop busy. How jobs come back after a crash: whoever is silent for ``SILENT`` seconds
has lost its jobs, and any worker hands them on.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from hausgeist.core.jobs import Job, JobState
from hausgeist.errors import HausgeistError, Internal, WorkCrashed
from hausgeist.jobs.durable import Durable, LeftOpen
from hausgeist.jobs.work import Asker, JobCancelled, JobFunction, Work
from hausgeist.store import jobs
from hausgeist.store.db import DatabaseError, Store

log = logging.getLogger("hausgeist.jobs")

LOOK = 0.5
"""Seconds between two looks for jobs that wait."""
BEAT = 2.0
"""Seconds between two signs of life."""
SILENT = 15.0
"""Seconds of silence after which a worker has lost its jobs."""
HANDED = 20
"""Jobs handed on at one look."""
ATTEMPTS = 10
"""How often a job may take its worker down without getting on."""
KEPT = 90 * 86_400.0
"""Seconds for which a job that is over can be looked at."""
TIDY = 6 * 3_600.0
"""Seconds between two looks for jobs that are too old."""


@dataclass(slots=True)
class _Ended:
    """What came of a job."""

    state: JobState
    result: Mapping[str, Any]
    error: str = ""


class Worker:
    """One worker. ``name`` is of this process and no other; ``now_ms`` gives milliseconds since the epoch."""

    def __init__(
        self,
        store: Store,
        name: str,
        kinds: Mapping[str, JobFunction],
        asker: Callable[[Job], Asker],
        now_ms: Callable[[], int],
        *,
        database: str,
        places: int,
        silence: float = SILENT,
    ) -> None:
        """``silence``: seconds after which others are taken for gone."""
        self._store = store
        self._name = name
        self._kinds = kinds
        self._asker = asker
        self._now_ms = now_ms
        self._durable = Durable(database, name, places, self._in_thread)
        self._running: dict[str, asyncio.Task[Mapping[str, Any]]] = {}
        self._silence_ms = round(silence * 1000)
        self._leaving = threading.Event()
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self, idle: float | None = None) -> None:
        """Work until ``leave``, or until nothing was to be done for ``idle`` seconds."""
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._durable.launch)
        threading.Thread(target=self._beat, name="jobs-beat", daemon=True).start()
        tidied = -TIDY
        busy = time.monotonic()
        while not self._leaving.is_set():
            now = time.monotonic()
            try:
                if await self._look() or self._running:
                    busy = now
                if now - tidied > TIDY:
                    tidied = now
                    await self._tidy()
            except DatabaseError as error:  # it may be away for a while
                log.warning("could not look for jobs: %s", type(error).__name__)
            if idle is not None and now - busy > idle:
                break
            await self._pause()
        await self._leave()

    def leave(self) -> None:
        """Take no more jobs, give back those under way, and end ``run``; from the loop's thread."""
        self._leaving.set()
        self._wake.set()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(LOOK):
                await self._wake.wait()
        except TimeoutError:
            return

    # -- what waits ---------------------------------------------------------------------------------

    async def _look(self) -> bool:
        """Hand on the jobs that wait; gives whether any is queued."""
        silent = self._now_ms() - self._silence_ms
        for job_id in await self._store.read(partial(_waiting, silent)):
            keep = partial(_hand, job_id, self._now_ms(), silent)
            if await self._store.write(keep):
                await asyncio.to_thread(self._durable.hand, job_id)
        return await self._store.read(jobs.queued)

    async def _tidy(self) -> None:
        before = self._now_ms() - round(KEPT * 1000)
        while await self._store.write(partial(_prune, before)):
            pass
        await asyncio.to_thread(self._durable.prune, before)

    # -- one job ------------------------------------------------------------------------------------

    def _in_thread(self, job_id: str) -> None:
        """What DBOS calls: wait for the job, which runs in our loop.

        Raises:
            LeftOpen: it is not over.
        """
        assert self._loop is not None
        if self._leaving.is_set():
            raise LeftOpen
        done = asyncio.run_coroutine_threadsafe(self._do(job_id), self._loop)
        if not done.result():
            raise LeftOpen

    async def _do(self, job_id: str) -> bool:
        """Do a job; False where somebody has to go on with it."""
        try:
            taken = await self._store.write(partial(_take, job_id, self._name, self._now_ms()))
            if taken is None:  # cancelled, or a neighbour was quicker
                return True
            ended = await self._ended(*taken)
            if ended is not None:
                await self._store.write(partial(self._keep_end, job_id, ended))
        except DatabaseError as error:  # nobody hears of us for a while: it is then handed on
            log.warning("a job is left to others: %s", type(error).__name__)
            return False
        return ended is not None or not self._leaving.is_set()

    async def _ended(self, job: Job, attempts: int) -> _Ended | None:
        """What came of it; None where nothing is to be said of it by us any more."""
        function = self._kinds.get(job.kind)
        if function is None:
            log.error("no job of the kind %s is known here", job.kind)
            return _Ended(JobState.FAILED, {}, Internal.code)
        if attempts > ATTEMPTS:
            return _Ended(JobState.FAILED, {}, WorkCrashed.code)
        work = Work(job, self._asker(job), partial(self._advance, job.id))
        self._running[job.id] = task = asyncio.ensure_future(function(work))
        try:
            return _Ended(JobState.DONE, dict(await task))
        except JobCancelled:
            return _Ended(JobState.CANCELLED, {})
        except asyncio.CancelledError:  # we leave, or it is no longer ours
            return None
        except DatabaseError:
            raise
        except HausgeistError as error:
            return _Ended(JobState.FAILED, {}, error.code)
        except Exception:  # a job step: whatever it is, the worker goes on
            log.exception("a job of the kind %s broke off", job.kind)
            return _Ended(JobState.FAILED, {}, Internal.code)
        finally:
            self._running.pop(job.id, None)

    async def _advance(self, job_id: str, done: int, total: int, note: Mapping[str, Any]) -> bool:
        now = self._now_ms()
        return await self._store.write(
            lambda connection: jobs.advance(
                connection, job_id, self._name, done=done, total=total, note=note, now_ms=now
            )
        )

    def _keep_end(self, job_id: str, ended: _Ended, connection: Any) -> None:
        jobs.end(
            connection,
            job_id,
            self._name,
            state=ended.state,
            result=ended.result,
            error=ended.error,
            now_ms=self._now_ms(),
        )

    # -- signs of life, and the end -----------------------------------------------------------------

    def _beat(self) -> None:
        """Say that we live, in a thread of its own; let go of jobs that are no longer ours."""
        while not self._leaving.wait(BEAT):
            running = list(self._running)
            if not running:
                continue
            beat = partial(_beat, self._name, running, self._now_ms())
            try:
                ours = self._store.write_now(beat)
            except DatabaseError as error:
                log.warning("could not say that this worker lives: %s", type(error).__name__)
                continue
            assert self._loop is not None
            for job_id in set(running) - ours:
                self._loop.call_soon_threadsafe(self._let_go, job_id)

    def _let_go(self, job_id: str) -> None:
        task = self._running.get(job_id)
        if task is not None:
            task.cancel()

    async def _leave(self) -> None:
        """Give back what is under way, and close."""
        self._leaving.set()
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await self._store.write(partial(_give_back, self._name))
        except DatabaseError as error:  # others find out by our silence
            log.warning("could not give jobs back: %s", type(error).__name__)
        await asyncio.to_thread(self._durable.close)


def _waiting(silent: int, connection: Any) -> list[str]:
    return jobs.waiting(connection, silent, HANDED)


def _hand(job_id: str, now: int, silent: int, connection: Any) -> bool:
    return jobs.hand(connection, job_id, now_ms=now, silent_since=silent)


def _prune(before: int, connection: Any) -> list[str]:
    return jobs.prune(connection, before)


def _take(job_id: str, name: str, now: int, connection: Any) -> tuple[Job, int] | None:
    return jobs.take(connection, job_id, name, now)


def _beat(name: str, ids: list[str], now: int, connection: Any) -> set[str]:
    return jobs.beat(connection, name, ids, now)


def _give_back(name: str, connection: Any) -> int:
    return jobs.give_back(connection, name, died=False)
