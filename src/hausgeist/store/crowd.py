# SPDX-License-Identifier: EUPL-1.2
"""Verbs of what people say together: SQL in, values out. Members' ids, never people.

What is read of many answers is bounded: the latest, or items in the order that was drawn once.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, literal_column, select

from hausgeist.core.answers import Value
from hausgeist.core.periods import WEEK_MS
from hausgeist.core.tasks import Mode, Partition
from hausgeist.store import tallies
from hausgeist.store.tables import answers, decisions, items, suggestions

ANSWERS_MOST = 20_000
"""Of the latest answers, so many are looked at."""
ITEMS_MOST = 3_000
"""Of items that several people answered, so many are compared."""
TRIES_MOST = 2_000
_MONDAY_MS = 3 * 86_400_000


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as it is compared. ``suggested``: the value of the suggestion that was seen."""

    item: str
    actor: str
    mode: Mode
    value: Value
    first: Value | None
    planted: Value | None
    suggested: Value | None
    ms: int
    at: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its item's beginning; ``decided``: somebody decided the item. No name, no member."""

    item: str
    begin: str
    words: str
    hard: bool
    answered: int
    decided: bool
    at: int


def _counting(task_id: str) -> ColumnElement[bool]:
    return and_(
        answers.c.task_id == task_id,
        answers.c.gone_at.is_(None),
        answers.c.state == "answered",
        answers.c.origin == "person",
    )


def told(
    connection: Connection, task_id: str, *, since: int = 0, until: int | None = None
) -> list[Told]:
    """The latest answers that people gave to texts of the pool, newest first."""
    query = (
        select(answers, suggestions.c.value.label("suggested"))
        .join(items, items.c.id == answers.c.item_id)
        .join(suggestions, suggestions.c.id == answers.c.shown, isouter=True)
        .where(_counting(task_id), items.c.partition == Partition.POOL.value)
        .where(answers.c.at >= since)
        .order_by(answers.c.at.desc())
        .limit(ANSWERS_MOST)
    )
    if until is not None:
        query = query.where(answers.c.at < until)
    return [
        Told(
            item=row["item_id"],
            actor=row["actor"],
            mode=Mode(row["mode"]),
            value=Value.decode(row["value"]),
            first=_value(row["first"]),
            planted=_value(row["planted"]),
            suggested=_value(row["suggested"]),
            ms=row["ms"],
            at=row["at"],
        )
        for row in connection.execute(query).mappings()
    ]


def tries(connection: Connection, task_id: str) -> list[tuple[int, bool, str]]:
    """When suggestions wrong on purpose were answered, whether they were caught, by whom; in order.

    Where somebody decided that what was planted is right after all (the model had erred), it was none.
    """
    right = (
        select(decisions.c.id)
        .where(
            decisions.c.item_id == answers.c.item_id,
            decisions.c.gone_at.is_(None),
            decisions.c.value == answers.c.planted,
        )
        .exists()
    )
    query = (
        select(answers.c.at, answers.c.planted != answers.c.value, answers.c.actor)
        .where(_counting(task_id), answers.c.planted.is_not(None), ~right)
        .order_by(answers.c.at.desc())
        .limit(TRIES_MOST)
    )
    return [(at, bool(was), who) for at, was, who in reversed(connection.execute(query).all())]


def nth_after(connection: Connection, task_id: str, at: int, count: int) -> int | None:
    """When the so-manieth answer after a moment came; None: it has not."""
    query = (
        select(answers.c.at)
        .join(items, items.c.id == answers.c.item_id)
        .where(_counting(task_id), answers.c.at > at, items.c.partition == Partition.POOL.value)
        .order_by(answers.c.at)
        .offset(count - 1)
        .limit(1)
    )
    return connection.execute(query).scalar()


def shared(connection: Connection, task_id: str, *partitions: Partition) -> list[str]:
    """Items that two people or more have answered, in the order that was drawn once."""
    query = (
        select(items.c.id)
        .where(
            items.c.task_id == task_id,
            items.c.partition.in_([one.value for one in partitions]),
            items.c.answered >= 2,
            items.c.dup_of.is_(None),
        )
        .order_by(items.c.rank)
        .limit(ITEMS_MOST)
    )
    return list(connection.execute(query).scalars())


def weekly(connection: Connection, task_id: str) -> dict[tuple[int, str], int]:
    """How many answers each member gave in each week."""
    week = ((answers.c.at + _MONDAY_MS) // WEEK_MS).label("week")
    query = (
        select(week, answers.c.actor, func.count())
        .where(_counting(task_id))
        .group_by(week, answers.c.actor)
    )
    return {(int(at), who): many for at, who, many in connection.execute(query)}


def comments(connection: Connection, task_id: str, *, most: int, offset: int = 0) -> list[Comment]:
    """What people remarked, newest first; never of the gold set."""
    decided = (
        select(decisions.c.id)
        .where(decisions.c.item_id == items.c.id, decisions.c.gone_at.is_(None))
        .exists()
    )
    query = (
        select(
            items.c.id,
            func.substr(items.c.text, 1, 200).label("begin"),
            answers.c.comment,
            answers.c.hard,
            items.c.answered,
            decided.label("decided"),
            answers.c.at,
        )
        .join(items, items.c.id == answers.c.item_id)
        .where(
            answers.c.task_id == task_id,
            answers.c.gone_at.is_(None),
            literal_column("answers.comment <> ''"),  # as its index has it
            items.c.partition != Partition.GOLD.value,
        )
        .order_by(answers.c.at.desc(), answers.c.id)
        .offset(offset)
        .limit(most)
    )
    return [
        Comment(one, begin, words, bool(hard), answered, bool(was), at)
        for one, begin, words, hard, answered, was, at in connection.execute(query)
    ]


def answered(connection: Connection, task_id: str) -> int:
    """How many items of pool and dev somebody has answered."""
    found = tallies.of_task(connection, task_id)
    return sum(found[one].answered for one in (Partition.POOL, Partition.DEV))


def _value(text: str | None) -> Value | None:
    return None if text is None else Value.decode(text)
