# SPDX-License-Identifier: EUPL-1.2
"""Doing a job in this process: one that was handed in goes in, the job as it ended comes out.

It is taken as a worker takes it, so that a server on the same data directory does not do it too, shows it on
its pages and can cancel it. If a server's worker was quicker, it is watched. Broken off, it waits for the
next run of the same command, or for a worker.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from hausgeist.cli.task.acting import server_runs, told
from hausgeist.core.jobs import Job, JobState
from hausgeist.errors import HausgeistError, SetupError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from hausgeist.cli.task.acting import Acting

SILENT_MS = 15_000
"""As of workers: who was not heard of for so long has lost its jobs."""
BEAT = 2.0
LOOK = 0.5


async def pending(acting: Acting, kind: str, task_id: str) -> Job | None:
    """A job of this kind of a task that is not over: it is gone on with."""
    from hausgeist.store import jobs  # noqa: PLC0415  half a second that --help saves

    found = await acting.store.read(partial(jobs.live, kind=kind, task_id=task_id))
    if found is not None:
        told("Going on with what was begun before.")
    return found


async def done_here(acting: Acting, job: Job, words: str) -> Job:
    """Do a job, with its progress on the terminal; gives it as it ended.

    Raises:
        HausgeistError: as the job's function does.
        SetupError: somebody cancelled it, or a worker could not do it.
    """
    from hausgeist.register.jobs import kinds  # noqa: PLC0415  as above

    if server_runs():
        told("A server is at work on the same data directory: its pages show this work, too.")
    with bar() as progress:
        line = progress.add_task(words, total=None)
        name = f"{_here()}{os.getpid()}-{secrets.token_hex(4)}"
        mine = await _taken(acting, job, name, progress, line)
        if mine is not None:
            function = kinds(acting.bench)[job.kind]
            await _do(acting, mine, name, function, progress, line)
    ended = await acting.bench.jobs.get(job.id)
    if ended.state is JobState.CANCELLED:
        raise SetupError(problem="It was cancelled.", advice="What it had done stays.")
    if ended.state is not JobState.DONE:
        raise SetupError(
            problem=f"It broke off with the error {ended.error}.", advice="What it had done stays."
        )
    return ended


@contextmanager
def counting(words: str) -> Iterator[Callable[[int, int], Awaitable[None]]]:
    """A bar for work that is no job: tell it done and total; 0: nobody knows."""
    with bar() as progress:
        line = progress.add_task(words, total=None)

        async def tell(done: int, total: int) -> None:
            progress.update(line, completed=done, total=total or None)

        yield tell


def bar() -> Progress:
    """Progress on the terminal; nothing where there is none."""
    from rich.console import Console  # noqa: PLC0415  as above
    from rich.progress import (  # noqa: PLC0415  as above
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


async def _taken(
    acting: Acting, job: Job, name: str, progress: Progress, line: TaskID
) -> Job | None:
    """The job, taken; None: somebody else did it while we watched."""
    from hausgeist.store import jobs  # noqa: PLC0415  as above

    said = False
    while True:
        now = acting.bench.ground.now_ms()
        taken = await acting.store.write(partial(jobs.take, job_id=job.id, worker=name, now_ms=now))
        if taken is not None:
            return taken[0]
        found = await acting.bench.jobs.get(job.id)
        if found.state.over:
            return None
        progress.update(line, completed=found.done, total=found.total or None)
        before = await acting.store.read(partial(jobs.worker_of, job_id=job.id))
        if _killed(before):
            await acting.store.write(partial(jobs.give_back, worker=before, died=True))
            continue
        if await acting.store.write(
            partial(jobs.hand, job_id=job.id, now_ms=now, silent_since=now - SILENT_MS)
        ):
            continue  # its worker is gone
        if not said:
            told("A worker is at it already, or was a moment ago: watching.")
            said = True
        await asyncio.sleep(LOOK)


def _here() -> str:
    return f"command-{os.uname().nodename[:24]}-"


def _killed(worker: str) -> bool:
    """Whether it was a command on this machine that is no more: nobody has to wait for its silence."""
    pid = worker.removeprefix(_here()).partition("-")[0]
    if not worker.startswith(_here()) or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


async def _do(
    acting: Acting, job: Job, name: str, function: Any, progress: Progress, line: TaskID
) -> None:
    from hausgeist.jobs.work import JobCancelled, run_here  # noqa: PLC0415  as above
    from hausgeist.store import jobs  # noqa: PLC0415  as above
    from hausgeist.workbench.asking import GatewayAsker  # noqa: PLC0415  as above

    async def keep(done: int, total: int, note: Mapping[str, Any]) -> bool:
        progress.update(line, completed=done, total=total or None)
        now = acting.bench.ground.now_ms()
        return await acting.store.write(
            partial(
                jobs.advance,
                job_id=job.id,
                worker=name,
                done=done,
                total=total,
                note=note,
                now_ms=now,
            )
        )

    async def end(state: JobState, result: Mapping[str, Any], error: str = "") -> None:
        now = acting.bench.ground.now_ms()
        await acting.store.write(
            partial(
                jobs.end,
                job_id=job.id,
                worker=name,
                state=state,
                result=result,
                error=error,
                now_ms=now,
            )
        )

    beating = asyncio.create_task(_beat(acting, job.id, name))
    try:
        asker = GatewayAsker(acting.house.gateway, principal=acting.who)
        result = await run_here(job, function, asker, keep)
    except JobCancelled:
        return
    except HausgeistError as error:
        await end(JobState.FAILED, {}, error.code)
        raise
    except BaseException:  # broken off, Ctrl-C too: whoever comes next goes on
        await acting.store.write(partial(jobs.give_back, worker=name, died=False))
        raise
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating
    await end(JobState.DONE, result)


async def _beat(acting: Acting, job_id: str, name: str) -> None:
    from hausgeist.store import jobs  # noqa: PLC0415  as above

    while True:
        await asyncio.sleep(BEAT)
        now = acting.bench.ground.now_ms()
        await acting.store.write(partial(jobs.beat, worker=name, job_ids=[job_id], now_ms=now))
