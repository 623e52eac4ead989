# SPDX-License-Identifier: EUPL-1.2
"""Verbs of what was seen of gold before it was gold: ids of a data set and a prompt go in, counts come out.

Gold that is drawn after a training, as a top-up is, may come from what was trained on. Texts are not read:
what nearly repeats gold was marked when gold was drawn.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from hausgeist.core.tasks import Partition
from hausgeist.store import datasets
from hausgeist.store.tables import items


def seen_gold(
    connection: Connection, task_id: str, dataset_id: str | None, shots: Iterable[str]
) -> tuple[int, int]:
    """How many texts of the gold set, or nearly such, a data set has, and how many are examples.

    ``shots``: ids of the texts that a teacher's prompt has as examples.
    """
    gold = select(items.c.id).where(
        items.c.task_id == task_id, items.c.partition == Partition.GOLD.value
    )
    like = select(items.c.id).where(items.c.task_id == task_id, items.c.dup_of.in_(gold))
    held = set(connection.execute(gold).scalars()) | set(connection.execute(like).scalars())
    taught = datasets.lines(connection, dataset_id) if dataset_id and held else ()
    return sum(one.item in held for one in taught), sum(one in held for one in shots)
