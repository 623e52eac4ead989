# SPDX-License-Identifier: EUPL-1.2
"""The guideline of a task: what the labels mean, in versions; a change says whose answers it touches."""

import difflib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.items import Item
from hausgeist.core.tasks import Partition, Task
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, Conflict, InvalidField, NotFound
from hausgeist.store import guidelines, items, task_answers, tasks
from hausgeist.store.db import Store
from hausgeist.store.guidelines import Guideline
from hausgeist.store.task_answers import Answer
from hausgeist.store.tasks import Member

BODY_MOST = 100_000
EXAMPLE_MOST = 600


class Guidelines:
    """The guidelines of a house's tasks."""

    def __init__(self, store: Store, trail: Trail, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._trail = trail
        self._now_ms = now_ms

    async def current(self, task_id: str) -> Guideline:
        """What holds now; version 0 and empty before the first."""
        found = await self.history(task_id)
        return found[0] if found else Guideline(task_id=task_id, version=0, body="")

    async def get(self, task_id: str, version: int) -> Guideline:
        """A version.

        Raises:
            NotFound: there is none.
        """
        found = await self._store.read(
            lambda connection: guidelines.get(connection, task_id, version)
        )
        if found is None:
            raise NotFound
        return found

    async def history(self, task_id: str) -> list[Guideline]:
        """All versions, the newest first."""
        return await self._store.read(lambda connection: guidelines.versions(connection, task_id))

    async def touched(self, task_id: str, keys: Sequence[str]) -> int:
        """How many answers that count name one of the labels; without the gold set, as ``tallies``."""

        def look(connection: Any) -> int:
            held = [one.item_id for one in guidelines.answered_with(connection, task_id, keys)]
            gold = items.among(connection, task_id, held, Partition.GOLD)
            return sum(one not in gold for one in held)

        return await self._store.read(look)

    async def tallies(self, task: Task) -> dict[str, int]:
        """How many answers that count name each label; without the gold set.

        Whoever looked before and after somebody's answer to it would know the answer.
        """

        def look(connection: Any) -> dict[str, int]:
            found: Counter[str] = Counter()
            for one in task_answers.live(connection, task.id, Partition.POOL, Partition.DEV):
                if one.value is not None:
                    spans = (span.label for span in one.value.spans)
                    found.update({*one.value.labels, *spans})
            return dict(found)

        return await self._store.read(look)

    async def hard_cases(self, task_id: str) -> list[tuple[Answer, Item]]:
        """What somebody found hard, newest first, with its text; never of the gold set."""

        def look(connection: Any) -> list[tuple[Answer, Item]]:
            said = task_answers.hard_cases(connection, task_id, most=50)
            found = items.several(connection, task_id, [one.item_id for one in said])
            return [(one, found[one.item_id]) for one in said if one.item_id in found]

        return await self._store.read(look)

    async def change(
        self,
        task_id: str,
        member: Member,
        *,
        body: str,
        note: str = "",
        labels: Sequence[str] = (),
        based_on: int,
        again: bool = False,
    ) -> Guideline:
        """Keep a new version.

        ``labels`` are those it touches; ``again``: what was answered with them is asked again.
        ``based_on`` is the version that was changed.

        Raises:
            Conflict: somebody else has changed it meanwhile.
            InvalidField: it is too long, or names a label that there is not.
        """
        if len(body) > BODY_MOST:
            raise InvalidField(field="body", reason=N_("it is too long"), param="body")
        now = self._now_ms()
        made: list[Guideline] = []

        def keep(connection: Any) -> Mapping[str, Fact] | None:
            task = tasks.get(connection, task_id)
            if task is None:
                raise NotFound
            if task.guideline_version != based_on:
                raise Conflict(what=N_("The guideline"))
            if any(task.label(key) is None for key in labels):
                raise InvalidField(field="labels", reason=N_("there is no such label"))
            version = task.guideline_version + 1
            made.append(
                Guideline(
                    task_id=task_id,
                    version=version,
                    body=body,
                    note=note[:500],
                    labels=tuple(labels),
                    actor=member.id,
                    created_at=now,
                )
            )
            guidelines.add(connection, made[0])
            schema = task.schema_version + (1 if again and labels else 0)
            tasks.put(
                connection,
                replace(task, guideline_version=version, schema_version=schema, updated_at=now),
            )
            asked = 0
            if again and labels:
                ids = sorted(
                    {one.item_id for one in guidelines.answered_with(connection, task_id, labels)}
                )
                asked = guidelines.ask_again(connection, task_id, ids, schema)
                task_answers.recount(connection, ids)
            return {"version": version, "labels": len(labels), "asked_again": asked}

        await self._trail.change(
            "guideline.changed", keep, actor=member.user_id or "nobody", subject=task_id
        )
        return made[0]

    async def add_example(
        self, task_id: str, member: Member, item_id: str, words: str
    ) -> Guideline:
        """Add a hard case to the guideline as an example, with what was decided of it.

        Raises:
            NotFound: there is no such item, or it is of the gold set, whose texts nobody may point out.
        """
        item = await self._store.read(partial(items.get, task_id=task_id, item_id=item_id))
        if item is None or item.partition.value == "gold":
            raise NotFound
        now = await self.current(task_id)
        text = " ".join(item.text.split())
        shown = text[:EXAMPLE_MOST] + ("…" if len(text) > EXAMPLE_MOST else "")
        body = f"{now.body.rstrip()}\n\n> {shown}\n\n{words.strip()}\n".lstrip()
        return await self.change(task_id, member, body=body, note=words[:500], based_on=now.version)


def difference(before: str, after: str) -> list[tuple[str, str]]:
    """The lines of two versions: sign (space, minus, plus) and line, with three lines around changes."""
    found = []
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), n=3, lineterm=""):
        if line.startswith(("---", "+++")):
            continue
        found.append((line[0], "…" if line.startswith("@@") else line[1:]))
    return found
