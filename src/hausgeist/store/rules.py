# SPDX-License-Identifier: EUPL-1.2
"""Verbs of rules, and of what they are run on: SQL in, values out. Every query names the task."""

import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from hausgeist.core.answers import Value
from hausgeist.core.rules import Rule, RuleKind, RuleState
from hausgeist.core.tasks import Partition
from hausgeist.store.accounts import Row
from hausgeist.store.tables import answers, decisions, items, rule_hits, rules, suggestions

_AT_ONCE = 1_000
"""Rows that are in memory at a time."""


def of_task(connection: Connection, task_id: str) -> list[Rule]:
    """The rules of a task, in their order."""
    query = (
        select(rules)
        .where(rules.c.task_id == task_id)
        .order_by(rules.c.position, rules.c.created_at, rules.c.id)
    )
    return [rule_of(row) for row in connection.execute(query).mappings()]


def get(connection: Connection, task_id: str, rule_id: str) -> Rule | None:
    """A rule of a task; None when there is none."""
    query = select(rules).where(rules.c.task_id == task_id, rules.c.id == rule_id)
    row = connection.execute(query).mappings().first()
    return rule_of(row) if row else None


def add(connection: Connection, found: Sequence[Rule]) -> None:
    """Keep new rules behind those that are there, in the order given."""
    if not found:
        return
    last = select(func.max(rules.c.position)).where(rules.c.task_id == found[0].task_id)
    place = connection.execute(last).scalar()
    first = 0 if place is None else place + 1
    connection.execute(
        insert(rules), [_row(rule) | {"position": first + n} for n, rule in enumerate(found)]
    )


def put(connection: Connection, rule: Rule) -> bool:
    """Keep a rule as it now is; whether there was one."""
    mine = (rules.c.task_id == rule.task_id) & (rules.c.id == rule.id)
    return connection.execute(update(rules).where(mine).values(**_row(rule))).rowcount == 1


def remove(connection: Connection, task_id: str, rule_id: str) -> bool:
    """Delete a rule; whether there was one."""
    query = delete(rules).where(rules.c.task_id == task_id, rules.c.id == rule_id)
    return connection.execute(query).rowcount == 1


def order(connection: Connection, task_id: str, ids: Sequence[str]) -> None:
    """Give rules their positions."""
    for place, rule_id in enumerate(ids):
        connection.execute(
            update(rules)
            .where(rules.c.task_id == task_id, rules.c.id == rule_id, rules.c.position != place)
            .values(position=place)
        )


# -- what they are run on --------------------------------------------------------------------------


def pool_stamp(connection: Connection, task_id: str) -> tuple[int, int]:
    """How many texts ``walk`` finds, and the last ``seq`` of the task: equal as long as the pool is."""
    ours = items.c.task_id == task_id
    pool = select(func.count()).where(
        ours, items.c.partition == Partition.POOL.value, items.c.dup_of.is_(None)
    )
    last = select(func.max(items.c.seq)).where(ours)
    return (
        connection.execute(pool).scalar_one(),
        connection.execute(last).scalar() or 0,
    )


def walk(connection: Connection, task_id: str, most: int) -> Iterator[tuple[float, str]]:
    """(rank, text) of the pool's texts in their random order; a page of them is in memory at a time."""
    query = (
        select(items.c.rank, items.c.text, items.c.id)
        .where(items.c.task_id == task_id, items.c.partition == Partition.POOL.value)
        .where(items.c.dup_of.is_(None))
        .order_by(items.c.rank, items.c.id)
    )
    left, after = most, query
    while left > 0:
        rows = connection.execute(after.limit(min(left, _AT_ONCE))).all()
        yield from ((rank, text) for rank, text, _ in rows)
        left -= len(rows)
        if len(rows) < _AT_ONCE:
            return
        rank, _, last = rows[-1]
        same = (items.c.rank > rank) | (items.c.id > last)
        after = query.where(items.c.rank >= rank, same)


def at_ranks(connection: Connection, task_id: str, ranks: Sequence[float]) -> dict[float, str]:
    """Texts of the pool by their ranks; a few."""
    query = (
        select(items.c.rank, items.c.text)
        .where(items.c.task_id == task_id, items.c.partition == Partition.POOL.value)
        .where(items.c.rank.in_(list(ranks)))
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def said_stamp(connection: Connection, task_id: str) -> tuple[Any, ...]:
    """Equal as long as nothing was answered, decided or undone."""
    found: list[Any] = []
    for table in (answers, decisions):
        counts = select(
            func.count(),
            func.max(table.c.at),
            func.count(table.c.gone_at),
            func.max(table.c.gone_at),
        ).where(table.c.task_id == task_id)
        found += connection.execute(counts).one()
    return tuple(found)


def teacher_stamp(connection: Connection, task_id: str) -> tuple[Any, ...]:
    """Equal as long as no teacher said anything more."""
    counts = select(func.count(), func.max(suggestions.c.at)).where(
        suggestions.c.task_id == task_id, suggestions.c.producer == "teacher"
    )
    return tuple(connection.execute(counts).one())


def teacher_said(
    connection: Connection, task_id: str, last_rank: float
) -> Iterator[tuple[float, Value]]:
    """(rank, value) of what the teacher said last of the pool's texts, up to a rank."""
    query = (
        select(items.c.rank, suggestions.c.value)
        .join(items, items.c.id == suggestions.c.item_id)
        .where(suggestions.c.task_id == task_id, suggestions.c.producer == "teacher")
        .where(suggestions.c.state == "ok", items.c.rank <= last_rank)
        .where(items.c.partition == Partition.POOL.value, items.c.dup_of.is_(None))
        .order_by(suggestions.c.at, suggestions.c.id)
    )
    reading = connection.execution_options(stream_results=True, yield_per=_AT_ONCE)
    for rank, value in reading.execute(query):
        yield rank, Value.decode(value)


def dev_said(connection: Connection, task_id: str) -> dict[str, Value]:
    """What the teacher said last of each text of dev, by item."""
    query = (
        select(suggestions.c.item_id, suggestions.c.value)
        .join(items, items.c.id == suggestions.c.item_id)
        .where(suggestions.c.task_id == task_id, suggestions.c.producer == "teacher")
        .where(suggestions.c.state == "ok", items.c.partition == Partition.DEV.value)
        .order_by(suggestions.c.at, suggestions.c.id)
    )
    return {item: Value.decode(value) for item, value in connection.execute(query)}


# -- what they found -------------------------------------------------------------------------------


def hits(connection: Connection, task_id: str, sample: str) -> dict[str, int]:
    """Bits by the hash of a pattern, of this sample."""
    query = select(rule_hits.c.pattern_hash, rule_hits.c.hits).where(
        rule_hits.c.task_id == task_id, rule_hits.c.sample == sample
    )
    return {
        pattern: int.from_bytes(zlib.decompress(bits), "little")
        for pattern, bits in connection.execute(query)
    }


def keep_hits(
    connection: Connection, task_id: str, sample: str, found: dict[str, int], wanted: Sequence[str]
) -> None:
    """Keep bits by the hash of a pattern; those of other samples, or of no ``wanted`` pattern, go."""
    connection.execute(
        delete(rule_hits).where(rule_hits.c.task_id == task_id, rule_hits.c.sample != sample)
    )
    known = set(
        connection.execute(
            select(rule_hits.c.pattern_hash).where(rule_hits.c.task_id == task_id)
        ).scalars()
    )
    gone = known - set(wanted) - set(found)
    if gone:
        connection.execute(
            delete(rule_hits).where(
                rule_hits.c.task_id == task_id, rule_hits.c.pattern_hash.in_(sorted(gone))
            )
        )
    rows = [
        {
            "task_id": task_id,
            "pattern_hash": pattern,
            "sample": sample,
            "hits": zlib.compress(bits.to_bytes((bits.bit_length() + 7) // 8, "little"), 1),
        }
        for pattern, bits in found.items()
        if pattern not in known
    ]
    if rows:
        connection.execute(insert(rule_hits), rows)


# -- rows ------------------------------------------------------------------------------------------


def rule_of(row: Row) -> Rule:
    """The rule that a row keeps."""
    cases = json.loads(row["cases"])
    return Rule(
        id=row["id"],
        task_id=row["task_id"],
        kind=RuleKind(row["kind"]),
        pattern=row["pattern"],
        label=row["label"],
        state=RuleState(row["state"]),
        position=row["position"],
        note=row["note"],
        must=tuple(cases["must"]),
        must_not=tuple(cases["must_not"]),
        author=row["author"],
        created_at=row["created_at"],
    )


def _row(rule: Rule) -> dict[str, Any]:
    cases = {"must": rule.must, "must_not": rule.must_not}
    return {
        "id": rule.id,
        "task_id": rule.task_id,
        "kind": rule.kind.value,
        "pattern": rule.pattern,
        "label": rule.label,
        "state": rule.state.value,
        "position": rule.position,
        "note": rule.note,
        "cases": json.dumps(cases, ensure_ascii=False, separators=(",", ":")),
        "author": rule.author,
        "created_at": rule.created_at,
    }
