# SPDX-License-Identifier: EUPL-1.2
"""What a job's function is given: the job, a way to tell how far it is, and a way to ask models.

In: a job and what it calls. Out: its progress, at most every half second, to whoever keeps it. The same
functions run in a worker and, by ``run_here``, in this process.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from hausgeist.core.asked import Asked
from hausgeist.core.calls import Call
from hausgeist.core.jobs import Job

EVERY = 0.5
"""Seconds between two writes of a job's progress."""

Keep: TypeAlias = Callable[[int, int, Mapping[str, Any]], Awaitable[bool]]
"""Keeps done, total and note of a job; False where it is no longer to be worked on."""


class JobCancelled(Exception):
    """Somebody cancelled the job, or it is no longer this worker's: stop, and keep what is there."""


class Asker(Protocol):
    """Who asks models for a job."""

    async def ask(self, call: Call) -> Asked:
        """Ask.

        Raises:
            HausgeistError: the call was refused or failed.
        """
        ...


JobFunction: TypeAlias = Callable[["Work"], Awaitable[Mapping[str, Any]]]
"""What does a kind of job. It can be started again at any time, and goes on from what the database has;
gives the job's result: plain JSON values, never content."""


async def _nobody(done: int, total: int, note: Mapping[str, Any]) -> bool:
    del done, total, note
    return True


@dataclass(slots=True)
class Work:
    """A job under way."""

    job: Job
    asker: Asker
    keep: Keep = _nobody
    _due: float = field(default=0.0, repr=False)

    async def progress(self, done: int, total: int, **note: Any) -> None:
        """Tell how far it is. ``total`` of 0: not known; ``note``: plain JSON values, never content.

        The last step (``done`` equal to ``total``) and the first are always kept, others at most every
        half second: call it as often as you like.

        Raises:
            JobCancelled: it is no longer wanted.
        """
        now = time.monotonic()
        if now < self._due and (done < total or not total):
            return
        self._due = now + EVERY
        if not await self.keep(done, total, note):
            raise JobCancelled


async def run_here(
    job: Job, function: JobFunction, asker: Asker, keep: Keep = _nobody
) -> Mapping[str, Any]:
    """Do a job in this process, for the command line and tests; gives its result.

    Raises:
        HausgeistError: as the function does.
        JobCancelled: ``keep`` says that it is no longer wanted.
    """
    return await function(Work(job, asker, keep))
