# SPDX-License-Identifier: EUPL-1.2
"""What gate, leaderboard and clinic have worked out of a task before, for as long as it holds.

Each figure goes by the numbers that the database raises with every change (``store.tallies``). The meter,
what people say of the pool and what went in are a minute old at most where they are of many texts: while
people answer, they change with every answer. For reading connections alone: what a write has not committed
yet must not be remembered.
"""

from collections.abc import Callable, Mapping
from typing import Any

from hausgeist.core.answers import Value
from hausgeist.core.remembered import Remembered, Sign
from hausgeist.core.tasks import Partition, Task
from hausgeist.register.standings import (
    OPEN_KINDS,
    Comparison,
    Live,
    live,
    prompt_of,
    standings,
    truths,
)
from hausgeist.store import evaluations, openings, students, tallies, worth
from hausgeist.store.openings import GoldItem

TASKS_MOST = 50
LARGE_FROM = 2_000
"""Texts, answers or calls from which on a figure may be a minute old."""


class Known:
    """The figures of a house's tasks. ``now_ms`` gives milliseconds since the epoch."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._gold: Remembered[list[GoldItem]] = Remembered(TASKS_MOST)
        self._standings: Remembered[Comparison] = Remembered(TASKS_MOST)
        self._live: Remembered[Live] = Remembered(TASKS_MOST, _large_meter)
        self._truths: Remembered[Mapping[str, Value]] = Remembered(TASKS_MOST, _many)
        self._labour: Remembered[dict[str, Any]] = Remembered(TASKS_MOST, _much)

    def gold(self, connection: Any, task: Task, version: int | None = None) -> list[GoldItem]:
        """As ``openings.gold``."""
        sign = Sign((task, tallies.stamp(connection, task.id, Partition.GOLD)))
        return self._gold.of(
            (task.id, version),
            sign,
            self._now_ms(),
            lambda: openings.gold(connection, task, version),
        )

    def standings(
        self, connection: Any, task: Task, partition: Partition, student_id: str = ""
    ) -> Comparison:
        """As ``standings``."""
        said = tallies.stamp(connection, task.id, partition, suggested=True)
        return self._standings.of(
            (task.id, partition, student_id),
            Sign((task, self.measured(connection, task), said)),
            self._now_ms(),
            lambda: standings(connection, task, partition, student_id),
        )

    def live(self, connection: Any, task: Task) -> Live:
        """As ``live``."""
        sign = Sign(
            (task, self.measured(connection, task)),
            tallies.stamp(connection, task.id, *OPEN_KINDS, suggested=True),
        )
        return self._live.of(task.id, sign, self._now_ms(), lambda: live(connection, task))

    def truths(self, connection: Any, task: Task, partition: Partition) -> Mapping[str, Value]:
        """What people say of the items of a partition."""
        sign = Sign(task, tallies.stamp(connection, task.id, partition))
        return self._truths.of(
            (task.id, partition), sign, self._now_ms(), lambda: truths(connection, task, partition)
        )

    def labour(self, connection: Any, task: Task) -> dict[str, Any]:
        """As ``worth.labour``."""
        sign = Sign(task.id, tallies.stamp(connection, task.id, suggested=True))
        return self._labour.of(
            task.id, sign, self._now_ms(), lambda: worth.labour(connection, task.id)
        )

    def measured(self, connection: Any, task: Task) -> tuple[object, ...]:
        """What changes with every evaluation, student or prompt."""
        known = [
            one
            for partition in OPEN_KINDS
            for one in evaluations.newest(connection, task.id, partition)
        ]
        prompt = prompt_of(connection, task)
        return (
            tuple((one.id, one.at, str(one.facts)) for one in known),
            tuple(one.id for one in students.of_task(connection, task.id)),
            prompt.version if prompt else "",
        )


def _large_meter(found: Live) -> bool:
    return found.counted + found.waiting >= LARGE_FROM


def _many(found: Mapping[str, Value]) -> bool:
    return len(found) >= LARGE_FROM


def _much(found: dict[str, Any]) -> bool:
    return int(found["answers"]) + int(found["calls"]) >= LARGE_FROM
