# SPDX-License-Identifier: EUPL-1.2
"""Verbs of the counts that the database keeps of a task's items: read here, written by its triggers alone.

Beside the counts stands a number by which figures that are remembered know whether they still hold: equal
numbers say that nothing has changed of what they were made of.
"""

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from hausgeist.core.tasks import Partition
from hausgeist.store.tables import task_members, task_migrations, task_tallies


class Tally(NamedTuple):
    """A partition's items: all, with an answer that counts, kept out, to be answered again.

    ``changed`` rises with items, answers and decisions, ``suggested`` with suggestions.
    """

    total: int = 0
    answered: int = 0
    dups: int = 0
    again: int = 0
    changed: int = 0
    suggested: int = 0


def of_task(connection: Connection, task_id: str) -> dict[Partition, Tally]:
    """The counts of every partition."""
    query = select(
        task_tallies.c.partition, *(task_tallies.c[name] for name in Tally._fields)
    ).where(task_tallies.c.task_id == task_id)
    found = {Partition(row[0]): Tally(*row[1:]) for row in connection.execute(query)}
    return {one: found.get(one, Tally()) for one in Partition}


def stamp(
    connection: Connection, task_id: str, *partitions: Partition, suggested: bool = False
) -> tuple[int, ...]:
    """Numbers that change with whatever is said of the items of partitions, all if none is named.

    Also with who works on the task and with its labels' changes; the task itself is not in it.
    ``suggested``: suggestions count, too.
    """
    found = of_task(connection, task_id)
    numbers = [
        number
        for one in (partitions or tuple(Partition))
        for number in (found[one].changed, found[one].suggested if suggested else 0)
    ]
    came = select(func.count(), func.sum(task_members.c.left_at)).where(
        task_members.c.task_id == task_id
    )
    migrations = select(func.count()).where(task_migrations.c.task_id == task_id)
    latest = select(func.coalesce(func.max(task_migrations.c.version), 0)).where(
        task_migrations.c.task_id == task_id
    )
    others = select(migrations.scalar_subquery(), latest.scalar_subquery())
    # one who comes for one who goes is a change, too
    people, left = connection.execute(came).one()
    return (*numbers, people, int(left or 0), *connection.execute(others).one())
