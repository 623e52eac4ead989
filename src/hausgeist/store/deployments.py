# SPDX-License-Identifier: EUPL-1.2
"""Verbs of students in service and of what they answered: SQL in, values out.

What was answered is kept without its text and without who asked. A text that a person is to answer becomes
an item of the task.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, case, delete, func, insert, select, update

from hausgeist.core.answers import Value
from hausgeist.core.items import Item, fingerprint
from hausgeist.core.people import Payer
from hausgeist.core.service import Chain, Deployment, Stage
from hausgeist.core.tasks import Partition, Task
from hausgeist.store import items, students, tasks
from hausgeist.store.accounts import Row
from hausgeist.store.students import Student
from hausgeist.store.tables import deployments, groups, served, traffic_templates, users
from hausgeist.store.tables import items as item_rows

SOURCE = "service"
"""Where items come from that a student was not sure of."""
AUDIT = "audit"
"""Where items come from that were drawn to be answered blind."""
SHADOW = "shadow"
"""Answers of which the teacher's opinion was asked beside."""
DAY_MS = 86_400_000
ON_TOP = 2.0
"""What the items are worth that people are to answer first; active learning gives 1 at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One answer. ``by``: rule, student, teacher, queue; ``length`` in characters; shares are 0 to 1."""

    id: str
    deployment_id: str
    task_id: str
    at: int
    by: str
    value: Value | None
    score: float | None
    length: int
    unknown: float | None = None
    agrees: bool | None = None
    item_id: str | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """A deployment that answers, with its task and its student."""

    deployment: Deployment
    task: Task
    student: Student
    members: frozenset[str]
    """Ids of the people in the task now: who has left it calls it as anybody else."""
    owner: Payer | None = None
    """The group and the cost centre of who brought it into service; None: nobody knows who, or they left."""


def add(connection: Connection, made: Deployment) -> Deployment:
    """Keep a new deployment; its number is given here."""
    last = select(func.max(deployments.c.number)).where(deployments.c.task_id == made.task_id)
    number = (connection.execute(last).scalar() or 0) + 1
    connection.execute(
        insert(deployments).values(
            id=made.id,
            task_id=made.task_id,
            student_id=made.student_id,
            number=number,
            state=made.state.value,
            share=made.share,
            shadow=made.shadow,
            threshold=made.threshold,
            chain=made.chain.encode(),
            template=made.chain.template.fingerprint if made.chain.template else None,
            checks=json.dumps(dict(made.checks), ensure_ascii=False),
            actor=made.actor,
            review_at=made.review_at,
            started_at=made.started_at,
            ended_at=made.ended_at,
        )
    )
    found = get(connection, made.task_id, made.id)
    assert found is not None
    return found


def put(connection: Connection, made: Deployment) -> None:
    """Keep a deployment as it now is."""
    connection.execute(
        update(deployments)
        .where(deployments.c.task_id == made.task_id, deployments.c.id == made.id)
        .values(
            state=made.state.value,
            share=made.share,
            shadow=made.shadow,
            threshold=made.threshold,
            chain=made.chain.encode(),
            template=made.chain.template.fingerprint if made.chain.template else None,
            checks=json.dumps(dict(made.checks), ensure_ascii=False),
            review_at=made.review_at,
            ended_at=made.ended_at,
        )
    )


def get(connection: Connection, task_id: str, deployment_id: str) -> Deployment | None:
    """A task's deployment."""
    query = select(deployments).where(
        deployments.c.task_id == task_id, deployments.c.id == deployment_id
    )
    row = connection.execute(query).mappings().first()
    return _of(row) if row else None


def of_task(connection: Connection, task_id: str) -> list[Deployment]:
    """All of a task, the newest first."""
    query = (
        select(deployments)
        .where(deployments.c.task_id == task_id)
        .order_by(deployments.c.number.desc())
    )
    return [_of(row) for row in connection.execute(query).mappings()]


def any_running(connection: Connection) -> bool:
    """Whether any student is in service."""
    query = select(deployments.c.id).where(deployments.c.state != Stage.ENDED.value).limit(1)
    return connection.execute(query).first() is not None


def serves(connection: Connection, task_id: str, student_id: str) -> bool:
    """Whether a student is in service, also of a task that is archived and may come back."""
    query = select(deployments.c.id).where(
        deployments.c.task_id == task_id,
        deployments.c.student_id == student_id,
        deployments.c.state != Stage.ENDED.value,
    )
    return connection.execute(query.limit(1)).first() is not None


def running(connection: Connection) -> list[Running]:
    """Every deployment that answers, of tasks that are not archived."""
    query = (
        select(deployments)
        .where(deployments.c.state != Stage.ENDED.value)
        .order_by(deployments.c.task_id, deployments.c.number)
    )
    found = []
    for row in connection.execute(query).mappings().all():
        made = _of(row)
        task = tasks.get(connection, made.task_id)
        student = students.get(connection, made.task_id, made.student_id)
        if task is None or task.archived_at is not None or student is None:
            continue
        members = tasks.members(connection, made.task_id)
        there = {one.id: one.user_id for one in members if one.user_id and one.left_at is None}
        chain = made.chain.owned(there.get(made.actor or "", ""))
        made = replace(made, chain=chain)
        owner = _payer(connection, there.get(made.actor or ""))
        found.append(Running(made, task, student, frozenset(there.values()), owner))
    return found


def _payer(connection: Connection, user_id: str | None) -> Payer | None:
    query = (
        select(users.c.group_id, groups.c.cost_centre)
        .join(groups, users.c.group_id == groups.c.id)
        .where(users.c.id == user_id, users.c.active)
    )
    row = connection.execute(query).first() if user_id else None
    return Payer(row[0], row[1]) if row else None


def senders(connection: Connection) -> dict[str, int]:
    """How many keys are known to send the prompt that a task was made from, by task: of who opted in."""
    query = (
        select(traffic_templates.c.task_id, func.count(traffic_templates.c.key_id.distinct()))
        .where(traffic_templates.c.task_id.is_not(None))
        .group_by(traffic_templates.c.task_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


# -- what was answered ------------------------------------------------------------------------------


def record(connection: Connection, found: Sequence[Sequence[Served]]) -> Sequence[None]:
    """Keep what was answered; many calls are handed over together."""
    rows = [_row(one) for some in found for one in some]
    if rows:
        connection.execute(insert(served), rows)
    return [None] * len(found)


def one_served(connection: Connection, task_id: str, served_id: str) -> Served | None:
    """One answer of a task."""
    query = select(served).where(served.c.task_id == task_id, served.c.id == served_id)
    row = connection.execute(query).mappings().first()
    return _served(row) if row else None


def since(
    connection: Connection, task_id: str, at: int, *, by: str, most: int = 2_000
) -> list[Served]:
    """What was answered in one way from a moment on, the newest first, so many at most."""
    query = (
        select(served)
        .where(served.c.task_id == task_id, served.c.at >= at, served.c.by == by)
        .order_by(served.c.at.desc(), served.c.id)
        .limit(most)
    )
    return [_served(row) for row in connection.execute(query).mappings()]


def window(connection: Connection, deployment_id: str, most: int, *, newest: bool) -> list[Served]:
    """The first or the latest answers of a deployment; what was asked beside them is not among them."""
    order = (served.c.at.desc(), served.c.id) if newest else (served.c.at, served.c.id)
    query = _answers(deployment_id, select(served)).order_by(*order).limit(most)
    return [_served(row) for row in connection.execute(query).mappings()]


def count(connection: Connection, deployment_id: str) -> int:
    """How much a deployment has answered."""
    query = _answers(deployment_id, select(func.count()).select_from(served))
    return int(connection.execute(query).scalar_one())


def by_day(
    connection: Connection, deployment_id: str, now: int, days: int = 28
) -> list[tuple[int, int, int, float]]:
    """Per day of the last weeks, the oldest first: when it began, answers, those left, mean confidence."""
    since = now - days * DAY_MS
    day = served.c.at // DAY_MS
    left = func.sum(case((served.c.by.in_(("student", "rule")), 0), else_=1))
    query = _answers(
        deployment_id,
        select(day.label("day"), func.count(), left, func.avg(served.c.score)),
    ).where(served.c.at >= since)
    rows = connection.execute(query.group_by(day).order_by(day))
    return [(int(row[0]) * DAY_MS, row[1], int(row[2]), float(row[3] or 0.0)) for row in rows]


def waiting_texts(connection: Connection, task_id: str, most: int) -> list[tuple[str, str]]:
    """Texts that came from service and nobody has answered, the latest first."""
    query = (
        select(item_rows.c.id, func.substr(item_rows.c.text, 1, 2_000))
        .where(
            item_rows.c.task_id == task_id,
            item_rows.c.partition == Partition.POOL.value,
            item_rows.c.answered == 0,
            item_rows.c.source.in_((SOURCE, AUDIT)),
        )
        .order_by(item_rows.c.seq.desc())
        .limit(most)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def _answers(deployment_id: str, query: Select[Any]) -> Select[Any]:
    return query.where(served.c.deployment_id == deployment_id, served.c.by.notin_((AUDIT, SHADOW)))


def forget_before(connection: Connection, at: int) -> int:
    """Delete what was answered before a moment."""
    return connection.execute(delete(served).where(served.c.at < at)).rowcount


def to_people(connection: Connection, task: Task, made: Item) -> tuple[str, Partition]:
    """Put a text into a task's pool, as high as ``worth`` says; gives the item and where it is.

    A text that the task has already stays where it is; what is sealed or for development is not touched.
    Its place in the task is given here.
    """
    made = replace(made, text_hash=fingerprint(made.text))
    item_id = items.known_hashes(connection, task.id, [made.text_hash]).get(made.text_hash)
    if item_id is None:
        made = replace(made, seq=items.last_seq(connection, task.id) + 1)
        items.put_new(connection, [made])
        return made.id, Partition.POOL
    found = items.get(connection, task.id, item_id)
    assert found is not None
    if found.partition is Partition.POOL and made.worth > found.worth:
        items.change(connection, task.id, [item_id], worth=made.worth)
    return item_id, found.partition


def _row(one: Served) -> dict[str, Any]:
    return {
        "id": one.id,
        "deployment_id": one.deployment_id,
        "task_id": one.task_id,
        "at": one.at,
        "by": one.by,
        "value": None if one.value is None else one.value.encode(),
        "score": one.score,
        "length": one.length,
        "unknown": one.unknown,
        "agrees": one.agrees,
        "item_id": one.item_id,
    }


def _served(row: Row) -> Served:
    value = None if row["value"] is None else Value.decode(row["value"])
    return Served(**{**row, "value": value})


def _of(row: Row) -> Deployment:
    values = dict(row)
    del values["template"]
    values["state"] = Stage(row["state"])
    values["chain"] = Chain.decode(row["chain"])
    values["checks"] = json.loads(row["checks"])
    return Deployment(**values)
