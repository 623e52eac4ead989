# SPDX-License-Identifier: EUPL-1.2
"""Verbs of students: what was trained, with what, and what is known of it. SQL in, values out.

Their files lie in folders (``training.students``). A deleted student's row stays: it says what an answer of
former days was given by, and with which data that one was made.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from hausgeist.store.accounts import Row
from hausgeist.store.tables import students

READY, DELETED = "ready", "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """A student. ``size`` is in bytes; ``files_hash`` is SHA-256 over its manifest.

    ``facts`` are plain JSON values: figures on dev and on held-out items, calibration, risk and coverage, the
    learning curve, what people should know (``said``), milliseconds a document, seconds, energy.
    """

    id: str
    task_id: str
    number: int
    rung: str
    recipe: dict[str, Any]
    dataset_id: str | None
    job_id: str
    state: str
    facts: dict[str, Any]
    size: int
    files_hash: str
    created_at: int

    @property
    def subject(self) -> str:
        """Its name in evaluations."""
        return f"student:{self.id}"


def add(connection: Connection, student: Student) -> Student:
    """Keep a new student; its number is given here, unless it comes from elsewhere with one."""
    last = select(func.max(students.c.number)).where(students.c.task_id == student.task_id)
    number = student.number or (connection.execute(last).scalar() or 0) + 1
    connection.execute(
        insert(students).values(
            id=student.id,
            task_id=student.task_id,
            number=number,
            rung=student.rung,
            recipe=_text(student.recipe),
            dataset_id=student.dataset_id,
            job_id=student.job_id,
            state=student.state,
            facts=_text(student.facts),
            size=student.size,
            files_hash=student.files_hash,
            created_at=student.created_at,
        )
    )
    found = get(connection, student.task_id, student.id)
    assert found is not None
    return found


def get(connection: Connection, task_id: str, student_id: str) -> Student | None:
    """A task's student, also a deleted one."""
    query = select(students).where(students.c.task_id == task_id, students.c.id == student_id)
    row = connection.execute(query).mappings().first()
    return _of(row) if row else None


def is_there(connection: Connection, task_id: str, student_id: str) -> bool:
    """Whether a task's student has its files still."""
    query = select(students.c.id).where(
        students.c.task_id == task_id, students.c.id == student_id, students.c.state == READY
    )
    return connection.execute(query).first() is not None


def of_task(connection: Connection, task_id: str) -> list[Student]:
    """A task's students that are there, the newest first."""
    query = (
        select(students)
        .where(students.c.task_id == task_id, students.c.state == READY)
        .order_by(students.c.number.desc())
    )
    return [_of(row) for row in connection.execute(query).mappings()]


def of_job(connection: Connection, job_id: str) -> list[Student]:
    """What a training has brought so far, in the order it came."""
    query = select(students).where(students.c.job_id == job_id).order_by(students.c.number)
    return [_of(row) for row in connection.execute(query).mappings()]


def note(connection: Connection, task_id: str, student_id: str, facts: dict[str, Any]) -> bool:
    """Add facts that were found out after the training to a student's; whether there is one."""
    found = get(connection, task_id, student_id)
    if found is None:
        return False
    connection.execute(
        update(students)
        .where(students.c.task_id == task_id, students.c.id == student_id)
        .values(facts=_text(found.facts | facts))
    )
    return True


def mark_deleted(connection: Connection, task_id: str, student_id: str) -> bool:
    """Say that a student's files are gone; whether there was one."""
    found = connection.execute(
        update(students)
        .where(
            students.c.task_id == task_id,
            students.c.id == student_id,
            students.c.state == READY,
        )
        .values(state=DELETED)
    )
    return found.rowcount > 0


def _text(plain: dict[str, Any]) -> str:
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def _of(row: Row) -> Student:
    values = dict(row)
    values["recipe"] = json.loads(row["recipe"])
    values["facts"] = json.loads(row["facts"])
    return Student(**values)
