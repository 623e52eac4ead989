# SPDX-License-Identifier: EUPL-1.2
"""Verbs that decide what items are for: what may be drawn for gold or development, and what is kept out."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from hausgeist.core.tasks import Partition
from hausgeist.store.checks import is_of
from hausgeist.store.tables import answers, items, suggestions

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Lot:
    """An item that may be drawn: its id, its number drawn at random, its properties."""

    id: str
    rank: float
    meta: dict[str, str]


def lots(connection: Connection, task_id: str, *, with_meta: bool) -> Iterator[Lot]:
    """The items of the pool that may be drawn: nobody answered them, nothing like them is gold or dev.

    What came in with a label may be drawn. Texts are not read.
    """
    columns = [items.c.id, items.c.rank, *([items.c.meta] if with_meta else [])]
    query = (
        select(*columns)
        .where(
            items.c.task_id == task_id,
            items.c.partition == Partition.POOL.value,
            items.c.dup_of.is_(None),
            or_(items.c.answered == 0, ~_by_people()),
        )
        .execution_options(yield_per=2000)
    )
    for row in connection.execute(query):
        yield Lot(row[0], row[1], json.loads(row[2]) if with_meta else {})


def assign(
    connection: Connection,
    task_id: str,
    ids: Sequence[str],
    partition: Partition,
    *,
    gold_version: int | None = None,
) -> int:
    """Take items out of the pool for gold or development; gives how many were still free.

    What was suggested of an item goes when it becomes gold: gold is blind.
    """
    count = 0
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        free = (
            is_of(items, task_id)
            & items.c.id.in_(some)
            & (items.c.partition == Partition.POOL.value)
            & items.c.dup_of.is_(None)
            & or_(items.c.answered == 0, ~_by_people())
        )
        values = {"partition": partition.value, "gold_version": gold_version}
        count += connection.execute(update(items).where(free).values(**values)).rowcount
        if partition is Partition.GOLD:
            now_gold = select(items.c.id).where(
                items.c.id.in_(some), items.c.partition == Partition.GOLD.value
            )
            connection.execute(delete(suggestions).where(suggestions.c.item_id.in_(now_gold)))
    return count


def held_texts(
    connection: Connection, task_id: str, *partitions: Partition
) -> Iterator[tuple[str, str]]:
    """Id and text of the items of partitions, such as gold: a few thousand at most."""
    query = select(items.c.id, items.c.text).where(
        items.c.task_id == task_id,
        items.c.partition.in_([one.value for one in partitions]),
        items.c.dup_of.is_(None),
    )
    for row in connection.execute(query.execution_options(yield_per=200)):
        yield row[0], row[1]


def pool_texts(
    connection: Connection, task_id: str, after: int, most: int
) -> list[tuple[int, str, str]]:
    """The next items of the pool that are not kept out: seq, id and the beginning of the text."""
    query = (
        select(items.c.seq, items.c.id, items.c.text)
        .where(
            items.c.task_id == task_id,
            items.c.seq > after,
            items.c.partition == Partition.POOL.value,
            items.c.dup_of.is_(None),
        )
        .order_by(items.c.seq)
        .limit(most)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def keep_out(connection: Connection, task_id: str, found: Iterable[tuple[str, str]]) -> None:
    """Keep items out of the pool that nearly repeat others: pairs of ids."""
    for item_id, like in found:
        connection.execute(
            update(items)
            .where(items.c.task_id == task_id, items.c.id == item_id)
            .values(dup_of=like)
        )


def properties(connection: Connection, task_id: str, most: int = 2000) -> dict[str, list[str]]:
    """The names of properties with some of their values, as the first items have them."""
    query = select(items.c.meta).where(items.c.task_id == task_id).order_by(items.c.seq).limit(most)
    found: dict[str, dict[str, None]] = {}
    for (text,) in connection.execute(query):
        for name, value in json.loads(text).items():
            values = found.setdefault(name, {})
            if len(values) <= 50:
                values[value] = None
    return {name: list(values) for name, values in found.items()}


def _by_people() -> Any:
    return (
        select(answers.c.id)
        .where(
            answers.c.item_id == items.c.id,
            answers.c.gone_at.is_(None),
            answers.c.origin != "import",
        )
        .exists()
    )
