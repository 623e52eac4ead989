# SPDX-License-Identifier: EUPL-1.2
"""A run by many workers: parts are handed in as jobs, watched until all are there, and put together.

Every machine needs the folder of the output and the input at the same paths, and nothing else. A job whose
worker is gone is done by another one; one that was done twice wrote the same parts.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from hausgeist.core.jobs import Job, JobState
from hausgeist.errors import NotFound, SetupError
from hausgeist.jobs.queue import Jobs
from hausgeist.jobs.work import Work
from hausgeist.register.batch.rows import counted
from hausgeist.register.batch.run import Run, Told, classify, plan_in

KIND = "batch"
JOBS = "jobs.json"
JOBS_MOST = 200
LOOK = 0.5
"""Seconds between two looks at the jobs."""


async def work(work: Work) -> Mapping[str, Any]:
    """The job ``batch``: parameters are the folder of a run, the first part, and how many.

    Raises:
        SetupError: the folder is not there on this machine.
        HausgeistError: as ``classify``.
    """
    params = work.job.params
    folder = Path(params["folder"])
    plan = await asyncio.to_thread(plan_in, folder)
    if plan is None:
        raise SetupError(
            problem=f"The worker does not find {folder}.",
            advice="Every worker needs the folder of the output at the same path.",
        )
    run, rows, total = Run(plan), 0, params["count"] * plan.rows

    async def told(done: int, share: float) -> None:
        del share
        await work.progress(min(rows + done, total - 1), total)

    for first, count in run.missing(params["first"] + params["count"]):
        begin = max(first, params["first"])
        end = first + (count or 0)
        if begin < end:
            rows += await classify(run, begin, end - begin, processes=1, told=told)
    return {"rows": rows}


async def spread(run: Run, jobs: Jobs, *, task_id: str, by: str, told: Told) -> None:
    """Have all of a run done by workers; returns when every part is there.

    Raises:
        SetupError: a worker could not do its share, or somebody cancelled it.
    """
    total = run.total
    if total is None:
        total = await asyncio.to_thread(counted, run.plan.source)
        total = total if run.plan.limit is None else min(total, run.plan.limit)
        run.ended(total)
    count = -(-total // run.plan.rows)
    before = len(run.parts())
    ids = _kept(run)
    while left := run.missing(count):
        found = [one for one in [await _look(jobs, one) for one in ids] if one is not None]
        ended = {JobState.FAILED, JobState.CANCELLED}
        if failed := next((one for one in found if one.state in ended), None):
            _keep(run, [])
            raise SetupError(
                problem=f"A worker did not end its share: {failed.error or failed.state.value}.",
                advice="What is done is kept. Run the same again to go on.",
            )
        if all(one.state.over for one in found):
            if left := run.missing(count):  # the last part may have come between two looks
                ids = await _hand_in(run, jobs, left, count, task_id=task_id, by=by)
            continue
        await told((len(run.parts()) - before) * run.plan.rows, len(run.parts()) / count)
        await asyncio.sleep(LOOK)


async def _hand_in(
    run: Run,
    jobs: Jobs,
    left: list[tuple[int, int | None]],
    count: int,
    *,
    task_id: str,
    by: str,
) -> list[str]:
    most = max(1, -(-count // JOBS_MOST))
    made: list[Job] = []
    for first, some in left:
        for begin in range(first, first + (some or 0), most):
            params = {
                "folder": str(run.folder),
                "first": begin,
                "count": min(most, first + (some or 0) - begin),
            }
            made.append(await jobs.submit(KIND, task_id=task_id, by=by, params=params))
    ids = [one.id for one in made]
    _keep(run, ids)
    return ids


async def _look(jobs: Jobs, job_id: str) -> Job | None:
    try:
        return await jobs.get(job_id)
    except NotFound:
        return None


def _kept(run: Run) -> list[str]:
    try:
        return msgspec.json.decode((run.folder / JOBS).read_bytes(), type=list[str])
    except (OSError, msgspec.DecodeError):
        return []


def _keep(run: Run, ids: list[str]) -> None:
    written = run.folder / f".{JOBS}"
    written.write_bytes(msgspec.json.encode(ids))
    written.replace(run.folder / JOBS)
