# SPDX-License-Identifier: EUPL-1.2
"""People, and the doors to tasks and their texts, over a real store, for the tests of tasks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.people import Role
from hausgeist.core.tasks import METRICS, Task, TaskKind
from hausgeist.store import accounts, items
from hausgeist.store.db import Store
from hausgeist.store.intakes import Intake
from hausgeist.workbench.arriving import Plan
from hausgeist.workbench.intake import Intakes
from hausgeist.workbench.partitions import Partitions
from hausgeist.workbench.tasks import Tasks


def made_person(store: Store, login: str = "anna") -> str:
    """An account; gives its id."""

    def keep(connection: Any) -> None:
        accounts.add_group(connection, f"g-{login}", "Everyone", 0)
        accounts.add_user(
            connection,
            id=f"id-{login}",
            login=login,
            name=login.title(),
            role=Role.MEMBER.value,
            group_id=f"g-{login}",
            locale="de",
            active=True,
            created_at=0,
        )

    store.write_now(keep)
    return f"id-{login}"


class Shop:
    """The doors that a test needs, over one store."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.user = store, made_person(store)
        self.trail = Trail(store, b"k" * 32, lambda: 1000)
        self.tasks = Tasks(store, self.trail, lambda: 1000)
        self.partitions = Partitions(store, self.trail)
        self.intakes = Intakes(store, self.trail, self.partitions, folder, lambda: 1000)

    async def task(self, kind: TaskKind = TaskKind.SINGLE, name: str = "amt", **more: Any) -> Task:
        """A new task, owned by the person."""
        made = Task(id="", name=name, title=name, kind=kind, metric=METRICS[kind][0], **more)
        return await self.tasks.create(made, self.user)

    async def taken(self, task: Task, name: str, content: bytes, **chosen: Any) -> Intake:
        """Hand a file in and take it into a task, as the guesses have it."""
        path = self.intakes.room()
        path.write_bytes(content)
        waiting = await self.intakes.hand_in(self.user, path, name)
        found = waiting.found
        plan = Plan(
            path="",
            name=name,
            size=len(content),
            shape=found.shape,
            text=found.look.text,
            label=found.look.label,
            outside=found.look.outside,
            meta=tuple(found.look.columns),
            kind=task.kind.value,
            sign=found.look.sign,
            **chosen,
        )
        _, member = await self.tasks.opened(task.id, self.user)
        intake = await self.intakes.begin(task, member, waiting, plan)
        return await self.intakes.run(task.id, intake.id, self.user)

    async def again(self, task: Task) -> Task:
        """The task as it now stands."""
        return (await self.tasks.opened(task.id, self.user))[0]

    def listed(self, task: Task) -> Sequence[items.Item]:
        """The items of a task, those kept out too."""
        return self.store.read_now(
            lambda connection: items.walk(connection, task.id, dups=True, most=5000)
        )

    async def refused(self, task: Task, intake: Intake) -> list[tuple[int, str]]:
        """The rows that did not come in, with the reasons."""
        return [
            (one.row, one.reason)
            async for some in self.intakes.refusals(task.id, intake.id)
            for one in some
        ]
