# SPDX-License-Identifier: EUPL-1.2
"""How far a task is, in counts of its items: in goes a task, out come numbers; no text is looked at."""

from typing import Any

from hausgeist.core.tasks import Partition, Task
from hausgeist.store import items, openings, task_queue
from hausgeist.workbench.review import people_for


def gold_for(connection: Any, task: Task, member_id: str) -> int:
    """How many texts of the gold set wait for a member's answer."""
    people = people_for(task, Partition.GOLD)
    wanted = openings.to_judge(connection, task)
    return task_queue.waiting_gold(connection, task.id, member_id, people, wanted)


def counts(connection: Any, task: Task) -> tuple[int, int, int, int, int]:
    """Items with an answer and all, of pool and dev; the same of gold; and those to be answered again.

    Of gold only what people are to judge counts, and what as many have answered as it takes.
    """
    found = items.counts(connection, task.id)
    learnt = [found[one] for one in (Partition.POOL, Partition.DEV)]
    people = people_for(task, Partition.GOLD)
    wanted = openings.to_judge(connection, task)
    return (
        sum(one.answered for one in learnt),
        sum(one.total - one.dups for one in learnt),
        task_queue.complete_gold(connection, task.id, people, wanted),
        found[Partition.GOLD].total if wanted is None else len(wanted),
        sum(one.again for one in learnt),
    )
