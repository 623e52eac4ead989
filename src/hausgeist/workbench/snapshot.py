# SPDX-License-Identifier: EUPL-1.2
"""Verbs of data sets: keep what counts for a task's items now, for a student to be trained with.

The pool has people's answers, and teachers' guesses where there are none; dev has people's alone. Gold is in
no data set, nor is what a provider's terms forbid to train models with.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from hausgeist.core.answers import Example, Value
from hausgeist.core.resolution import RULE, TEACHER, Precision, independent
from hausgeist.core.tasks import Partition, Task
from hausgeist.errors import NotFound
from hausgeist.identity.tokens import new_id
from hausgeist.store import datasets, tasks
from hausgeist.store.datasets import Content, Dataset, Gathered, Line
from hausgeist.store.db import Store

_PARTITIONS = (Partition.POOL, Partition.DEV)


class Snapshots:
    """The data sets of a house. ``now_ms`` gives milliseconds since the epoch."""

    def __init__(self, store: Store, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._now_ms = now_ms

    async def take(self, task: Task) -> str:
        """Keep what counts now and give the data set's id: the last one's where nothing has changed."""
        made, content = await self._store.read(lambda connection: self._gather(connection, task))
        kept = await self._store.write(lambda connection: datasets.add(connection, made, content))
        return kept.id

    def _gather(self, connection: Any, task: Task) -> tuple[Dataset, bytes]:
        current = tasks.get(connection, task.id) or task
        rates = precision(connection, current)
        content = Content()
        barred: Counter[str] = Counter()
        for line in _lines(connection, current, rates, barred):
            content.add(line)
        packed, sha256, counts = content.close()
        counts["left_out"] = dict(barred)
        counts["precision"] = {name: one.table() for name, one in sorted(rates.items())}
        made = Dataset(
            id=new_id(),
            task_id=task.id,
            number=0,
            hash=sha256,
            counts=counts,
            schema_version=current.schema_version,
            created_at=self._now_ms(),
        )
        return made, packed

    async def get(self, task: Task, dataset_id: str) -> Dataset:
        """One of a task's data sets.

        Raises:
            NotFound: the task has none of this id.
        """
        found = await self._store.read(
            lambda connection: datasets.get(connection, task.id, dataset_id)
        )
        if found is None:
            raise NotFound
        return found

    async def of_task(self, task: Task) -> list[Dataset]:
        """A task's data sets, the newest first."""
        return await self._store.read(lambda connection: datasets.of_task(connection, task.id))

    async def load(self, dataset_id: str, partition: Partition | None = None) -> list[Example]:
        """A data set's examples, of one partition or both; deleted items are not in it."""
        return await self._store.read(
            lambda connection: datasets.load(connection, dataset_id, partition)
        )

    async def resolved(
        self, task: Task, partition: Partition, *, gold_version: int | None = None
    ) -> list[Example]:
        """What people say of a partition's items: see ``store.datasets.resolved``."""
        return await self._store.read(
            lambda connection: datasets.resolved(
                connection, task, partition, gold_version=gold_version
            )
        )

    async def lineage(self, task: Task, item_id: str) -> list[tuple[Dataset, list[str]]]:
        """Which data sets an item is in, also a deleted one, and ids of the students of each."""
        return await self._store.read(
            lambda connection: datasets.lineage(connection, task.id, item_id)
        )


def precision(connection: Any, task: Task) -> dict[str, Precision]:
    """How often each producer of suggestions is right, by label, on items of the pool that people answered.

    Never on dev: what weighs in a training is not learnt from what judges it.
    """
    seen: dict[str, list[tuple[bool, Gathered]]] = {}
    for one in datasets.gathered(connection, task, (Partition.POOL,), answered=True):
        if one.resolved is not None and one.guess is not None:
            seen.setdefault(one.producer, []).append((one.independent, one))
    return {
        producer: independent(
            (without, one.guess, one.resolved.value)
            for without, one in pairs
            if one.guess is not None and one.resolved is not None
        )
        for producer, pairs in seen.items()
    }


def _lines(
    connection: Any, task: Task, rates: dict[str, Precision], barred: Counter[str]
) -> Iterator[Line]:
    nobody = Precision()
    for one in datasets.gathered(connection, task, _PARTITIONS):
        known = one.resolved
        if known is not None and known.barred:
            barred["terms"] += 1
            known = None
        if known is not None:
            yield _line(one, known.value, known.weight, known.source)
        elif one.guess is not None and one.partition is Partition.POOL:
            weight = rates.get(one.producer, nobody).weight(one.guess)
            yield _line(one, one.guess, weight, RULE if one.producer == "rules" else TEACHER)


def _line(one: Gathered, value: Value, weight: float, source: str) -> Line:
    return Line(one.item, one.partition, one.text_hash, value, weight, source, one.slices)
