# SPDX-License-Identifier: EUPL-1.2
"""Verbs of tasks: make, change, archive; who works on them. Every change is in the trail."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.tasks import Part, Task
from hausgeist.errors import N_, Conflict, NotFound
from hausgeist.identity.tokens import new_id
from hausgeist.store import tasks
from hausgeist.store.db import Store
from hausgeist.store.tasks import Member


class Tasks:
    """The tasks of a house. ``now_ms`` gives milliseconds since the epoch."""

    def __init__(self, store: Store, trail: Trail, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._trail = trail
        self._now_ms = now_ms

    async def create(self, task: Task, user_id: str) -> Task:
        """Keep a new task, owned by somebody; its id and times are given here.

        Raises:
            Conflict: there is a task of this name.
        """
        now = self._now_ms()
        made = replace(task, id=new_id(), created_at=now, updated_at=now)
        owner = Member(new_id(), made.id, user_id, Part.OWNER, {}, now, None)

        def keep(connection: Any) -> bool:
            if tasks.by_name(connection, made.name) is not None:
                return False
            tasks.add(connection, made, owner)
            return True

        if not await self._store.write(keep):
            raise Conflict(what=N_("A task of this name"))
        return made

    async def opened(self, task_id: str, user_id: str, *parts: Part) -> tuple[Task, Member]:
        """A task, and who somebody is in it. ``parts``: which of them it takes; an owner has all.

        Raises:
            NotFound: there is none, or they are nobody in it, or have none of the parts.
        """
        found = await self._store.read(
            lambda connection: tasks.opened(connection, task_id, user_id)
        )
        if found is None or (parts and not found[1].may(*parts)):
            raise NotFound
        return found

    async def of(self, user_id: str) -> list[Task]:
        """The tasks somebody works on."""
        return await self._store.read(lambda connection: tasks.of_user(connection, user_id))
