# SPDX-License-Identifier: EUPL-1.2
"""A task with items, members and suggestions in a real store, for the tests of answering."""

import asyncio
import itertools
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy import insert

from hausgeist.audit import Trail
from hausgeist.core.answers import Value
from hausgeist.core.items import Item, fingerprint
from hausgeist.core.tasks import Label, Mode, Part, Partition, Task, TaskKind
from hausgeist.store import items, tasks
from hausgeist.store.db import Store
from hausgeist.store.tables import suggestions
from hausgeist.store.tasks import Member
from hausgeist.workbench.queue import Queue
from hausgeist.workbench.review import Review

T = TypeVar("T")

PLAIN = Task(
    id="t1",
    name="mail",
    title="Incoming mail",
    kind=TaskKind.SINGLE,
    labels=(Label("bill", "Bill"), Label("praise", "Praise"), Label("other", "Other")),
    mode=Mode.ASSISTED,
    blind_share=0.0,
    planted_share=0.0,
    random_share=0.0,
)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end in a loop of its own."""
    return asyncio.run(work)


@dataclass
class Desk:
    """A task, its doors and its people."""

    store: Store
    task: Task
    queue: Queue
    review: Review
    members: list[Member]
    now: list[int]

    def more(self, texts: Sequence[str], partition: Partition = Partition.POOL) -> list[str]:
        """Further items, in the order in which they are drawn; gives their ids."""
        first = self.store.read_now(lambda connection: items.last_seq(connection, self.task.id)) + 1
        made = [
            Item(
                id=f"i{seq}",
                task_id=self.task.id,
                seq=seq,
                text=text,
                text_hash=fingerprint(text),
                partition=partition,
                rank=seq / 1_000_000,
            )
            for seq, text in enumerate(texts, first)
        ]
        return self.store.write_now(lambda connection: items.add_many(connection, made))

    def suggest(
        self, item_id: str, value: Value, *, producer: str = "teacher", score: float = 0.9
    ) -> str:
        """A suggestion for an item; gives its id."""
        made = f"s-{producer}-{item_id}"
        row = {
            "id": made,
            "task_id": self.task.id,
            "item_id": item_id,
            "producer": producer,
            "model": "test-model",
            "version": f"{producer}-1",
            "state": "ok",
            "value": value.encode(),
            "score": score,
            "reason": "it says so",
            "terms": "yes",
            "at": 1,
        }
        for column in suggestions.c:  # what these tests do not care about
            if not column.nullable:
                row.setdefault(column.name, column.type.python_type())
        self.store.write_now(lambda connection: connection.execute(insert(suggestions), [row]))
        return made

    def worth(self, item_id: str, worth: float) -> None:
        """What active learning thinks of an item."""
        self.store.write_now(
            lambda connection: items.change(connection, self.task.id, [item_id], worth=worth)
        )


def desk(store: Store, people: int = 2, **changed: Any) -> Desk:
    """A task of its own with so many members."""
    task = replace(PLAIN, **changed)
    members = [Member(f"m{at}", task.id, None, Part.ANNOTATOR, {}, 1, None) for at in range(people)]

    def keep(connection: Any) -> None:
        tasks.add(connection, task, members[0])
        for one in members[1:]:
            tasks.add_member(connection, one)

    store.write_now(keep)
    now = [1_000_000]
    ticks = itertools.count()

    def now_ms() -> int:
        return now[0] + next(ticks)

    trail = Trail(store, b"k" * 32, now_ms)
    return Desk(
        store, task, Queue(store, b"s" * 32, now_ms), Review(store, trail, now_ms), members, now
    )
