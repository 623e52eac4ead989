# SPDX-License-Identifier: EUPL-1.2
"""Verbs of decisions: what counts where people differ, and where they do. SQL in, values out.

The latest decision of an item that is not undone counts; the ones before stay, and count again when it is
undone. Which answers hold, and what they come to, is ``store.datasets``'.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from hausgeist.core.answers import Value
from hausgeist.core.tasks import Partition
from hausgeist.store.accounts import Row
from hausgeist.store.checks import is_of
from hausgeist.store.tables import answers, decisions, items

Place = tuple[float, str]
"""Where an item stands in the order of cases: its rank and its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a member decided of an item, and why. Times are milliseconds since the epoch."""

    id: str
    task_id: str
    item_id: str
    actor: str
    value: Value
    reason: str = ""
    schema_version: int = 1
    at: int = 0
    gone_at: int | None = None


def add(connection: Connection, decision: Decision) -> None:
    """Keep a decision; from now on it counts before those of the same item that are there."""
    row = {column.name: getattr(decision, column.name) for column in decisions.c}
    connection.execute(insert(decisions).values(row | {"value": decision.value.encode()}))


def get(connection: Connection, task_id: str, decision_id: str) -> Decision | None:
    """A decision of a task; None when there is none."""
    query = select(decisions).where(decisions.c.task_id == task_id, decisions.c.id == decision_id)
    row = connection.execute(query).mappings().first()
    return decision_of(row) if row else None


def standing(connection: Connection, task_id: str, item_id: str) -> Decision | None:
    """The decision of an item that counts; None when there is none."""
    query = (
        select(decisions)
        .where(
            decisions.c.task_id == task_id,
            decisions.c.item_id == item_id,
            decisions.c.gone_at.is_(None),
        )
        .order_by(decisions.c.at.desc(), decisions.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().first()
    return decision_of(row) if row else None


def of_member(connection: Connection, task_id: str, actor: str, *, most: int) -> list[Decision]:
    """A member's latest decisions that are not undone, newest first."""
    query = (
        select(decisions)
        .where(
            decisions.c.task_id == task_id,
            decisions.c.actor == actor,
            decisions.c.gone_at.is_(None),
        )
        .order_by(decisions.c.at.desc(), decisions.c.id.desc())
        .limit(most)
    )
    return [decision_of(row) for row in connection.execute(query).mappings()]


def decided(connection: Connection, task_id: str, ids: Sequence[str]) -> set[str]:
    """Of some items, those that somebody has decided."""
    query = select(decisions.c.item_id).where(
        is_of(decisions, task_id),
        decisions.c.item_id.in_(list(ids)),
        decisions.c.gone_at.is_(None),
    )
    return set(connection.execute(query).scalars())


def count(connection: Connection, task_id: str) -> int:
    """How many items of a task have a decision."""
    query = select(func.count(decisions.c.item_id.distinct())).where(
        decisions.c.task_id == task_id, decisions.c.gone_at.is_(None)
    )
    return connection.execute(query).scalar_one()


def undo(connection: Connection, decision: Decision, at: int) -> None:
    """Take a decision back; the one before it counts again."""
    connection.execute(update(decisions).where(decisions.c.id == decision.id).values(gone_at=at))


# -- where people differ --------------------------------------------------------------------------


def candidates(
    connection: Connection,
    task_id: str,
    people: Mapping[Partition, int],
    *,
    after: Place | None = None,
    most: int = 200,
) -> list[tuple[str, Place, Partition]]:
    """Items that enough people have answered, not all the same, in the order that was drawn once.

    ``people``: how many are enough, by partition. Among them are some on which more than half agree.
    """
    query = (
        select(items.c.id, items.c.rank, items.c.partition)
        .where(items.c.task_id == task_id, items.c.dup_of.is_(None))
        .where(
            or_(
                *(
                    and_(items.c.partition == one.value, items.c.answered >= many)
                    for one, many in people.items()
                )
            )
        )
        .where(_differ(), ~_decided_since())
        .order_by(items.c.rank, items.c.id)
        .limit(most)
    )
    if after is not None:
        query = query.where(
            tuple_(items.c.rank, items.c.id) > tuple_(literal(after[0]), literal(after[1]))
        )
    return [
        (row.id, (row.rank, row.id), Partition(row.partition)) for row in connection.execute(query)
    ]


def spoke(connection: Connection, task_id: str, actor: str, ids: Sequence[str]) -> set[str]:
    """Of some items, those that a member has ever answered, also where it was undone."""
    query = select(answers.c.item_id).where(
        is_of(answers, task_id),
        answers.c.actor == actor,
        answers.c.state == "answered",
        answers.c.item_id.in_(list(ids)),
    )
    return set(connection.execute(query).scalars())


def _differ() -> ColumnElement[bool]:
    """Two people say different things, or one took over what was wrong on purpose."""
    taken = (
        select(answers.c.id)
        .where(
            answers.c.item_id == items.c.id,
            answers.c.gone_at.is_(None),
            answers.c.state == "answered",
            answers.c.schema_version >= items.c.again,
            answers.c.planted == answers.c.value,
        )
        .correlate(items)
        .exists()
    )
    one, other = answers.alias("one"), answers.alias("other")
    pair = (
        select(one.c.id)
        .join(other, and_(other.c.item_id == one.c.item_id, other.c.actor != one.c.actor))
        .where(one.c.item_id == items.c.id, one.c.value != other.c.value)
    )
    for each in (one, other):
        pair = pair.where(
            each.c.gone_at.is_(None),
            each.c.state == "answered",
            each.c.schema_version >= items.c.again,
        )
    return or_(pair.correlate(items).exists(), taken)


def _decided_since() -> ColumnElement[bool]:
    """Somebody decided, in the schema of the latest answer or after it: nothing is open there."""
    latest = (
        select(func.max(answers.c.schema_version))
        .where(
            answers.c.item_id == items.c.id,
            answers.c.gone_at.is_(None),
            answers.c.state == "answered",
        )
        .correlate(items)
        .scalar_subquery()
    )
    return (
        select(decisions.c.id)
        .where(
            decisions.c.item_id == items.c.id,
            decisions.c.gone_at.is_(None),
            decisions.c.schema_version >= latest,
        )
        .correlate(items)
        .exists()
    )


def decision_of(row: Row) -> Decision:
    """The decision that a row keeps."""
    return Decision(**{**row, "value": Value.decode(row["value"])})
