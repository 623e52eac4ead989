# SPDX-License-Identifier: EUPL-1.2
"""The doors of lineage: delete a text with all that was said of it, and say which students knew it.

A model that was trained cannot unlearn: so there is a ticket to train again, until the student is deleted.
"""

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.tasks import Task
from hausgeist.core.trail import Fact
from hausgeist.errors import NotFound
from hausgeist.store import lineage
from hausgeist.store.db import Store
from hausgeist.store.lineage import Ticket
from hausgeist.training.guesses import forget_guesses


class Lineage:
    """The verbs. ``home`` is the folder of students."""

    def __init__(self, store: Store, trail: Trail, home: Path) -> None:
        self._store, self._trail, self._home = store, trail, home

    async def delete(self, task: Task, item_ids: Collection[str], by: str) -> None:
        """Delete items of a task: everywhere but in models that were trained with them, which get a ticket.

        Raises:
            NotFound: the task has none of them.
        """
        gone = set(item_ids)

        def keep(connection: Any) -> Mapping[str, Fact]:
            count, known = lineage.remove(connection, task.id, gone)
            if not count:
                raise NotFound
            named = {"item": next(iter(gone))} if len(gone) == 1 else {"items": count}
            return {**named, **known}

        await self._trail.change("task.text_deleted", keep, actor=by, subject=task.id)
        await asyncio.to_thread(_forget, self._home / task.id, gone)

    async def tickets(self, task: Task) -> list[Ticket]:
        """The students that know deleted texts, the newest first."""
        return await self._store.read(lambda connection: lineage.tickets(connection, task.id))


def _forget(folder: Path, gone: Collection[str]) -> None:
    """Take what was said of items out of the files beside all students of a task."""
    for student in folder.glob("*/"):
        forget_guesses(student, gone)
