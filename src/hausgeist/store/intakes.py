# SPDX-License-Identifier: EUPL-1.2
"""Verbs of files on their way into a task: how far each is, and which rows could not come in."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select, update

from hausgeist.store.accounts import Row
from hausgeist.store.tables import intake_refusals, intakes

WAITING = "waiting"
RUNNING = "running"
DONE = "done"
FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """One file. ``row``: up to this one everything is dealt with. ``refused``: reason -> how many.

    ``body`` is what was chosen: see ``workbench.intake.Plan``. ``error``: a code of ``hausgeist.errors``.
    """

    id: str
    task_id: str
    actor: str
    body: dict[str, Any]
    state: str = WAITING
    row: int = 0
    added: int = 0
    answers: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    error: str = ""
    created_at: int = 0
    ended_at: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that did not come in, or not as it stands."""

    row: int
    reason: str
    detail: str


def add(connection: Connection, intake: Intake) -> None:
    """Keep a new one."""
    connection.execute(
        insert(intakes).values(
            **{
                column.name: getattr(intake, column.name)
                for column in intakes.c
                if column.name not in {"body", "refused"}
            },
            body=json.dumps(intake.body, ensure_ascii=False),
            refused=json.dumps(intake.refused),
        )
    )


def get(connection: Connection, task_id: str, intake_id: str) -> Intake | None:
    """One of a task; None when there is none."""
    query = select(intakes).where(intakes.c.task_id == task_id, intakes.c.id == intake_id)
    row = connection.execute(query).mappings().first()
    return intake_of(row) if row else None


def of_task(connection: Connection, task_id: str) -> list[Intake]:
    """All of a task, the newest first."""
    query = select(intakes).where(intakes.c.task_id == task_id)
    query = query.order_by(intakes.c.created_at.desc(), intakes.c.id).limit(100)
    return [intake_of(row) for row in connection.execute(query).mappings()]


def change(connection: Connection, intake_id: str, **columns: Any) -> None:
    """Change columns."""
    if "refused" in columns:
        columns["refused"] = json.dumps(columns["refused"])
    connection.execute(update(intakes).where(intakes.c.id == intake_id).values(**columns))


def refuse(connection: Connection, intake_id: str, found: Sequence[Refusal]) -> None:
    """List rows that did not come in."""
    if found:
        connection.execute(
            insert(intake_refusals),
            [
                {
                    "intake_id": intake_id,
                    "row": one.row,
                    "reason": one.reason,
                    "detail": one.detail[:200],
                }
                for one in found
            ],
        )


def refusals(
    connection: Connection, intake_id: str, *, after: int = -1, most: int = 1000
) -> list[Refusal]:
    """The rows that did not come in, after a row, in their order."""
    query = (
        select(intake_refusals.c.row, intake_refusals.c.reason, intake_refusals.c.detail)
        .where(intake_refusals.c.intake_id == intake_id, intake_refusals.c.row > after)
        .order_by(intake_refusals.c.row)
        .limit(most)
    )
    return [Refusal(*row) for row in connection.execute(query)]


def intake_of(row: Row) -> Intake:
    """The one that a row keeps."""
    values = dict(row)
    values["body"] = json.loads(values["body"])
    values["refused"] = json.loads(values["refused"])
    return Intake(**values)
