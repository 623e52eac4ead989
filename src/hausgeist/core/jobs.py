# SPDX-License-Identifier: EUPL-1.2
"""A job: work that outlives the request that asked for it, and the process that does it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job. ``total`` of 0: not known yet.

    ``note`` is what it tells of itself while it runs, ``result`` what came of it: plain JSON values, never
    content. ``error`` is a code of ``hausgeist.errors``.
    """

    id: str
    kind: str
    task_id: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    by: str | None = None
    """Id of the person whose job it is: calls to models are this person's."""
    state: JobState = JobState.QUEUED
    done: int = 0
    total: int = 0
    note: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    created_at: int = 0
    started_at: int | None = None
    ended_at: int | None = None
