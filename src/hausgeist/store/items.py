# SPDX-License-Identifier: EUPL-1.2
"""Verbs of the items of a task: SQL in, values out.

Every query names the task: an item of another task is not found. A task may have two million items of up to
a megabyte each, so nothing here gives all of them at once: walk by ``seq``, or ask for a page.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, or_, select, update

from hausgeist.core.items import Item
from hausgeist.core.tasks import Partition
from hausgeist.store import tallies
from hausgeist.store.accounts import Row
from hausgeist.store.checks import is_of
from hausgeist.store.tables import items

_AT_ONCE = 500
"""Ids in one query; databases limit how many parameters a statement has."""
COUNTED_MOST = 10_000
"""How far a list is counted."""
_THEIRS = frozenset({"differs"})
"""Columns that are the database's own business."""
_LIKE = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items there are of a partition. ``open`` wait for an answer; ``dups`` are kept out.

    ``answered`` have an answer or a decision that counts; ``again`` are to be answered again.
    """

    total: int = 0
    answered: int = 0
    dups: int = 0
    again: int = 0

    @property
    def open(self) -> int:
        """How many wait for an answer."""
        return max(0, self.total - self.answered - self.dups)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items a list shows. ``meta``: a property and its value. Empty fields do not narrow."""

    words: str = ""
    partition: str = ""
    state: str = ""
    """answered, open, dup, again."""
    meta: tuple[str, str] | None = None


# -- in and out -----------------------------------------------------------------------------------


def add_many(connection: Connection, found: Sequence[Item]) -> list[str]:
    """Keep new items; gives the ids of those that were kept.

    What the task has already (the same text as it is compared) is left out, also within ``found``.
    """
    if not found:
        return []
    known = known_hashes(connection, found[0].task_id, [one.text_hash for one in found])
    fresh = []
    for item in found:
        if item.text_hash not in known:
            known[item.text_hash] = item.id
            fresh.append(item)
    put_new(connection, fresh)
    return [one.id for one in fresh]


def put_new(connection: Connection, found: Sequence[Item]) -> None:
    """Keep new items of which the caller knows that the task has none of the same text."""
    if found:
        connection.execute(insert(items), [_row(one) for one in found])


def known_hashes(connection: Connection, task_id: str, hashes: Collection[str]) -> dict[str, str]:
    """Of the hashes, those that items of the task have, with the item's id."""
    found: dict[str, str] = {}
    for some in _batches(list(hashes)):
        query = select(items.c.text_hash, items.c.id).where(
            items.c.task_id == task_id, items.c.text_hash.in_(some)
        )
        found.update({row[0]: row[1] for row in connection.execute(query)})
    return found


def get(connection: Connection, task_id: str, item_id: str) -> Item | None:
    """An item of a task; None when there is none."""
    return several(connection, task_id, [item_id]).get(item_id)


def several(connection: Connection, task_id: str, ids: Sequence[str]) -> dict[str, Item]:
    """Items of a task by id; those that are not there are left out."""
    found: dict[str, Item] = {}
    for some in _batches(ids):
        query = select(items).where(is_of(items, task_id), items.c.id.in_(some))
        for row in connection.execute(query).mappings():
            found[row["id"]] = item_of(row)
    return found


def walk(
    connection: Connection,
    task_id: str,
    *partitions: Partition,
    after: int = 0,
    most: int = 500,
    dups: bool = False,
) -> list[Item]:
    """The next items after a ``seq``, in the order they came; ``dups``: also those kept out.

    Start with ``after=0`` and go on with the last one's ``seq`` until nothing comes.
    """
    query = select(items).where(items.c.task_id == task_id, items.c.seq > after)
    if partitions:
        query = query.where(items.c.partition.in_([one.value for one in partitions]))
    if not dups:
        query = query.where(items.c.dup_of.is_(None))
    query = query.order_by(items.c.seq).limit(most)
    return [item_of(row) for row in connection.execute(query).mappings()]


def last_seq(connection: Connection, task_id: str) -> int:
    """The ``seq`` of the item that came last; 0 when there is none."""
    query = select(func.max(items.c.seq)).where(items.c.task_id == task_id)
    return connection.execute(query).scalar() or 0


def change(connection: Connection, task_id: str, ids: Sequence[str], **columns: object) -> int:
    """Change columns of items of a task; gives how many there were."""
    count = 0
    for some in _batches(ids):
        query = update(items).where(is_of(items, task_id), items.c.id.in_(some))
        count += connection.execute(query.values(**columns)).rowcount
    return count


def remove(connection: Connection, task_id: str, item_id: str) -> bool:
    """Delete an item with everything said of it; False when there is none.

    What was kept out because it nearly repeats this one comes back in.
    """
    connection.execute(
        update(items)
        .where(items.c.task_id == task_id, items.c.dup_of == item_id)
        .values(dup_of=None)
    )
    query = delete(items).where(items.c.task_id == task_id, items.c.id == item_id)
    return connection.execute(query).rowcount == 1


# -- counting and lists ---------------------------------------------------------------------------


def counts(connection: Connection, task_id: str) -> dict[Partition, Counts]:
    """How many items there are of each partition; every partition is in it."""
    return {
        one: Counts(total=found.total, answered=found.answered, dups=found.dups, again=found.again)
        for one, found in tallies.of_task(connection, task_id).items()
    }


def among(
    connection: Connection, task_id: str, ids: Collection[str], partition: Partition
) -> set[str]:
    """Which of some items are of a partition."""
    found: set[str] = set()
    for some in _batches(sorted(set(ids))):
        query = select(items.c.id).where(
            items.c.id.in_(some), items.c.partition == partition.value, is_of(items, task_id)
        )
        found |= set(connection.execute(query).scalars())
    return found


def count(connection: Connection, task_id: str) -> int:
    """How many items a task has."""
    return sum(one.total for one in tallies.of_task(connection, task_id).values())


def letters(connection: Connection, task_id: str, most: int = 500) -> float:
    """Characters of a text on average, of the first so many; 0 where there is none."""
    some = select(func.length(items.c.text).label("size")).where(items.c.task_id == task_id)
    found = select(func.avg(some.order_by(items.c.seq).limit(most).subquery().c.size))
    return float(connection.execute(found).scalar() or 0)


def page(
    connection: Connection, task_id: str, wanted: Wanted, *, offset: int, most: int
) -> tuple[list[Item], int]:
    """The items of a list from ``offset``, in the order they came, and how many there are altogether.

    No more than ``COUNTED_MOST`` are counted.
    """
    query = narrowed(select(items), task_id, wanted).order_by(items.c.seq)
    rows = connection.execute(query.offset(offset).limit(most)).mappings()
    found = [item_of(row) for row in rows]
    if len(found) < most and (found or not offset):  # the list ends here: it is counted already
        return found, min(offset + len(found), COUNTED_MOST)
    some = narrowed(select(items.c.id), task_id, wanted).limit(COUNTED_MOST).subquery()
    total = connection.execute(select(func.count()).select_from(some)).scalar_one()
    return found, total


def narrowed(query: Select[Any], task_id: str, wanted: Wanted) -> Select[Any]:
    """A query over ``items``, narrowed to a task and to what is wanted of it."""
    query = query.where(items.c.task_id == task_id)
    if wanted.words:
        like = f"%{wanted.words.translate(_LIKE)}%"
        query = query.where(
            or_(
                items.c.text.ilike(like, escape="\\"),
                items.c.outside_id == wanted.words,
                items.c.id == wanted.words,
            )
        )
    if wanted.partition:
        query = query.where(items.c.partition == wanted.partition)
    if wanted.state == "dup":
        query = query.where(items.c.dup_of.is_not(None))
    elif wanted.state == "again":
        query = query.where(items.c.again > 0)
    elif wanted.state == "answered":
        query = query.where(items.c.answered > 0)
    elif wanted.state == "open":
        query = query.where(items.c.answered == 0, items.c.dup_of.is_(None))
    if wanted.meta is not None:
        name, value = wanted.meta
        pair = json.dumps({name: value}, ensure_ascii=False, separators=(",", ":"))[1:-1]
        query = query.where(items.c.meta.like(f"%{pair.translate(_LIKE)}%", escape="\\"))
    return query


# -- rows -----------------------------------------------------------------------------------------


def item_of(row: Row) -> Item:
    """The item that a row keeps."""
    values = {name: value for name, value in row.items() if name not in _THEIRS}
    values["partition"] = Partition(values["partition"])
    values["meta"] = json.loads(values["meta"])
    return Item(**values)


def meta_text(meta: Mapping[str, str]) -> str:
    """The JSON of an item's properties, as it is kept and searched."""
    return json.dumps(dict(meta), ensure_ascii=False, separators=(",", ":"))


def _row(item: Item) -> dict[str, Any]:
    names = (column.name for column in items.c if column.name not in _THEIRS)
    row = {name: getattr(item, name) for name in names}
    return row | {"partition": item.partition.value, "meta": meta_text(item.meta)}


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    yield from (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
