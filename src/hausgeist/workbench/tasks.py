# SPDX-License-Identifier: EUPL-1.2
"""Verbs of tasks: make, change, archive, delete. Every change is in the trail, without texts or names."""

import asyncio
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.items import Item
from hausgeist.core.labels import DataClass
from hausgeist.core.tasks import METRICS, FieldType, Metric, Mode, Part, Partition, Task, TaskKind
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, Conflict, InvalidField, NotFound
from hausgeist.identity.tokens import new_id
from hausgeist.store import intakes, items, tasks
from hausgeist.store.db import Store
from hausgeist.store.items import Counts, Wanted
from hausgeist.store.tasks import Member
from hausgeist.workbench.counting import gold_for

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}[a-z0-9]|[a-z0-9]")
"""A task's name, as it stands in an address."""
LABELS_MOST = 500
FIELDS_MOST = 100
NAME_MOST = 200
PROMPT_MOST = 20_000
_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})

Listed = tuple[Task, Member, dict[Partition, Counts]]


class Tasks:
    """The tasks of a house. ``now_ms`` gives milliseconds since the epoch.

    ``folders`` hold files of tasks, each in a folder of the task's id; ``arriving`` files on their way in.
    """

    def __init__(
        self,
        store: Store,
        trail: Trail,
        now_ms: Callable[[], int],
        folders: Sequence[Path] = (),
        arriving: Path | None = None,
    ) -> None:
        self._store = store
        self._trail = trail
        self._now_ms = now_ms
        self._folders = folders
        self._arriving = arriving

    async def create(self, task: Task, user_id: str) -> Task:
        """Keep a new task, owned by somebody; its id and times are given here.

        Raises:
            Conflict: there is a task of this name.
            InvalidField: a value is none that a task can have.
        """
        now = self._now_ms()
        made = checked(replace(task, id=new_id(), created_at=now, updated_at=now))
        owner = Member(new_id(), made.id, user_id, Part.OWNER, {}, now, None)

        def keep(connection: Any) -> Mapping[str, Fact]:
            if tasks.by_name(connection, made.name) is not None:
                raise Conflict(what=N_("A task of this name"))
            tasks.add(connection, made, owner)
            return {"task_kind": made.kind.value, "class": made.data_class.word}

        await self._trail.change("task.created", keep, actor=user_id, subject=made.id)
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

    async def of(self, user_id: str, *, archived: bool = False) -> list[Task]:
        """The tasks somebody works on, or those of them that are archived."""
        return await self._store.read(
            lambda connection: tasks.of_user(connection, user_id, archived=archived)
        )

    async def listed(self, user_id: str, *, archived: bool = False) -> list[Listed]:
        """The tasks somebody works on, with who they are in each, and how far it is."""

        def look(connection: Any) -> list[Listed]:
            found = tasks.listed(connection, user_id, archived=archived)
            return [(task, who, items.counts(connection, task.id)) for task, who in found]

        return await self._store.read(look)

    async def gold_waiting(self, task: Task, member: Member) -> int:
        """How many texts of the gold set wait for a member's answer."""
        return await self._store.read(lambda connection: gold_for(connection, task, member.id))

    async def counts(self, task_id: str) -> dict[Partition, Counts]:
        """How many items a task has of each partition."""
        return await self._store.read(lambda connection: items.counts(connection, task_id))

    async def items(
        self, task_id: str, wanted: Wanted, *, offset: int, most: int
    ) -> tuple[list[Item], int]:
        """A page of the items of a task, and how many there are (counted up to ten thousand)."""
        return await self._store.read(
            lambda connection: items.page(connection, task_id, wanted, offset=offset, most=most)
        )

    async def free_name(self, title: str) -> str:
        """A name for a task of this title that no other has."""
        wanted = named(title)

        def look(connection: Any) -> str:
            for number in range(1, 10_000):
                found = wanted if number == 1 else f"{wanted[:58]}-{number}"
                if tasks.by_name(connection, found) is None:
                    return found
            raise Conflict(what=N_("A task of this name"))

        return await self._store.read(look)

    async def change(self, task: Task, user_id: str) -> Task:
        """Keep a task with changed settings; which ones is in the trail, a new data class with its word.

        Labels, fields, kind and versions are changed elsewhere and are left as they are.

        Raises:
            InvalidField: a value is none that a task can have.
            NotFound: there is no such task.
            Conflict: another task has this name.
        """
        now = self._now_ms()
        kept: list[Task] = []

        def keep(connection: Any) -> Mapping[str, Fact] | None:
            before = tasks.get(connection, task.id)
            if before is None:
                raise NotFound
            named_so = tasks.by_name(connection, task.name)
            if named_so is not None and named_so.id != task.id:
                raise Conflict(what=N_("A task of this name"))
            after = checked(replace(before, **{name: getattr(task, name) for name in CHANGEABLE}))
            changed = [name for name in CHANGEABLE if getattr(before, name) != getattr(after, name)]
            kept.append(replace(after, updated_at=now) if changed else before)
            if not changed:
                return None
            tasks.put(connection, kept[0])
            facts: dict[str, Fact] = {"changed": ", ".join(changed)}
            if before.data_class is not after.data_class:
                facts["class"] = after.data_class.word
                facts["class_before"] = before.data_class.word
            return facts

        await self._trail.change("task.changed", keep, actor=user_id, subject=task.id)
        return kept[0]

    async def archive(self, task_id: str, user_id: str, *, archived: bool) -> None:
        """Put a task out of the way, or bring it back. It keeps everything."""
        now = self._now_ms()

        def keep(connection: Any) -> Mapping[str, Fact] | None:
            before = tasks.get(connection, task_id)
            if before is None or (before.archived_at is not None) is archived:
                return None
            tasks.put(connection, replace(before, archived_at=now if archived else None))
            return {}

        kind = "task.archived" if archived else "task.restored"
        await self._trail.change(kind, keep, actor=user_id, subject=task_id)

    async def delete(self, task_id: str, user_id: str, confirmed: str) -> None:
        """Delete a task with all its texts, answers and models, and the files of both.

        Raises:
            InvalidField: ``confirmed`` is not the task's name.
            NotFound: there is no such task.
        """
        brought: list[str] = []

        def keep(connection: Any) -> Mapping[str, Fact]:
            before = tasks.get(connection, task_id)
            if before is None:
                raise NotFound
            if confirmed.strip() != before.name:
                raise InvalidField(
                    field="confirm", reason=N_("type the name of the task"), param="confirm"
                )
            count = items.count(connection, task_id)
            brought.extend(one.id for one in intakes.of_task(connection, task_id))
            tasks.remove(connection, task_id)
            return {"items": count}

        await self._trail.change("task.deleted", keep, actor=user_id, subject=task_id)
        await asyncio.to_thread(self._clear, task_id, brought)

    def _clear(self, task_id: str, brought: Sequence[str]) -> None:
        """Remove the files of a task that is gone, and of files that were still on their way into it."""
        for folder in self._folders:
            shutil.rmtree(folder / task_id, ignore_errors=True)
        for intake_id in brought:
            if self._arriving is not None:
                (self._arriving / f"{intake_id}.file").unlink(missing_ok=True)


CHANGEABLE = (
    "name",
    "title",
    "metric",
    "margin",
    "slices",
    "differing",
    "data_class",
    "language",
    "teacher",
    "prompt",
    "mode",
    "overlap",
    "blind_share",
    "planted_share",
    "random_share",
    "unsure_below",
    "daily",
    "reviewer_labels",
    "purpose",
    "licence",
    "review_on",
)
"""What ``Tasks.change`` changes."""


def checked(task: Task) -> Task:
    """The task, if all its values are ones that a task can have.

    Raises:
        InvalidField: one is not; it is named.
    """
    _one_of(task)
    if not NAME.fullmatch(task.name):
        raise _invalid("name", N_("use small letters, digits and hyphens"))
    if not task.title.strip() or len(task.title) > NAME_MOST:
        raise _invalid("title", N_("give it a title of at most 200 characters"))
    _measured(task)
    for name, least, most in (
        ("margin", 0.0, 50.0),
        ("overlap", 1, 9),
        ("blind_share", 0.0, 1.0),
        ("planted_share", 0.0, 0.5),
        ("random_share", 0.0, 1.0),
        ("unsure_below", 0.0, 1.0),
        ("daily", 0, 100_000),
    ):
        value = getattr(task, name)
        if not least <= value <= most:  # a NaN is in no range
            raise _invalid(name, N_("the number is out of its range"))
    for name, most in (("prompt", PROMPT_MOST), ("purpose", 4_000), ("licence", 300)):
        if len(getattr(task, name)) > most:
            raise _invalid(name, N_("it is too long"))
    if task.review_on and not _is_date(task.review_on):
        raise _invalid("review_on", N_("give a date"))
    if len(task.slices) > 20 or any(not one or len(one) > 64 for one in task.slices):
        raise _invalid("slices", N_("at most 20 names of at most 64 characters"))
    _answers(task)
    return task


def _measured(task: Task) -> None:
    if task.metric not in METRICS[task.kind]:
        raise _invalid("metric", N_("this metric does not fit the kind of the task"))
    if task.differing and task.metric is not Metric.ACCURACY:
        raise _invalid(
            "differing",
            N_("only with the share of right answers can people judge where two differ"),
        )


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _one_of(task: Task) -> None:
    for name, kind in (
        ("kind", TaskKind),
        ("metric", Metric),
        ("mode", Mode),
        ("data_class", DataClass),
    ):
        if not isinstance(getattr(task, name), kind):
            raise _invalid(name, N_("choose one of the offered values"))


def _answers(task: Task) -> None:
    """Labels and fields: each with a key and a name of its own; labels that differ by case only, not."""
    if len(task.labels) > LABELS_MOST or len(task.fields) > FIELDS_MOST:
        raise _invalid("labels", N_("there are too many of them"))
    for found in (task.labels, task.fields):
        keys = [one.key for one in found]
        names = [one.name.strip().casefold() for one in found]
        if len(set(keys)) < len(keys) or len(set(names)) < len(names):
            raise _invalid(
                "labels", N_("two of them have the same name, apart from capital letters")
            )
        if any(not key or len(key) > 64 or "\x00" in key for key in keys):
            raise _invalid("labels", N_("each needs a key of at most 64 characters"))
        if any(not one.name.strip() or len(one.name) > NAME_MOST for one in found):
            raise _invalid("labels", N_("each needs a name of at most 200 characters"))
    if task.kind is TaskKind.RECORD:
        for field in task.fields:
            if field.type is FieldType.CHOICE and not field.choices:
                raise _invalid("fields", N_("a choice needs its choices"))


def _invalid(field: str, reason: str) -> InvalidField:
    return InvalidField(field=field, reason=reason, param=field)


def named(title: str) -> str:
    """A name that can stand in an address, made of a title."""
    words = title.casefold().translate(_FOLDED)
    found = re.sub(r"[^a-z0-9]+", "-", words).strip("-")[:64].strip("-")
    return found or "task"
