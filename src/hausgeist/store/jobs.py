# SPDX-License-Identifier: EUPL-1.2
"""Verbs of jobs: what people ask for, and what workers take, beat for, end and give back.

A row has one worker at a time. Whoever writes as a worker names itself in the WHERE: one that lost a job
writes nothing of it any more. Times are milliseconds since the epoch.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, case, delete, func, insert, select, update

from hausgeist.core.jobs import Job, JobState
from hausgeist.store.accounts import Row
from hausgeist.store.tables import groups, jobs, users

_LIVE = (JobState.QUEUED.value, JobState.RUNNING.value)
_OVER = tuple(state.value for state in JobState if state.over)


def _text(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values), ensure_ascii=False, separators=(",", ":"))


def job_of(row: Row) -> Job:
    """The job that a row keeps."""
    return Job(
        id=row["id"],
        kind=row["kind"],
        task_id=row["task_id"],
        params=json.loads(row["params"]),
        by=row["user_id"],
        state=JobState(row["state"]),
        done=row["done"],
        total=row["total"],
        note=json.loads(row["note"]),
        result=json.loads(row["result"]),
        error=row["error"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
    )


def add(connection: Connection, job: Job) -> None:
    """Keep a new job."""
    connection.execute(
        insert(jobs).values(
            id=job.id,
            kind=job.kind,
            task_id=job.task_id,
            params=_text(job.params),
            user_id=job.by,
            state=job.state.value,
            done=job.done,
            total=job.total,
            note=_text(job.note),
            result=_text(job.result),
            error=job.error,
            worker="",
            beat_at=None,
            attempts=0,
            created_at=job.created_at,
            started_at=job.started_at,
            ended_at=job.ended_at,
        )
    )


def get(connection: Connection, job_id: str) -> Job | None:
    """A job by its id, whoever asks."""
    row = connection.execute(select(jobs).where(jobs.c.id == job_id)).mappings().first()
    return job_of(row) if row else None


def of_task(connection: Connection, task_id: str, most: int) -> list[Job]:
    """The jobs of a task, the newest first."""
    query = select(jobs).where(jobs.c.task_id == task_id)
    query = query.order_by(jobs.c.created_at.desc(), jobs.c.id).limit(most)
    return [job_of(row) for row in connection.execute(query).mappings()]


def of_user(connection: Connection, user_id: str, most: int) -> list[Job]:
    """The jobs somebody started, the newest first."""
    query = select(jobs).where(jobs.c.user_id == user_id)
    query = query.order_by(jobs.c.created_at.desc(), jobs.c.id).limit(most)
    return [job_of(row) for row in connection.execute(query).mappings()]


def starter(connection: Connection, job_id: str) -> Row | None:
    """Who started a job that is running, with the cost centre of the group; None where it does not run."""
    columns = (users.c.id, users.c.name, users.c.active, users.c.group_id, users.c.locale)
    query = (
        select(*columns, groups.c.cost_centre)
        .select_from(jobs.join(users, jobs.c.user_id == users.c.id))
        .join(groups, users.c.group_id == groups.c.id)
        .where(jobs.c.id == job_id, jobs.c.state == JobState.RUNNING.value)
    )
    return connection.execute(query).mappings().first()


def same(connection: Connection, job: Job) -> Job | None:
    """A job of the same person, task, kind and parameters that waits."""
    query = select(jobs).where(
        jobs.c.task_id == job.task_id,
        jobs.c.kind == job.kind,
        jobs.c.user_id == job.by,
        jobs.c.params == _text(job.params),
        jobs.c.state == JobState.QUEUED.value,
    )
    row = connection.execute(query.limit(1)).mappings().first()
    return job_of(row) if row else None


def live(connection: Connection, kind: str, task_id: str | None) -> Job | None:
    """A job of this kind of a task that is not over."""
    query = select(jobs).where(
        jobs.c.kind == kind, jobs.c.task_id == task_id, jobs.c.state.in_(_LIVE)
    )
    row = connection.execute(query.limit(1)).mappings().first()
    return job_of(row) if row else None


def cancel(connection: Connection, job_id: str, now_ms: int) -> bool:
    """Put an end to a job that is not over; False where there is none."""
    query = update(jobs).where(jobs.c.id == job_id, jobs.c.state.in_(_LIVE))
    query = query.values(state=JobState.CANCELLED.value, ended_at=now_ms)
    return bool(connection.execute(query).rowcount)


def exported(connection: Connection, user_id: str) -> list[dict[str, Any]]:
    """The jobs somebody started, to take along."""
    columns = [column for column in jobs.c if column.name not in {"user_id", "worker", "attempts"}]
    query = select(*columns).where(jobs.c.user_id == user_id).order_by(jobs.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def forget_starter(connection: Connection, user_id: str) -> int:
    """Take somebody off the jobs they started, and end those that are not over; gives off how many."""
    theirs = jobs.c.user_id == user_id
    ended = {
        "state": JobState.CANCELLED.value,
        "ended_at": func.coalesce(jobs.c.beat_at, jobs.c.created_at),
    }
    connection.execute(update(jobs).where(theirs, jobs.c.state.in_(_LIVE)).values(**ended))
    return connection.execute(update(jobs).where(theirs).values(user_id=None)).rowcount


# -- workers ---------------------------------------------------------------------------------------


def waiting(connection: Connection, silent_since: int, most: int) -> list[str]:
    """The ids of the jobs that somebody should be given, the oldest first.

    Those that are queued and were not just handed to a worker, and those whose worker was not heard of
    since ``silent_since``.
    """
    query = select(jobs.c.id).where(_free(silent_since))
    query = query.order_by(jobs.c.created_at, jobs.c.id).limit(most)
    return [row.id for row in connection.execute(query)]


def queued(connection: Connection) -> bool:
    """Whether any job waits for a worker."""
    query = select(jobs.c.id).where(jobs.c.state == JobState.QUEUED.value).limit(1)
    return connection.execute(query).first() is not None


def hand(connection: Connection, job_id: str, *, now_ms: int, silent_since: int) -> bool:
    """Note that a waiting job is being handed to a worker; False where somebody else does it already.

    One that was running is queued again: its worker, should it still be there, has lost it.
    """
    values = {"state": JobState.QUEUED.value, "worker": "", "beat_at": now_ms}
    query = update(jobs).where(jobs.c.id == job_id, _free(silent_since)).values(**values)
    return bool(connection.execute(query).rowcount)


def take(connection: Connection, job_id: str, worker: str, now_ms: int) -> tuple[Job, int] | None:
    """Give a queued job to a worker: the job, and how often it was begun since it last got on."""
    values = {
        "state": JobState.RUNNING.value,
        "worker": worker,
        "beat_at": now_ms,
        "started_at": func.coalesce(jobs.c.started_at, now_ms),
        "attempts": jobs.c.attempts + 1,
    }
    free = (jobs.c.id == job_id) & (jobs.c.state == JobState.QUEUED.value)
    if not connection.execute(update(jobs).where(free).values(**values)).rowcount:
        return None
    row = connection.execute(select(jobs).where(jobs.c.id == job_id)).mappings().one()
    return job_of(row), row["attempts"]


def worker_of(connection: Connection, job_id: str) -> str:
    """Who has a running job; empty: nobody."""
    query = select(jobs.c.worker).where(jobs.c.id == job_id, jobs.c.state == JobState.RUNNING.value)
    return connection.execute(query).scalar() or ""


def beat(connection: Connection, worker: str, job_ids: Sequence[str], now_ms: int) -> set[str]:
    """Say that a worker lives; gives those of its jobs that are still its own and wanted."""
    if not job_ids:
        return set()
    mine = _mine(worker) & jobs.c.id.in_(job_ids)
    connection.execute(update(jobs).where(mine).values(beat_at=now_ms))
    return {row.id for row in connection.execute(select(jobs.c.id).where(mine))}


def advance(
    connection: Connection,
    job_id: str,
    worker: str,
    *,
    done: int,
    total: int,
    note: Mapping[str, Any],
    now_ms: int,
) -> bool:
    """Keep how far a job is; False where it is no longer this worker's, or no longer wanted."""
    values = {
        "done": done,
        "total": total,
        "note": _text(note),
        "beat_at": now_ms,
        "attempts": case((jobs.c.done < done, 0), else_=jobs.c.attempts),
    }
    query = update(jobs).where(_mine(worker), jobs.c.id == job_id).values(**values)
    return bool(connection.execute(query).rowcount)


def end(
    connection: Connection,
    job_id: str,
    worker: str,
    *,
    state: JobState,
    result: Mapping[str, Any],
    error: str,
    now_ms: int,
) -> bool:
    """Say how a job ended; False where it is no longer this worker's."""
    values = {"state": state.value, "result": _text(result), "error": error, "ended_at": now_ms}
    query = update(jobs).where(_mine(worker), jobs.c.id == job_id).values(**values)
    return bool(connection.execute(query).rowcount)


def give_back(connection: Connection, worker: str, *, died: bool) -> int:
    """Put a worker's jobs back into the queue, for whoever takes them next; gives how many.

    ``died``: it did not end by itself; what it was at may be to blame.
    """
    values: dict[str, Any] = {"state": JobState.QUEUED.value, "worker": "", "beat_at": None}
    if not died:
        values["attempts"] = 0
    return connection.execute(update(jobs).where(_mine(worker)).values(**values)).rowcount


def prune(connection: Connection, before_ms: int) -> list[str]:
    """Forget the jobs that ended before a moment; gives their ids."""
    old = jobs.c.state.in_(_OVER) & (jobs.c.ended_at < before_ms)
    ids = [row.id for row in connection.execute(select(jobs.c.id).where(old).limit(1_000))]
    if ids:
        connection.execute(delete(jobs).where(jobs.c.id.in_(ids)))
    return ids


def prepare_file(path: Path) -> None:
    """Make the file in which workers of a house on SQLite keep their workflows, to be read while written."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def _free(silent_since: int) -> Any:
    queued = jobs.c.state == JobState.QUEUED.value
    running = jobs.c.state == JobState.RUNNING.value
    unheard = jobs.c.beat_at.is_(None) | (jobs.c.beat_at < silent_since)
    return (queued | running) & unheard


def _mine(worker: str) -> Any:
    return (jobs.c.state == JobState.RUNNING.value) & (jobs.c.worker == worker)
