# SPDX-License-Identifier: EUPL-1.2
"""Verbs of tasks and their members: SQL in, values out.

A task is found only by those who are members of it now; for everybody else there is none.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from hausgeist.core.labels import DataClass
from hausgeist.core.tasks import Field, FieldType, Label, Metric, Mode, Part, Task, TaskKind
from hausgeist.store.accounts import Row
from hausgeist.store.tables import answers, task_members, tasks

_COLUMNS = frozenset(
    {"id", "name", "title", "kind", "data_class", "created_at", "updated_at", "archived_at"}
)
"""Of a task's values, those with a column of their own; the others are in its body."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a task. ``id`` is what stands in answers; ``user_id`` of None: has left."""

    id: str
    task_id: str
    user_id: str | None
    part: Part
    settings: dict[str, Any]
    joined_at: int
    left_at: int | None

    def may(self, *parts: Part) -> bool:
        """Whether the member has one of these parts; an owner has them all."""
        return self.part is Part.OWNER or self.part in parts


def body_of(task: Task) -> str:
    """The JSON that keeps what has no column of its own."""
    rest = {name: value for name, value in asdict(task).items() if name not in _COLUMNS}
    return json.dumps(rest, ensure_ascii=False, separators=(",", ":"))


def task_of(row: Row) -> Task:
    """The task that a row keeps."""
    body = json.loads(row["body"])
    labels = tuple(Label(**one) for one in body.pop("labels"))
    fields = tuple(_field(one) for one in body.pop("fields"))
    return Task(
        **{name: row[name] for name in _COLUMNS - {"kind", "data_class"}},
        kind=TaskKind(row["kind"]),
        data_class=DataClass.parse(row["data_class"]),
        labels=labels,
        fields=fields,
        metric=Metric(body.pop("metric")),
        mode=Mode(body.pop("mode")),
        slices=tuple(body.pop("slices")),
        reviewer_labels=tuple(body.pop("reviewer_labels", ())),
        **body,
    )


def _field(one: dict[str, Any]) -> Field:
    values = one | {"type": FieldType(one["type"]), "choices": tuple(one["choices"])}
    return Field(**values)


def add(connection: Connection, task: Task, member: Member) -> None:
    """Keep a new task with its first member."""
    connection.execute(insert(tasks).values(**_row(task)))
    add_member(connection, member)


def put(connection: Connection, task: Task) -> None:
    """Keep a task as it now is."""
    connection.execute(update(tasks).where(tasks.c.id == task.id).values(**_row(task)))


def _row(task: Task) -> dict[str, Any]:
    row = {name: getattr(task, name) for name in _COLUMNS}
    return row | {
        "kind": task.kind.value,
        "data_class": task.data_class.word,
        "body": body_of(task),
    }


def of_user(connection: Connection, user_id: str, *, archived: bool = False) -> list[Task]:
    """The tasks somebody works on, the ones changed last first."""
    query = (
        select(tasks)
        .join(task_members, task_members.c.task_id == tasks.c.id)
        .where(task_members.c.user_id == user_id, task_members.c.left_at.is_(None))
        .where(tasks.c.archived_at.is_not(None) if archived else tasks.c.archived_at.is_(None))
        .order_by(tasks.c.updated_at.desc(), tasks.c.id)
    )
    return [task_of(row) for row in connection.execute(query).mappings()]


def listed(
    connection: Connection, user_id: str, *, archived: bool = False
) -> list[tuple[Task, Member]]:
    """The tasks somebody works on with who they are in each, the ones changed last first."""
    query = select(task_members).where(
        task_members.c.user_id == user_id, task_members.c.left_at.is_(None)
    )
    who = {row["task_id"]: member_of(row) for row in connection.execute(query).mappings()}
    return [(task, who[task.id]) for task in of_user(connection, user_id, archived=archived)]


def get(connection: Connection, task_id: str) -> Task | None:
    """A task by its id, whoever asks: for jobs and for what has checked who asks already."""
    row = connection.execute(select(tasks).where(tasks.c.id == task_id)).mappings().first()
    return task_of(row) if row else None


def by_name(connection: Connection, name: str) -> Task | None:
    """A task by the name of its address, whoever asks: as ``get``."""
    row = connection.execute(select(tasks).where(tasks.c.name == name)).mappings().first()
    return task_of(row) if row else None


def opened(connection: Connection, task_id: str, user_id: str) -> tuple[Task, Member] | None:
    """A task and who somebody is in it; None where they are nobody."""
    member = (
        connection.execute(
            select(task_members).where(
                task_members.c.task_id == task_id,
                task_members.c.user_id == user_id,
                task_members.c.left_at.is_(None),
            )
        )
        .mappings()
        .first()
    )
    task = get(connection, task_id) if member else None
    return (task, member_of(member)) if task and member else None


def member_of(row: Row) -> Member:
    """The member that a row keeps."""
    return Member(
        id=row["id"],
        task_id=row["task_id"],
        user_id=row["user_id"],
        part=Part(row["part"]),
        settings=json.loads(row["settings"]),
        joined_at=row["joined_at"],
        left_at=row["left_at"],
    )


def members(connection: Connection, task_id: str) -> Sequence[Member]:
    """Everybody who ever was in a task, in the order they came."""
    query = (
        select(task_members)
        .where(task_members.c.task_id == task_id)
        .order_by(task_members.c.joined_at, task_members.c.id)
    )
    return [member_of(row) for row in connection.execute(query).mappings()]


def add_member(connection: Connection, member: Member) -> None:
    """Keep a new member."""
    connection.execute(
        insert(task_members).values(
            id=member.id,
            task_id=member.task_id,
            user_id=member.user_id,
            part=member.part.value,
            settings=json.dumps(member.settings),
            joined_at=member.joined_at,
            left_at=member.left_at,
        )
    )


def change_member(connection: Connection, task_id: str, member_id: str, **columns: object) -> bool:
    """Change columns of a member of a task; False when there is none."""
    query = update(task_members).where(
        task_members.c.task_id == task_id, task_members.c.id == member_id
    )
    return connection.execute(query.values(**columns)).rowcount == 1


def remove(connection: Connection, task_id: str) -> bool:
    """Delete a task with everything in it; False when there is none."""
    return connection.execute(delete(tasks).where(tasks.c.id == task_id)).rowcount == 1


def exported(connection: Connection, user_id: str) -> list[dict[str, Any]]:
    """In which tasks a person is or was, as what, and how many answers they gave there."""
    given = (
        select(func.count())
        .select_from(answers)
        .where(answers.c.actor == task_members.c.id, answers.c.gone_at.is_(None))
        .scalar_subquery()
    )
    query = (
        select(
            task_members.c.id,
            tasks.c.title,
            task_members.c.part,
            task_members.c.joined_at,
            task_members.c.left_at,
            given.label("answers"),
        )
        .join(tasks, tasks.c.id == task_members.c.task_id)
        .where(task_members.c.user_id == user_id)
        .order_by(task_members.c.joined_at, task_members.c.id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def forget_person(connection: Connection, user_id: str) -> int:
    """Nobody stands behind a person's part in tasks any more: the answers stay and are nobody's."""
    query = update(task_members).where(task_members.c.user_id == user_id)
    left = func.coalesce(task_members.c.left_at, task_members.c.joined_at)
    return connection.execute(query.values(user_id=None, settings="{}", left_at=left)).rowcount
