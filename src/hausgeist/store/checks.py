# SPDX-License-Identifier: EUPL-1.2
"""Conditions that a row is checked by and not found by: a table and a task flow in, a condition flows out."""

from sqlalchemy import ColumnElement, Table, func


def is_of(table: Table, task_id: str) -> ColumnElement[bool]:
    """Whether a row is of a task, beside ids that it is found by.

    Written as ``task_id = …``, SQLite would take its index on the task instead and walk all rows of the task,
    once for every batch of ids.
    """
    return func.coalesce(table.c.task_id, "") == task_id
