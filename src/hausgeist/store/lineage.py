# SPDX-License-Identifier: EUPL-1.2
"""Verbs of lineage: which students learnt from a text that is deleted, and who of them is in service."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from hausgeist.store import datasets, evaluations, items
from hausgeist.store.students import DELETED, READY
from hausgeist.store.tables import deployments, students

_SERVING = ("canary", "live")


@dataclass(frozen=True, slots=True)
class Ticket:
    """A student that knows ``count`` texts which are deleted. ``serves``: it is in service."""

    student_id: str
    number: int
    rung: str
    count: int
    serves: bool


def remove(
    connection: Connection, task_id: str, gone: Collection[str]
) -> tuple[int, Mapping[str, int]]:
    """Delete items with everything said of them, and mark who learnt from them.

    Gives how many items were there, and how many data sets and students knew one. Values of the items go out
    of data sets and evaluations; their ids stay in data sets.
    """
    there = set(items.several(connection, task_id, list(gone)))
    known: dict[str, int] = {}
    sets = 0
    for dataset in datasets.of_task(connection, task_id):
        hits = sum(one.item in there for one in datasets.lines(connection, dataset.id))
        if hits:
            sets += 1
            known[dataset.id] = hits
    marked = 0
    query = select(students.c.id, students.c.facts, students.c.dataset_id).where(
        students.c.task_id == task_id, students.c.state != DELETED
    )
    for student_id, facts, dataset_id in connection.execute(query).all():
        if dataset_id in known:
            plain: dict[str, Any] = json.loads(facts)
            before = int((plain.get("gone") or {}).get("count", 0))
            plain["gone"] = {"count": before + known[dataset_id]}
            text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
            connection.execute(
                update(students).where(students.c.id == student_id).values(facts=text)
            )
            marked += 1
    datasets.forget(connection, task_id, there)
    evaluations.forget(connection, task_id, there)
    for one in there:
        items.remove(connection, task_id, one)
    return len(there), {"datasets": sets, "students": marked}


def tickets(connection: Connection, task_id: str) -> list[Ticket]:
    """The students that are there and know deleted texts, the newest first."""
    query = (
        select(students.c.id, students.c.number, students.c.rung, students.c.facts)
        .where(students.c.task_id == task_id, students.c.state == READY)
        .where(students.c.facts.contains('"gone":'))
        .order_by(students.c.number.desc())
    )
    serving = set(
        connection.execute(
            select(deployments.c.student_id).where(
                deployments.c.task_id == task_id, deployments.c.state.in_(_SERVING)
            )
        ).scalars()
    )
    found = []
    for student_id, number, rung, facts in connection.execute(query):
        count = int((json.loads(facts).get("gone") or {}).get("count", 0))
        if count:
            found.append(Ticket(student_id, number, rung, count, student_id in serving))
    return found
