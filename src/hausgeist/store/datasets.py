# SPDX-License-Identifier: EUPL-1.2
"""Verbs of what counts for items, and of data sets: what students were trained with, kept for good.

A data set is compressed lines of JSON, one an item: id, partition, hash of the text, value, weight, source,
slices. The text itself stays with the item alone, so that an item that is deleted is gone everywhere; what
the data set then has of it is its id, by which the students are found that learnt from it.
"""

import hashlib
import heapq
import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, func, insert, select, update

from hausgeist.core.answers import Example, Value
from hausgeist.core.resolution import Resolved, Said, fits, resolve
from hausgeist.core.tasks import Mode, Partition, Task
from hausgeist.store.accounts import Row
from hausgeist.store.checks import is_of
from hausgeist.store.tables import (
    answers,
    datasets,
    decisions,
    items,
    students,
    suggestions,
    task_members,
    task_migrations,
)

T = TypeVar("T")

_AT_ONCE = 500
"""Items in one query; databases limit how many parameters a statement has."""

_PRODUCERS = ("teacher", "import", "rules")
"""Whose suggestions may stand for an answer, the first before the others. A student teaches no student."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """An item with what was said of it. ``independent``: somebody answered it without a suggestion.

    ``guess`` is the value that ``producer`` suggested last, of those whose terms do not forbid training.
    """

    item: str
    partition: Partition
    text_hash: str
    slices: tuple[tuple[str, str], ...]
    resolved: Resolved | None
    independent: bool
    producer: str = ""
    guess: Value | None = None


@dataclass(frozen=True, slots=True)
class _Changes:
    """The changes of a task's labels: when each came about (ms), and by item the last that asks it again."""

    at: dict[int, int]
    asked: dict[str, int]

    def since(self, item: str, again: int) -> int:
        """The version since which an item's answers count, also after it was answered again."""
        return max(again, self.asked.get(item, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A data set without its content. ``hash`` is SHA-256 over its lines as they were written.

    ``counts`` are plain JSON values: examples by partition, source and label, and what was left out.
    """

    id: str
    task_id: str
    number: int
    hash: str
    counts: dict[str, Any]
    schema_version: int
    created_at: int


@dataclass(frozen=True, slots=True)
class Line:
    """One item of a data set as it is kept; ``value`` of None: the item was deleted and its value with it."""

    item: str
    partition: Partition
    text_hash: str
    value: Value | None
    weight: float
    source: str
    slices: tuple[tuple[str, str], ...]

    def encode(self) -> bytes:
        """One line of canonical JSON."""
        plain = {
            "item": self.item,
            "partition": self.partition.value,
            "text": self.text_hash,
            "value": None if self.value is None else json.loads(self.value.encode()),
            "weight": self.weight,
            "source": self.source,
            "slices": self.slices,
        }
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    @classmethod
    def decode(cls, line: bytes) -> "Line":
        """What ``encode`` wrote.

        Raises:
            ValueError, KeyError, TypeError: it did not write this.
        """
        plain = json.loads(line)
        value = plain["value"]
        return cls(
            item=plain["item"],
            partition=Partition(plain["partition"]),
            text_hash=plain["text"],
            value=None if value is None else Value.decode(json.dumps(value)),
            weight=plain["weight"],
            source=plain["source"],
            slices=tuple((name, text) for name, text in plain["slices"]),
        )


# -- what counts -----------------------------------------------------------------------------------


def resolved(
    connection: Connection, task: Task, partition: Partition, *, gold_version: int | None = None
) -> list[Example]:
    """What people say of a partition's items, in the order these came; open items are left out.

    Teachers' guesses are not in it. ``gold_version``: of the gold set, only what was drawn up to it.
    """
    found: list[Example] = []
    rows = gathered(connection, task, (partition,), answered=True, gold_version=gold_version)
    for some in _batches(rows):
        texts = _texts(connection, task.id, [one.item for one in some])
        found += [
            Example(
                item=one.item,
                text=texts[one.item],
                value=one.resolved.value,
                weight=one.resolved.weight,
                source=one.resolved.source,
                slices=one.slices,
            )
            for one in some
            if one.resolved is not None and one.item in texts
        ]
    return found


def resolved_one(connection: Connection, task: Task, item_id: str) -> Value | None:
    """What people say of one item of the pool; None while it is open, or of another partition."""
    query = (
        select(items.c.id, items.c.seq, items.c.meta, items.c.partition)
        .add_columns(items.c.again, items.c.text_hash)
        .where(items.c.task_id == task.id, items.c.id == item_id)
        .where(items.c.partition == Partition.POOL.value)
    )
    rows = connection.execute(query).mappings().all()
    people = {Partition.POOL: _people(connection, task, Partition.POOL)}
    for one in _of_page(connection, task, rows, _changes(connection, task.id), people):
        return None if one.resolved is None else one.resolved.value
    return None


def gathered(
    connection: Connection,
    task: Task,
    partitions: Sequence[Partition],
    *,
    answered: bool = False,
    gold_version: int | None = None,
    ids: Sequence[str] | None = None,
) -> Iterator[Gathered]:
    """Every item with what was said of it, in the order they came; a page of them is in memory at a time.

    ``answered``: only those with an answer or a decision that counts; ``ids``: only these, some hundreds at
    most. Near-duplicates are left out.
    """
    changes = _changes(connection, task.id)
    people = {one: _people(connection, task, one) for one in partitions}
    query = (
        select(items.c.id, items.c.seq, items.c.meta, items.c.partition)
        .add_columns(items.c.again, items.c.text_hash)
        .where(items.c.dup_of.is_(None))
    )
    if gold_version is not None:
        query = query.where(items.c.gold_version <= gold_version)
    if ids is None:
        queries = [_walking(query, task.id, one, answered=answered) for one in partitions]
        if answered:
            queries += [_decided_alone(query, task.id, one) for one in partitions]
    else:
        query = query.where(items.c.partition.in_([one.value for one in partitions]))
        queries = [query.where(is_of(items, task.id), items.c.id.in_(list(ids)))]
    walks = [_in_order(connection, one) for one in queries]
    for rows in _batches(heapq.merge(*walks, key=itemgetter("seq"))):
        yield from _of_page(connection, task, rows, changes, people)


def _walking(
    query: Select[Any], task_id: str, partition: Partition, *, answered: bool
) -> Select[Any]:
    """A walk over a partition's items; ``answered``: only those with an answer that counts."""
    query = query.where(items.c.task_id == task_id, items.c.partition == partition.value)
    return query.where(items.c.answered > 0) if answered else query


def _decided_alone(query: Select[Any], task_id: str, partition: Partition) -> Select[Any]:
    """A partition's items with a decision but no answer that counts: a few."""
    decided = select(decisions.c.item_id).where(
        decisions.c.task_id == task_id, decisions.c.gone_at.is_(None)
    )
    return query.where(
        items.c.id.in_(decided),
        is_of(items, task_id),
        items.c.answered == 0,
        items.c.partition == partition.value,
    )


def _in_order(connection: Connection, query: Select[Any]) -> Iterator[Row]:
    """The rows by ``seq``, a page of them in memory."""
    after = -1
    query = query.order_by(items.c.seq).limit(_AT_ONCE)
    while rows := connection.execute(query.where(items.c.seq > after)).mappings().all():
        after = rows[-1]["seq"]
        yield from rows
        if len(rows) < _AT_ONCE:
            return


def _of_page(
    connection: Connection,
    task: Task,
    rows: Sequence[Row],
    changes: _Changes,
    people: Mapping[Partition, int],
) -> Iterator[Gathered]:
    again = {row["id"]: changes.since(row["id"], row["again"]) for row in rows}
    said = _answers(connection, task, again)
    decided = _decisions(connection, task, again)
    # of a version that no change led to nothing is known: then no guess is recent enough
    guesses = _guesses(
        connection,
        task,
        {one: changes.at.get(at, 0) for one, at in again.items() if not at or at in changes.at},
    )
    for row in rows:
        one = row["id"]
        told = said.get(one, [])
        partition = Partition(row["partition"])
        agreed = resolve([answer for answer, _ in told], people[partition], decided.get(one))
        producer, guess = guesses.get(one, ("", None))
        yield Gathered(
            item=one,
            partition=partition,
            text_hash=row["text_hash"],
            slices=_slices(task, row["meta"]),
            resolved=agreed,
            independent=any(without for _, without in told),
            producer=producer,
            guess=guess,
        )


def _answers(
    connection: Connection, task: Task, again: dict[str, int]
) -> dict[str, list[tuple[Said, bool]]]:
    """By item: each person's answer that holds, and whether it was given without a suggestion."""
    query = (
        select(answers, suggestions.c.value.label("seen"), suggestions.c.terms)
        .join(suggestions, suggestions.c.id == answers.c.shown, isouter=True)
        .where(answers.c.item_id.in_(list(again)), is_of(answers, task.id))
        .where(answers.c.state == "answered", answers.c.gone_at.is_(None))
        .order_by(answers.c.at, answers.c.id)
    )
    found: dict[str, dict[str, tuple[Said, bool]]] = defaultdict(dict)
    for row in connection.execute(query).mappings():
        value = _value(task, row["value"])
        if value is None or row["schema_version"] < again[row["item_id"]]:
            continue
        if row["planted"] is not None and Value.decode(row["planted"]) == value:
            continue  # it was made wrong, and nobody looked
        accepted = _accepted(row, value)
        one = Said(value, accepted=accepted, barred=accepted and row["terms"] == "no")
        without = row["origin"] == "person" and row["mode"] != Mode.ASSISTED.value
        found[row["item_id"]][row["actor"]] = one, without
    return {item: list(by_actor.values()) for item, by_actor in found.items()}


def _accepted(row: Row, value: Value) -> bool:
    """Whether an answer is what was suggested, said by somebody who had seen the suggestion."""
    if row["origin"] == "bulk":
        return True
    if row["seen"] is None or row["planted"] is not None:
        return False
    alone = row["mode"] == Mode.BLIND.value or (
        row["mode"] == Mode.OWN_FIRST.value and row["first"] is None
    )
    return not alone and Value.decode(row["seen"]) == value


def _decisions(connection: Connection, task: Task, again: dict[str, int]) -> dict[str, Value]:
    query = (
        select(decisions.c.item_id, decisions.c.value, decisions.c.schema_version)
        .where(decisions.c.item_id.in_(list(again)), is_of(decisions, task.id))
        .where(decisions.c.gone_at.is_(None))
        .order_by(decisions.c.at, decisions.c.id)
    )
    found: dict[str, Value] = {}
    for item, text, version in connection.execute(query):
        value = _value(task, text)
        if value is not None and version >= again[item]:
            found[item] = value
    return found


def _guesses(
    connection: Connection, task: Task, since: dict[str, int]
) -> dict[str, tuple[str, Value]]:
    """By item: who suggested what last, of what may train a model and was said ``since`` (ms)."""
    query = (
        select(suggestions.c.item_id, suggestions.c.producer, suggestions.c.value)
        .add_columns(suggestions.c.at)
        .where(suggestions.c.item_id.in_(list(since)), is_of(suggestions, task.id))
        .where(suggestions.c.state == "ok", suggestions.c.terms != "no")
        .where(suggestions.c.producer.in_(_PRODUCERS))
        .order_by(suggestions.c.at, suggestions.c.id)
    )
    found: dict[str, tuple[str, Value]] = {}
    for item, producer, text, at in connection.execute(query):
        value = _value(task, text)
        if value is None or at < since[item]:
            continue
        before = found.get(item)
        if before is None or _PRODUCERS.index(producer) <= _PRODUCERS.index(before[0]):
            found[item] = producer, value
    return found


def _value(task: Task, text: str | None) -> Value | None:
    value = None if text is None else Value.decode(text)
    return value if value is not None and fits(task, value) else None


def _changes(connection: Connection, task_id: str) -> _Changes:
    query = select(task_migrations.c.version, task_migrations.c.at, task_migrations.c.body)
    query = query.where(task_migrations.c.task_id == task_id).order_by(task_migrations.c.version)
    at: dict[int, int] = {}
    asked: dict[str, int] = {}
    for version, when, body in connection.execute(query):
        at[version] = when
        asked.update(dict.fromkeys(json.loads(body).get("again", ()), version))
    return _Changes(at, asked)


def _people(connection: Connection, task: Task, partition: Partition) -> int:
    """How many people answer an item: two in the gold set where there are two, else the task's overlap."""
    if partition is not Partition.GOLD:
        return task.overlap
    there = task_members.c.task_id == task.id, task_members.c.left_at.is_(None)
    query = select(func.count()).select_from(task_members).where(*there)
    return min(2, connection.execute(query).scalar_one())


def _slices(task: Task, meta: str) -> tuple[tuple[str, str], ...]:
    if not task.slices:
        return ()
    known = json.loads(meta)
    return tuple((one, str(known[one])) for one in task.slices if known.get(one) is not None)


# -- data sets -------------------------------------------------------------------------------------


class Content:
    """A data set's content while it is written: compressed, hashed and counted line by line."""

    def __init__(self) -> None:
        self._pressed: list[bytes] = []
        self._press = zlib.compressobj(6)
        self._hash = hashlib.sha256()
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, line: Line) -> None:
        """Take one more line."""
        written = line.encode()
        self._hash.update(written)
        self._pressed.append(self._press.compress(written))
        value = line.value or Value()
        labels = {*value.labels, *(one.label for one in value.spans)}
        labels |= {name for name, _ in value.fields}
        self._counts["partition"][line.partition.value] += 1
        self._counts["source"][f"{line.partition.value}.{line.source}"] += 1
        for label in labels or {""}:
            self._counts["label"][label] += 1

    def close(self) -> tuple[bytes, str, dict[str, Any]]:
        """The content, its SHA-256, and the counts."""
        self._pressed.append(self._press.flush())
        counts = {name: dict(sorted(found.items())) for name, found in self._counts.items()}
        return b"".join(self._pressed), self._hash.hexdigest(), counts


def add(connection: Connection, dataset: Dataset, content: bytes) -> Dataset:
    """Keep a data set; its number is given here. The task's last one where that is the same."""
    last = (
        connection.execute(
            _FACTS.where(datasets.c.task_id == dataset.task_id)
            .order_by(datasets.c.number.desc())
            .limit(1)
        )
        .mappings()
        .first()
    )
    if last and (last["hash"], last["schema_version"]) == (dataset.hash, dataset.schema_version):
        return _dataset(last)
    made = replace(dataset, number=last["number"] + 1 if last else 1)
    connection.execute(
        insert(datasets).values(
            id=made.id,
            task_id=made.task_id,
            number=made.number,
            hash=made.hash,
            counts=json.dumps(made.counts, ensure_ascii=False),
            content=content,
            schema_version=made.schema_version,
            created_at=made.created_at,
        )
    )
    return made


_FACTS = select(
    datasets.c.id,
    datasets.c.task_id,
    datasets.c.number,
    datasets.c.hash,
    datasets.c.counts,
    datasets.c.schema_version,
    datasets.c.created_at,
)


def _dataset(row: Row) -> Dataset:
    return Dataset(**{**row, "counts": json.loads(row["counts"])})


def get(connection: Connection, task_id: str, dataset_id: str) -> Dataset | None:
    """One of a task's data sets, without its content."""
    query = _FACTS.where(datasets.c.task_id == task_id, datasets.c.id == dataset_id)
    row = connection.execute(query).mappings().first()
    return _dataset(row) if row else None


def of_task(connection: Connection, task_id: str) -> list[Dataset]:
    """A task's data sets, the newest first."""
    query = _FACTS.where(datasets.c.task_id == task_id).order_by(datasets.c.number.desc())
    return [_dataset(row) for row in connection.execute(query).mappings()]


def lines(connection: Connection, dataset_id: str) -> Iterator[Line]:
    """A data set's lines as they were written; nothing where there is no such data set."""
    query = select(datasets.c.content).where(datasets.c.id == dataset_id)
    content = connection.execute(query).scalar()
    return map(Line.decode, _split(content or b""))


def load(
    connection: Connection, dataset_id: str, partition: Partition | None = None
) -> list[Example]:
    """A data set's examples, of one partition or of both, with the texts of the items as they are.

    Items that were deleted since are not in it: ``missing`` names them.
    """
    task_id = _task_of(connection, dataset_id)
    found: list[Example] = []
    for some in _batches(lines(connection, dataset_id)):
        wanted = [one for one in some if partition is None or one.partition is partition]
        texts = _texts(connection, task_id, [one.item for one in wanted])
        found += [
            Example(
                item=one.item,
                text=texts[one.item],
                value=one.value,
                weight=one.weight,
                source=one.source,
                slices=one.slices,
            )
            for one in wanted
            if one.value is not None and one.item in texts
        ]
    return found


def missing(connection: Connection, dataset_id: str) -> list[str]:
    """Ids of the items that a data set was made of and that were deleted since."""
    task_id = _task_of(connection, dataset_id)
    found: list[str] = []
    for some in _batches(lines(connection, dataset_id)):
        ids = [one.item for one in some]
        query = select(items.c.id).where(is_of(items, task_id), items.c.id.in_(ids))
        there = set(connection.execute(query).scalars())
        found += [one for one in ids if one not in there]
    return found


def lineage(connection: Connection, task_id: str, item_id: str) -> list[tuple[Dataset, list[str]]]:
    """Which data sets an item is in, also one that was deleted, and which students learnt from each."""
    found = []
    for dataset in of_task(connection, task_id):
        if any(one.item == item_id for one in lines(connection, dataset.id)):
            query = select(students.c.id).where(students.c.dataset_id == dataset.id)
            taught = connection.execute(query.order_by(students.c.number)).scalars().all()
            found.append((dataset, list(taught)))
    return found


def forget(connection: Connection, task_id: str, item_ids: Iterable[str]) -> int:
    """Take the values of deleted items out of a task's data sets; says how many of these changed.

    A record's fields are passages of its text. Id and partition stay, for ``missing`` and ``lineage``;
    the hash stays what it was when the students were trained.
    """
    gone = set(item_ids)
    changed = 0
    for dataset in of_task(connection, task_id):
        touched = False
        content = Content()
        for one in lines(connection, dataset.id):
            hit = one.item in gone and one.value is not None
            touched = touched or hit
            content.add(replace(one, value=None, text_hash="", slices=()) if hit else one)
        if touched:
            kept, _, _ = content.close()
            query = update(datasets).where(datasets.c.id == dataset.id).values(content=kept)
            connection.execute(query)
            changed += 1
    return changed


def _task_of(connection: Connection, dataset_id: str) -> str:
    query = select(datasets.c.task_id).where(datasets.c.id == dataset_id)
    return connection.execute(query).scalar() or ""


def _texts(connection: Connection, task_id: str, ids: Sequence[str]) -> dict[str, str]:
    query = select(items.c.id, items.c.text).where(is_of(items, task_id))
    return {row[0]: row[1] for row in connection.execute(query.where(items.c.id.in_(ids)))}


def _batches(rows: Iterable[T]) -> Iterator[list[T]]:
    some: list[T] = []
    for one in rows:
        some.append(one)
        if len(some) == _AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _split(content: bytes) -> Iterator[bytes]:
    """The lines of compressed content; of the content spread out, one step is in memory at a time."""
    press = zlib.decompressobj()
    rest, at = b"", 0
    while at < len(content) and not press.eof:
        some = press.decompress(content[at : at + 65536])
        at += 65536
        *whole, rest = (rest + some).split(b"\n")
        yield from whole
