# SPDX-License-Identifier: EUPL-1.2
"""The doors of jobs: hand one in, look at it, cancel it. Who works on it is elsewhere (``worker``).

In: a kind, a task and its parameters. Out: jobs as they stand. Knows neither what a kind does nor DBOS.
"""

import secrets
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from hausgeist.core.jobs import Job
from hausgeist.errors import N_, Conflict, NotFound
from hausgeist.store import jobs
from hausgeist.store.db import Store

LISTED = 100
"""Jobs in a list, at most."""


class Jobs:
    """The jobs of a house. ``handed_in`` is called after each new one: whoever starts workers hears of it."""

    def __init__(
        self,
        store: Store,
        now_ms: Callable[[], int],
        handed_in: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._now_ms = now_ms
        self.handed_in = handed_in

    async def submit(
        self,
        kind: str,
        *,
        task_id: str | None = None,
        by: str | None = None,
        params: Mapping[str, Any] | None = None,
        alone: bool = False,
        once: bool = False,
    ) -> Job:
        """Hand in a job; a worker takes it. ``params``: plain JSON values, never content.

        ``by`` is the person whose job it is, and whose calls it makes. ``alone``: not while the task has
        another of its kind that is not over. ``once``: where somebody's same job waits already, that one is
        given, so that a button pressed a hundred times is one job.

        Raises:
            Conflict: it has, and ``alone`` was asked for.
        """
        job = Job(
            id=secrets.token_hex(10),
            kind=kind,
            task_id=task_id,
            params=dict(params or {}),
            by=by,
            created_at=self._now_ms(),
        )

        def keep(connection: Any) -> Job | None:
            if alone and jobs.live(connection, kind, task_id) is not None:
                return None
            waiting = jobs.same(connection, job) if once else None
            if waiting is None:
                jobs.add(connection, job)
            return waiting or job

        kept = await self._store.write(keep)
        if kept is None:
            raise Conflict(what=N_("A job of this kind"))
        self.handed_in()
        return kept

    async def get(self, job_id: str) -> Job:
        """A job as it stands, whoever asks.

        Raises:
            NotFound: there is none.
        """
        found = await self._store.read(partial(_get, job_id))
        if found is None:
            raise NotFound
        return found

    async def of_task(self, task_id: str) -> list[Job]:
        """The jobs of a task, the newest first, a hundred at most."""
        return await self._store.read(lambda connection: jobs.of_task(connection, task_id, LISTED))

    async def of(self, user_id: str) -> list[Job]:
        """The jobs somebody started, the newest first, a hundred at most."""
        return await self._store.read(lambda connection: jobs.of_user(connection, user_id, LISTED))

    async def cancel(self, job_id: str) -> Job:
        """Put an end to a job; what it has done stays. One that is over stays as it is.

        Raises:
            NotFound: there is none.
        """
        now = self._now_ms()
        await self._store.write(lambda connection: jobs.cancel(connection, job_id, now))
        return await self.get(job_id)


def _get(job_id: str, connection: Any) -> Job | None:
    return jobs.get(connection, job_id)
