# SPDX-License-Identifier: EUPL-1.2
"""Verbs of active learning: open texts of the pool, what they are worth, what a student says otherwise.

SQL in, values out. A student's suggestions are kept only where they matter: on open texts of which the
teacher says something else, and on answered ones that are probably wrong. Never for the gold set.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, select, update

from hausgeist.core.answers import Value
from hausgeist.core.periods import last_period
from hausgeist.core.tasks import Partition
from hausgeist.store import tallies
from hausgeist.store.crowd import weekly
from hausgeist.store.suggestions import Suggestion, put
from hausgeist.store.tables import answers, decisions, items, suggestions

SUSPECT, DIFFERS = "suspect", "differs"
"""Why a student's suggestion is kept; stands in ``code``."""
_AT_ONCE = 500


def open_texts(
    connection: Connection, task_id: str, *, after: tuple[float, str] | None, most: int
) -> list[tuple[str, float, str]]:
    """Open texts of the pool in the order of chance: id, rank and text, after one of them."""
    query = (
        select(items.c.id, items.c.rank, items.c.text)
        .where(
            items.c.task_id == task_id,
            items.c.partition == Partition.POOL.value,
            items.c.answered == 0,
            items.c.dup_of.is_(None),
        )
        .order_by(items.c.rank, items.c.id)
        .limit(most)
    )
    if after is not None:
        rank, last = after
        query = query.where((items.c.rank > rank) | and_(items.c.rank == rank, items.c.id > last))
    return [(row.id, row.rank, row.text) for row in connection.execute(query)]


def first_of_pool(connection: Connection, task_id: str, most: int) -> list[tuple[str, str]]:
    """The same texts at every look, drawn at random once, answered or not: id and text."""
    query = (
        select(items.c.id, items.c.text)
        .where(
            items.c.task_id == task_id,
            items.c.partition == Partition.POOL.value,
            items.c.dup_of.is_(None),
        )
        .order_by(items.c.rank, items.c.id)
        .limit(most)
    )
    return [(row.id, row.text) for row in connection.execute(query)]


def count_open(connection: Connection, task_id: str) -> int:
    """How many texts of the pool are open."""
    pool = tallies.of_task(connection, task_id)[Partition.POOL]
    return pool.total - pool.answered - pool.dups


def taught(connection: Connection, task_id: str, ids: Sequence[str]) -> dict[str, Value]:
    """What the teacher suggested last for these items."""
    found: dict[str, Value] = {}
    for start in range(0, len(ids), _AT_ONCE):
        query = (
            select(suggestions.c.item_id, suggestions.c.value)
            .where(
                suggestions.c.task_id == task_id,
                suggestions.c.item_id.in_(list(ids[start : start + _AT_ONCE])),
                suggestions.c.producer == "teacher",
                suggestions.c.state == "ok",
            )
            .order_by(suggestions.c.at, suggestions.c.id)
        )
        found |= {row.item_id: Value.decode(row.value) for row in connection.execute(query)}
    return found


def keep(
    connection: Connection,
    task_id: str,
    worths: Mapping[str, float],
    said: Sequence[Suggestion] = (),
) -> None:
    """Keep what open texts are worth, and what the student suggests where it matters.

    A text that was answered meanwhile keeps its number: nobody is asked by it any more.
    """
    if worths:
        query = update(items).where(
            items.c.id == bindparam("at_id"), items.c.task_id == bindparam("at_task")
        )
        rows = [
            {"at_id": item, "at_task": task_id, "worth": number}
            for item, number in sorted(worths.items())
        ]
        connection.execute(query.values(worth=bindparam("worth")), rows)
    put(connection, said)


def forget_students(connection: Connection, task_id: str) -> None:
    """Delete what students suggested before, apart from what somebody has seen when they answered."""
    seen = select(answers.c.id).where(answers.c.shown == suggestions.c.id).exists()
    query = delete(suggestions).where(
        suggestions.c.task_id == task_id, suggestions.c.producer == "student", ~seen
    )
    connection.execute(query)


def settled(connection: Connection, task_id: str) -> set[str]:
    """Items that somebody has decided."""
    query = select(decisions.c.item_id).where(
        decisions.c.task_id == task_id, decisions.c.gone_at.is_(None)
    )
    return set(connection.execute(query).scalars())


def suspects(
    connection: Connection, task_id: str, student_id: str, most: int
) -> list[tuple[str, Value, float]]:
    """Answered items of which a student says that they are probably wrong, the surest first.

    Item, what it says, how sure it is. What was settled since is among them: see ``store.datasets``.
    """
    query = (
        select(suggestions.c.item_id, suggestions.c.value, suggestions.c.score)
        .where(
            suggestions.c.task_id == task_id,
            suggestions.c.version == student_id,
            suggestions.c.producer == "student",
            suggestions.c.code == SUSPECT,
        )
        .order_by(suggestions.c.score.desc(), suggestions.c.item_id)
        .limit(most)
    )
    return [(row.item_id, Value.decode(row.value), row.score) for row in connection.execute(query)]


def drawn(connection: Connection, task_id: str) -> dict[str, str]:
    """By answered item of the pool how it came to people: ``random``, or an order; the first answer's."""
    query = (
        select(answers.c.item_id, answers.c.drawn)
        .join(items, items.c.id == answers.c.item_id)
        .where(
            answers.c.task_id == task_id,
            answers.c.gone_at.is_(None),
            answers.c.origin == "person",
            answers.c.drawn != "",
            items.c.partition == Partition.POOL.value,
        )
        .order_by(answers.c.at.desc(), answers.c.id.desc())
    )
    return {row.item_id: row.drawn for row in connection.execute(query)}


def labour(connection: Connection, task_id: str) -> dict[str, Any]:
    """What people and the teacher put into a task: answers, their milliseconds, calls and micro-EUR.

    Of everybody together, and how many decisions count. ``priced`` is how many of the teacher's answers
    have a price. ``ms`` is of the ``timed`` answers alone: those of periods that are over, of five people at
    least (``core.periods``); what it rises by from one day to the next is never one person's time.
    """
    counting = (
        answers.c.task_id == task_id,
        answers.c.gone_at.is_(None),
        answers.c.state == "answered",
        answers.c.origin == "person",
    )
    people = select(
        func.count(), func.max(answers.c.at), func.count(answers.c.item_id.distinct())
    ).where(*counting)
    teacher = select(
        func.count(),
        func.count(suggestions.c.micro_eur),
        func.coalesce(func.sum(suggestions.c.micro_eur), 0),
    ).where(suggestions.c.task_id == task_id, suggestions.c.producer == "teacher")
    decided = select(func.count()).where(
        decisions.c.task_id == task_id, decisions.c.gone_at.is_(None)
    )
    said, latest, texts = connection.execute(people).one()
    timed, ms = 0, 0
    # a week is over once there is an answer of a later one: no clock is needed
    if said and (over := last_period(weekly(connection, task_id), latest)):
        spent = select(func.count(), func.coalesce(func.sum(answers.c.ms), 0)).where(*counting)
        timed, ms = connection.execute(spent.where(answers.c.at < over[1])).one()
    calls, priced, micro = connection.execute(teacher).one()
    return {
        "answers": said,
        "ms": int(ms),
        "timed": timed,
        "texts": texts,
        "calls": calls,
        "priced": priced,
        "micro_eur": int(micro),
        "decided": connection.execute(decided).scalar_one(),
    }


def said(connection: Connection, task_id: str, student_id: str, item_id: str) -> Value | None:
    """What a student says of an answered item that is probably wrong; None: nothing is held against it."""
    query = select(suggestions.c.value).where(
        suggestions.c.task_id == task_id,
        suggestions.c.item_id == item_id,
        suggestions.c.version == student_id,
        suggestions.c.producer == "student",
        suggestions.c.code == SUSPECT,
    )
    found = connection.execute(query).scalar()
    return None if found is None else Value.decode(found)
